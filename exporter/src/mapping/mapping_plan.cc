// SPDX-License-Identifier: Apache-2.0
#include "mapping/mapping_plan.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text_pattern.h"
#include "config/number_text.h"
#include "mapping/json_pointer.h"
#include "mapping/value_text.h"

namespace o2o {
namespace {

constexpr std::string_view kKeyColumn = "$key";
constexpr std::string_view kValueColumn = "$value";
constexpr std::string_view kIndexColumn = "$index";

class Planner {
 public:
  Planner(const MappingConfig& config, Timestamp now)
      : config_(config), now_(now), strict_(config.rows.shape == RowShape::kList) {}

  Result<MappingPlan> Plan() {
    PlanRows();
    for (const MetricConfig& metric : config_.metrics) PlanMetric(metric);
    for (std::size_t level = 0; level < config_.rows.nested.size(); ++level) {
      LevelWants& wants = plan_.wants.levels[level];
      wants.nested = config_.rows.nested[level];
      wants.columns.push_back(wants.nested);
    }
    plan_.wants.max_text_bytes =
        std::max({longest_text_, config_.ceilings.max_label_bytes, kMaxNumberBytes}) + 1;
    if (!fault_.empty()) return Fail(ErrorCode::kConfig, fault_);
    return std::move(plan_);
  }

 private:
  void Refuse(std::string fault) {
    if (fault_.empty()) fault_ = std::move(fault);
  }

  void PlanRows() {
    const RowsConfig& rows = config_.rows;
    if (rows.pointer.empty() || IsJsonPointer(rows.pointer)) {
      plan_.wants.pointer = PointerSteps(rows.pointer);
    } else {
      Refuse("rows '" + rows.pointer + "': a JSON Pointer begins with /");
    }
    plan_.wants.levels.resize(rows.nested.size() + (rows.pivot.empty() ? 1 : 2));
    if (!rows.pivot.empty()) {
      plan_.wants.levels[rows.nested.size()].pivot = rows.pivot;
      plan_.wants.levels.back().scalars = true;
      if (const auto compiled = TextPattern::Compile(rows.pivot); !compiled)
        Refuse("columns '" + rows.pivot + "': " + compiled.error().message);
    }
    for (LevelWants& level : plan_.wants.levels) level.either = !strict_;
    plan_.wants.levels[0].single = rows.is == RowsAre::kRow;
    plan_.wants.levels[0].pairs = rows.is == RowsAre::kPairs;
  }

  void PlanMetric(const MetricConfig& metric) {
    MetricPlan plan;
    plan.config = &metric;
    const std::string where = metric.name + ": ";
    std::vector<std::pair<std::string, LabelPlan>> labels;
    for (const LabelFrom& label : metric.labels)
      labels.push_back({label.label, {Column(where, label.column, strict_), {}}});
    for (const auto& [label, text] : metric.static_labels) labels.push_back({label, {std::nullopt, text}});
    plan.family = Family(metric, labels);
    for (const std::string& name : plan_.families[plan.family].labels) {
      const auto found =
          std::find_if(labels.begin(), labels.end(), [&](const auto& label) { return label.first == name; });
      if (found != labels.end()) plan.labels.push_back(found->second);
    }
    for (const RowFilter& filter : metric.where) PlanFilter(metric, filter, plan);
    if (!metric.value_column.empty()) {
      const bool may_lack = metric.null_value || metric.skip_null;
      plan.value = Column(where, metric.value_column, !may_lack, metric.null_value.has_value());
    }
    if (!plan.value && metric.aggregate != Aggregate::kCount) Refuse(where + "no value column");
    if (!metric.newest_column.empty()) plan.newest = Column(where, metric.newest_column, true);
    for (const auto& [text, number] : metric.value_map) {
      CheckNumber(where, number);
      longest_text_ = std::max(longest_text_, text.size());
    }
    for (const auto* number : {&metric.null_value, &metric.rest_value, &metric.scale}) {
      if (*number) CheckNumber(where, **number);
    }
    plan_.metrics.push_back(std::move(plan));
  }

  void PlanFilter(const MetricConfig& metric, const RowFilter& filter, MetricPlan& plan) {
    const std::string where = metric.name + ": ";
    ValueForm form;
    form.decimal = metric.decimal;
    form.timezone = metric.timezone;
    form.now = now_;
    Result<ColumnFilter> made = ColumnFilter::Make(filter, std::move(form));
    if (!made) return Refuse(where + "where: " + made.error().message);
    plan.filters.push_back({Column(where, filter.column, strict_), *std::move(made)});
    for (const auto* words : {&filter.in, &filter.not_in}) {
      for (const std::string& text : *words) longest_text_ = std::max(longest_text_, text.size());
    }
  }

  // Metrics of one name are one family, and so must have the same labels.
  std::size_t Family(const MetricConfig& metric,
                     const std::vector<std::pair<std::string, LabelPlan>>& labels) {
    MetricDesc desc{metric.name, metric.type, {}, metric.help};
    for (const auto& [name, plan] : labels) desc.labels.push_back(name);
    const std::set<std::string> names(desc.labels.begin(), desc.labels.end());
    if (names.size() != desc.labels.size()) Refuse(metric.name + ": a label is given twice");
    for (std::size_t i = 0; i < plan_.families.size(); ++i) {
      const MetricDesc& other = plan_.families[i];
      if (other.name != metric.name) continue;
      if (other.type != desc.type) Refuse(metric.name + ": is a gauge in one place and a counter in another");
      if (std::set<std::string>(other.labels.begin(), other.labels.end()) != names) {
        Refuse(metric.name + ": has other labels in another place");
      }
      return i;
    }
    plan_.families.push_back(std::move(desc));
    return plan_.families.size() - 1;
  }

  SlotRef Column(const std::string& where, std::string_view name, bool required, bool has_default = false) {
    const std::string whole(name);
    std::size_t level = plan_.wants.levels.size() - 1;
    while (name.starts_with("../")) {
      name.remove_prefix(3);
      if (level-- == 0) {
        Refuse(where + "column '" + whole + "': there are no rows so far out");
        return {};
      }
    }
    LevelWants& wants = plan_.wants.levels[level];
    if (name == kIndexColumn || name == kKeyColumn) {
      if (wants.single) Refuse(where + "column '" + whole + "': the one row has none");
      bool& wanted = name == kKeyColumn ? wants.members : wants.index;
      wanted = true;
      if (wants.members && wants.index && !wants.pairs)
        Refuse(where + "column '" + whole + "': rows have either a $key or an $index");
      return {level, name == kKeyColumn ? kKeySlot : kIndexSlot};
    }
    if (name == kValueColumn) {
      if (level + 1 < plan_.wants.levels.size())
        Refuse(where + "column '" + whole + "': such a row holds rows, so it is not a value");
      wants.scalars = true;
      return {level, kValueSlot};
    }
    if (!strict_ && IsJsonPointer(name)) wants.arrays |= IsArrayIndex(PointerSteps(name)[0]);
    const auto found = std::find(wants.columns.begin(), wants.columns.end(), name);
    const SlotRef slot{level, kFirstColumnSlot + static_cast<std::size_t>(found - wants.columns.begin())};
    if (found == wants.columns.end()) {
      wants.columns.emplace_back(name);
      plan_.columns.push_back({slot, std::string(name)});
    }
    for (WantedColumn& column : plan_.columns) {
      if (column.slot.level != slot.level || column.slot.slot != slot.slot) continue;
      column.required |= required;
      column.has_default |= has_default;
    }
    return slot;
  }

  void CheckNumber(const std::string& where, const std::string& text) {
    if (!IsSampleNumber(text)) Refuse(where + "'" + text + "' is not a number");
  }

  const MappingConfig& config_;
  const Timestamp now_;
  const bool strict_;
  MappingPlan plan_;
  std::size_t longest_text_ = 0;
  std::string fault_;
};

}  // namespace

Result<MappingPlan> MakePlan(const MappingConfig& config, Timestamp now) {
  return Planner(config, now).Plan();
}

}  // namespace o2o
