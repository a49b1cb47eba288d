// SPDX-License-Identifier: Apache-2.0
#include "app/catch_up.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/time_text.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr double kGrowth = 4;
// A shorter window is not worth a request.
constexpr Millis kShortest = 1h;
// An interrupted run can be resumed within this time.
constexpr auto kMarkLasts = 24h;

void Add(IngestResult& sum, const IngestResult& more) {
  sum.inserted += more.inserted;
  sum.updated += more.updated;
  sum.unchanged += more.unchanged;
  sum.stale += more.stale;
  sum.rejected += more.rejected;
}

// A range on the OMS's clock, which is only known from its answers.
class OmsTimes {
 public:
  OmsTimes(const CatchUpRange& asked, PageAsker::Since needed) : asked_(asked), needed_(std::move(needed)) {}

  Timestamp End(Timestamp oms_now) const { return asked_.to ? std::min(*asked_.to, oms_now) : oms_now; }

  Timestamp Begin(Timestamp oms_now) const {
    const Timestamp begin = asked_.from.value_or(oms_now - asked_.since);
    return asked_.to ? begin : std::min(begin, needed_(oms_now));
  }

  // Where a window with that share of the range begins.
  Timestamp Begin(Timestamp oms_now, double share) const {
    const Timestamp begin = Begin(oms_now);
    if (share >= 1) return begin;
    const Timestamp end = End(oms_now);
    return end - std::chrono::duration_cast<std::chrono::microseconds>((end - begin) * share);
  }

 private:
  const CatchUpRange& asked_;
  const PageAsker::Since needed_;
};

// The first window that reaches further back than what an interrupted run stored; the last one is always
// requested.
std::size_t FirstToAsk(const std::vector<double>& shares, const OmsTimes& times, Timestamp oms_now,
                       const std::optional<CatchUpMark>& mark) {
  if (!mark || mark->to > times.End(oms_now) || times.End(oms_now) - mark->to > kMarkLasts) return 0;
  const auto further = std::find_if(shares.begin(), std::prev(shares.end()),
                                    [&](double share) { return times.Begin(oms_now, share) < mark->from; });
  return static_cast<std::size_t>(further - shares.begin());
}

void LogWindow(const CatchUpStage& stage, const IngestedWindow& window) {
  log::Info("window stored", {{"window", std::to_string(stage.window)},
                              {"of", std::to_string(stage.windows)},
                              {"back_to", FormatTime(window.from)},
                              {"rows", std::to_string(window.shown)},
                              {"inserted", std::to_string(window.rows.inserted)},
                              {"updated", std::to_string(window.rows.updated)}});
}

}  // namespace

std::vector<double> CatchUpWindows(Millis length) {
  std::vector<double> shares{1};
  while (length * shares.front() / kGrowth >= kShortest)
    shares.insert(shares.begin(), shares.front() / kGrowth);
  return shares;
}

Result<CaughtUp> CatchUp(OrderFeed& feed, OrderStore& store, const CatchUpRange& asked,
                         const CatchUpProgress& progress, std::stop_token stop) {
  auto needed = feed.NeededSince();
  if (!needed) return tl::unexpected(needed.error());
  const auto mark = store.QueryCatchUpMark(feed.source());
  if (!mark) return tl::unexpected(mark.error());

  const OmsTimes times(asked, *std::move(needed));
  const Timestamp guess = feed.OmsNow();
  const auto length = times.End(guess) - times.Begin(guess);
  const auto shares = CatchUpWindows(std::chrono::duration_cast<Millis>(length));
  const std::size_t first = FirstToAsk(shares, times, guess, *mark);

  CaughtUp result;
  CatchUpStage stage;
  stage.windows = static_cast<int>(shares.size());
  if (first > 0) {
    stage.done = shares[first - 1];
    result.back_to = (*mark)->from;
    log::Info("taking up an interrupted run", {{"back_to", FormatTime(*result.back_to)},
                                               {"windows_left", std::to_string(shares.size() - first)}});
  }
  std::optional<IngestedWindow> before;
  for (std::size_t i = first; i < shares.size(); ++i) {
    stage.window = static_cast<int>(i) + 1;
    const bool last = i + 1 == shares.size();
    OrderWindow window;
    window.since = [&, share = shares[i]](Timestamp oms_now) { return times.Begin(oms_now, share); };
    window.to = asked.to;
    window.last = last;
    window.before = before;
    auto ingested = feed.IngestWindow(
        window,
        [&](const AskedPage& page) {
          stage.page = page;
          if (progress) progress(stage);
        },
        stop);
    if (!ingested && !before) return tl::unexpected(ingested.error());
    if (!ingested) {
      result.missing = Error{ingested.error().code,
                             "all since " + FormatTime(before->from) +
                                 " is stored, but what is older is missing: " + ingested.error().message};
      return result;
    }
    Add(result.rows, ingested->rows);
    stage.rows = result.rows;
    stage.done = shares[i];
    if (ingested->missing) {  // a longer window shows no more
      result.missing = ingested->missing;
      return result;
    }
    result.back_to = ingested->from;
    LogWindow(stage, *ingested);
    const auto kept = store.KeepCatchUpMark(
        feed.source(), last ? std::nullopt : std::optional(CatchUpMark{ingested->from, ingested->to}));
    if (!kept) log::Warn("an interrupted run would start over", {{"error", kept.error().message}});
    before = *std::move(ingested);
  }
  return result;
}

}  // namespace o2o
