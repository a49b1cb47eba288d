// SPDX-License-Identifier: Apache-2.0
#include "mapping/answer_mapper.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "mapping/answer_ceiling.h"
#include "mapping/answer_plan.h"
#include "mapping/document_labels.h"
#include "mapping/histogram_builder.h"
#include "mapping/vendor_codes.h"

namespace o2o {
namespace {

// Each part keeps its share for people, and all are of one moment.
MappingOptions Share(MappingOptions options, std::size_t parts) {
  if (!options.now) options.now = SystemClock().Now();
  if (parts < 2) return options;
  options.sample_rows = (options.sample_rows + parts - 1) / parts;
  options.max_kept_bytes /= parts;
  return options;
}

template <typename T>
void Append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// By name, in the same order everywhere.
void AddCounts(std::vector<std::pair<std::string, std::uint64_t>>& to,
               const std::vector<std::pair<std::string, std::uint64_t>>& from) {
  if (to.empty()) {
    to = from;
    return;
  }
  for (std::size_t i = 0; i < std::min(to.size(), from.size()); ++i) to[i].second += from[i].second;
}

void AddReport(MappingReport& to, MappingReport from) {
  to.rows += from.rows;
  to.series += from.series;
  AddCounts(to.rejected, from.rejected);
  AddCounts(to.repaired, from.repaired);
  to.filtered += from.filtered;
  to.skipped += from.skipped;
  to.published_bytes += from.published_bytes;
  Append(to.filtered_metrics, from.filtered_metrics);
  Append(to.columns, from.columns);
  Append(to.notes, from.notes);
  Append(to.sample_rows, from.sample_rows);
  Append(to.rejected_rows, from.rejected_rows);
  to.vendors.codes.merge(from.vendors.codes);
}

// A key of labels in one order, in the other.
std::string Reorder(std::string_view key, const std::vector<std::size_t>& places) {
  std::vector<std::string_view> texts;
  while (!key.empty()) {
    texts.push_back(key.substr(0, key.find('\0')));
    key.remove_prefix(texts.back().size() + 1);
  }
  std::string reordered;
  for (const std::size_t place : places) {
    reordered += texts[place];
    reordered += '\0';
  }
  return reordered;
}

// Families of one name are one; their labels are the same, in whatever order.
void AddFamily(std::vector<Family>& families, Family family) {
  const auto found = std::find_if(families.begin(), families.end(),
                                  [&](const Family& other) { return other.desc.name == family.desc.name; });
  if (found == families.end()) {
    families.push_back(std::move(family));
    return;
  }
  std::vector<std::size_t> places;
  for (const std::string& label : found->desc.labels) {
    const auto place = std::find(family.desc.labels.begin(), family.desc.labels.end(), label);
    places.push_back(static_cast<std::size_t>(place - family.desc.labels.begin()));
  }
  for (SeriesTable::Id id = 0; id < family.table->size(); ++id)
    found->table->Insert(Reorder(family.table->Key(id), places), family.table->Value(id));
}

std::optional<Error> Above(std::uint64_t count, std::size_t ceiling, const std::string& what,
                           const std::string& key) {
  if (count <= ceiling) return std::nullopt;
  return AboveCeiling(ceiling, what, key);
}

}  // namespace

class AnswerMapper::Impl {
 public:
  Impl(const MappingConfig& config, const MappingOptions& options, const std::string& next_page)
      : Impl(config, PlanAnswer(config), options, next_page) {}
  Impl(const MappingConfig& config, AnswerPlan plan, const MappingOptions& options,
       const std::string& next_page)
      : ceilings_(config.ceilings), labels_(plan.document, config.ceilings.max_label_bytes) {
    const MappingOptions share = Share(options, plan.parts.size());
    for (MappingConfig& part : plan.parts) {
      parts_.push_back(std::make_unique<RowMapper>(
          std::move(part), share, [this](std::string_view key) { return labels_.ResolveKey(key); }));
    }
    histograms_ = std::move(plan.histograms);
    std::vector<std::string> wanted = std::move(plan.document);
    if (!next_page.empty()) wanted.push_back(next_page);
    if (!wanted.empty())
      document_.emplace(std::move(wanted), std::max(ceilings_.max_label_bytes, kMaxNextPageBytes) + 1);
  }

  Result<void> Feed(std::string_view piece) {
    // The first part that fails decides, so that only its own failure ends the reading: the others continue,
    // else they would call the answer cut. One that has failed says why at the end.
    if (Result<void> fed = parts_[0]->Feed(piece); !fed) return fed;
    for (std::size_t i = 1; i < parts_.size(); ++i) (void)parts_[i]->Feed(piece);
    // What is wrong with the document itself is the parts' to say.
    if (document_) (void)document_->Feed(piece);
    return {};
  }

  Result<void> EndPage() {
    page_ended_ = true;
    EndDocument();
    std::optional<Error> error;
    for (const auto& part : parts_) {
      const Result<void> ended = part->EndPage();
      if (!ended && !error) error = ended.error();
    }
    if (!error) error = document_error_;
    if (error) return tl::unexpected(*std::move(error));
    return {};
  }

  void BeginPage() {
    page_ended_ = false;
    for (const auto& part : parts_) part->BeginPage();
    if (document_) document_->BeginDocument();
  }

  const DocumentValue& NextPage() const {
    static const DocumentValue kNone;
    const bool wanted = document_ && document_->values().size() > labels_.pointers().size();
    return wanted ? document_->values().back() : kNone;
  }

  Result<Mapping> Finish() {
    if (!page_ended_) (void)EndPage();
    Result<Mapping> mapping = IsPlain() ? parts_[0]->Finish() : FinishParts();
    if (mapping) {
      const MappingReport& report = mapping->report;
      AddPublishedVendors(mapping->report.vendors, report.sample_rows.size(), report.rows, mapping->families);
    }
    return mapping;
  }

  const RowMapper& first() const { return *parts_[0]; }
  const MappingReport& report() const { return IsPlain() ? parts_[0]->report() : report_; }

 private:
  bool IsPlain() const { return parts_.size() == 1 && !document_ && histograms_.empty(); }

  Result<Mapping> FinishParts() {
    Mapping whole;
    std::optional<Error> error;
    for (const auto& part : parts_) {
      Result<Mapping> mapping = part->Finish();
      if (!mapping && !error) error = mapping.error();
      AddReport(whole.report, mapping ? mapping->report : part->report());
      if (!mapping || error) continue;
      for (Family& family : mapping->families) AddFamily(whole.families, std::move(family));
    }
    if (!error) error = Above(whole.report.rows, ceilings_.max_rows, "rows", "max_rows");
    if (!error) error = Above(whole.report.series, ceilings_.max_series, "series", "max_series");
    if (!error && whole.report.published_bytes > ceilings_.max_published_bytes)
      error = TooMuchToPublish(ceilings_.max_published_bytes);
    if (!error) error = document_error_;
    for (const std::string& note : labels_.notes()) whole.report.notes.push_back(note);
    if (!error) error = BuildHistograms(whole);
    if (!error) return whole;
    report_ = std::move(whole.report);
    return tl::unexpected(*std::move(error));
  }

  void EndDocument() {
    if (!document_ || document_error_) return;
    Result<void> read = document_->Finish();
    if (read) read = labels_.Take(document_->values());
    if (!read) document_error_ = read.error();
  }

  std::optional<Error> BuildHistograms(Mapping& mapping) {
    if (histograms_.empty()) return std::nullopt;
    for (const MetricConfig& histogram : histograms_) {
      if (const Result<void> built = BuildHistogram(histogram, mapping.families); !built)
        return built.error();
    }
    mapping.report.series = 0;
    for (const Family& family : mapping.families) {
      // Each with +Inf, sum and count.
      mapping.report.series += family.table != nullptr
                                   ? family.table->size()
                                   : family.histograms.size() * (family.bounds.size() + 3);
    }
    return Above(mapping.report.series, ceilings_.max_series, "series", "max_series");
  }

  const RowCeilings ceilings_;
  std::vector<std::unique_ptr<RowMapper>> parts_;
  DocumentLabels labels_;
  std::optional<DocumentValues> document_;  // the values of the labels, then that of the next page
  std::optional<Error> document_error_;
  bool page_ended_ = false;
  std::vector<MetricConfig> histograms_;
  MappingReport report_;
};

AnswerMapper::AnswerMapper(const MappingConfig& config, const MappingOptions& options,
                           const std::string& next_page)
    : impl_(std::make_unique<Impl>(config, options, next_page)) {}
AnswerMapper::~AnswerMapper() = default;

Result<void> AnswerMapper::Feed(std::string_view piece) { return impl_->Feed(piece); }
Result<void> AnswerMapper::EndPage() { return impl_->EndPage(); }
const DocumentValue& AnswerMapper::NextPage() const { return impl_->NextPage(); }
void AnswerMapper::BeginPage() { impl_->BeginPage(); }
Result<Mapping> AnswerMapper::Finish() { return impl_->Finish(); }
const std::map<std::string, std::string>& AnswerMapper::TopFields() const {
  return impl_->first().TopFields();
}
const MappingReport& AnswerMapper::report() const { return impl_->report(); }

}  // namespace o2o
