// SPDX-License-Identifier: Apache-2.0
#include "app/history.h"

#include <chrono>
#include <optional>
#include <utility>

#include "metrics/catalogue.h"
#include "metrics/text_format.h"
#include "store/order_history.h"

namespace o2o {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

// Turns the steps of each series into a sample at every step of time: Prometheus considers a series gone
// after five minutes without a sample.
class SampleWriter {
 public:
  SampleWriter(const HistoryWindow& window, const std::map<std::string, std::string>& labels,
               const std::function<bool(std::string_view)>& write)
      : window_(window), target_labels_(labels), write_(write) {}

  bool Add(const HistoryStep& step) {
    const bool same_series = family_ == step.family && labels_ == step.labels;
    if (!WriteUntil(same_series ? step.at : window_.until + window_.step)) return false;
    if (!same_series) Begin(step);
    next_ = step.at;
    value_ = step.value;
    return true;
  }

  bool End() {
    if (!WriteUntil(window_.until + window_.step)) return false;
    text_ += "# EOF\n";
    return Flush();
  }

 private:
  void Begin(const HistoryStep& step) {
    const MetricDesc* const desc = catalogue::Find(step.family);
    if (family_ != step.family && desc) text_ += FamilyHeader(*desc, ExpositionFormat::kOpenMetrics);
    family_ = step.family;
    labels_ = step.labels;
    series_ = step.family + "{";
    for (const auto& [name, value] : target_labels_) AppendLabel(name, value);
    for (std::size_t i = 0; desc && i < desc->labels.size() && i < labels_.size(); ++i) {
      AppendLabel(desc->labels[i], labels_[i]);
    }
    series_.back() = '}';
    series_ += ' ';
  }

  void AppendLabel(const std::string& name, const std::string& value) {
    series_ += name + "=\"";
    AppendLabelValue(series_, value);
    series_ += "\",";
  }

  // Samples of the current value, before `at`.
  bool WriteUntil(Timestamp at) {
    if (family_.empty()) return true;
    for (; next_ < at; next_ += window_.step) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(next_.time_since_epoch()).count();
      text_ += series_ + value_ + ' ' + std::to_string(seconds) + '\n';
      if (text_.size() >= kPieceBytes && !Flush()) return false;
    }
    return true;
  }

  bool Flush() { return write_(std::exchange(text_, {})); }

  const HistoryWindow window_;
  const std::map<std::string, std::string>& target_labels_;
  const std::function<bool(std::string_view)>& write_;
  std::string text_;
  std::string family_;  // of the series being written; empty: none yet
  std::vector<std::string> labels_;
  std::string series_;  // what precedes each value
  std::string value_;
  Timestamp next_;  // time of the next sample
};

}  // namespace

Result<void> WriteHistory(const Config& config, const HistoryOptions& options, const Clock& clock,
                          const std::function<bool(std::string_view)>& write, std::stop_token stop) {
  if (!config.store) {
    return Fail(ErrorCode::kConfig, "there is no store: set PG_DSN, or `store` in the configuration");
  }
  const Timestamp now = clock.Now();
  const auto whole = [&](Timestamp at) { return at - at.time_since_epoch() % options.step; };
  const HistoryWindow window{whole(now - options.since), whole(now), options.step};
  SampleWriter writer(window, options.labels, write);
  bool wanted = true;
  auto read = ReadOrderHistory(
      *config.store, window, [&](const HistoryStep& step) { return wanted = writer.Add(step); },
      std::move(stop));
  if (read && wanted) writer.End();
  return read;
}

}  // namespace o2o
