// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "json/json_reader.h"
#include "mapping/answer_mapper.h"
#include "metrics/exposition.h"
#include "unit/mapping/exposition_check.h"
#include "unit/metrics/gunzip.h"

// What must hold for any bytes that an upstream answers with; for the mutations of the unit test and for
// libFuzzer.
namespace o2o::testing {

// Mappings that use every feature between them.
inline constexpr unsigned kHostileMappings = 10;
inline MappingConfig HostileMapping(unsigned which) {
  const auto metric = [](std::string name, std::string value) {
    MetricConfig config;
    config.name = std::move(name);
    config.help = "Help.";
    config.value_column = std::move(value);
    return config;
  };
  MappingConfig config;
  config.ceilings = {2'000, 500, 200};
  switch (which % kHostileMappings) {
    case 0: {  // a table
      MetricConfig stock = metric("stock", "stock");
      stock.labels = {{"vendor", "vendor_code"}, {"name", "Name"}};
      stock.static_labels = {{"team", "a \"b\" \\ c\n"}};
      MetricConfig online = metric("online", "state");
      online.labels = {{"vendor", "vendor_code"}};
      online.value_map = {{"online", "1"}, {"offline", "0"}};
      online.null_value = "0";
      online.on_duplicate = DuplicatePolicy::kMax;
      MetricConfig total = metric("total", "stock");
      total.aggregate = Aggregate::kSum;
      total.where = {{"state", {"online", "1", "true", ""}}};
      MetricConfig average = metric("average", "stock");
      average.labels = {{"state", "state"}};
      average.aggregate = Aggregate::kAvg;
      config.metrics = {stock, online, total, average};
      break;
    }
    case 5: {  // counters, and metrics that share a family
      MetricConfig sold = metric("sold_total", "sold"), returned = metric("sold_total", "returned");
      sold.type = returned.type = MetricType::kCounter;
      sold.labels = returned.labels = {{"vendor", "vendor_code"}};
      sold.static_labels = {{"way", "out"}};
      returned.static_labels = {{"way", "back"}};
      sold.on_duplicate = DuplicatePolicy::kSum;
      returned.on_duplicate = DuplicatePolicy::kLast;
      returned.null_value = "0";
      MetricConfig visits = metric("visits", "visits"), all = metric("all_sold_total", "sold");
      visits.type = all.type = MetricType::kCounter;  // one without _total
      visits.labels = {{"name", "Name"}};
      all.aggregate = Aggregate::kSum;
      config.metrics = {sold, returned, visits, all};
      break;
    }
    case 6: {  // one row, JSON Pointers, labels from elsewhere, several places
      config.rows = {RowShape::kAny, "", {}, RowsAre::kRow};
      MetricConfig pointed = metric("pointed", "/data/0/stock"), listed = metric("listed", "$value");
      pointed.labels = {{"name", "/data/0/Name"}, {"state", "$/state"}};
      listed.labels = {{"place", "$index"}, {"state", "$/data/1/state"}};
      listed.rows = RowsConfig{RowShape::kAny, "/list", {}};
      MetricConfig pair = metric("pair", "$value");
      pair.labels = {{"key", "$key"}};
      pair.rows = RowsConfig{RowShape::kAny, "/data", {}, RowsAre::kPairs};
      pair.on_duplicate = DuplicatePolicy::kLast;
      config.metrics = {pointed, listed, pair};
      break;
    }
    case 7: {  // pivoted columns, and rows that are arrays
      config.rows.shape = RowShape::kAny;
      MetricConfig hour = metric("hour", "$value"), place = metric("place", "/1/x");
      hour.labels = {{"branch", "branch"}, {"hour", "$column"}};
      hour.pivot = "[0-2][0-9]";
      hour.on_duplicate = place.on_duplicate = DuplicatePolicy::kSum;
      place.labels = {{"first", "/0"}};
      config.metrics = {hour, place};
      break;
    }
    case 8: {  // lines
      config.rows.shape = RowShape::kAny;
      config.rows.lines = true;
      MetricConfig stock = metric("stock", "/a/0/stock");
      stock.labels = {{"name", "Name"}, {"place", "$index"}};
      config.metrics = {stock};
      break;
    }
    case 1: {  // members
      config.metrics = {metric("flag", "$value")};
      config.metrics[0].labels = {{"flag", "$key"}};
      config.metrics[0].on_duplicate = DuplicatePolicy::kSum;
      break;
    }
    case 2: {  // rows in rows
      config.rows = {RowShape::kAny, "/data/0", {"products"}};
      MetricConfig stock = metric("stock", "stock");
      stock.labels = {{"vendor", "../vendor_code"}, {"name", "Name"}};
      stock.on_duplicate = DuplicatePolicy::kLast;
      config.metrics = {stock};
      break;
    }
    case 3: {  // units
      config.rows = {RowShape::kAny, "/data", {}};
      MetricConfig size = metric("size_bytes", "size"), updated = metric("updated_seconds", "updated");
      size.unit = ValueUnit::kBytes;
      size.aggregate = Aggregate::kMax;
      updated.unit = ValueUnit::kTime;
      updated.aggregate = Aggregate::kMin;
      MetricConfig count = metric("rows", "");
      count.labels = {{"state", "state"}};
      count.aggregate = Aggregate::kCount;
      config.metrics = {size, updated, count};
      break;
    }
    case 9: {  // rules for values
      MetricConfig left = metric("left", "stock"), changed = metric("changed_seconds", "updated");
      left.labels = changed.labels = {{"vendor", "vendor_code"}};
      left.scale = "0.01";
      left.decimal = DecimalMark::kComma;
      left.skip_null = true;
      left.newest_column = "updated";
      left.where = {{"state", {}, {"draft", ""}}, {"vendor_code", {}, {}, {}, {}, {}, {}, "[A-Z]*[0-9]+"}};
      changed.unit = ValueUnit::kTime;
      changed.timezone = TimeZone::Find("+07:00").value_or(TimeZone());
      changed.where = {{"updated", {"today", "2026-11-20"}}};
      MetricConfig open = metric("open", "state"), many = metric("many", "");
      open.value_map = {{"open", "1"}, {"2", "2"}};
      open.rest_value = "0";
      open.on_duplicate = DuplicatePolicy::kLast;
      many.aggregate = Aggregate::kCount;
      many.where = {{"stock", {}, {}, "1", {}, {}, "1e3"}};
      config.metrics = {left, changed, open, many};
      config.ceilings.max_published_bytes = 4'000;
      break;
    }
    default: {  // members in members
      config.rows = {RowShape::kList, "", {"products"}};
      config.metrics = {metric("stock", "$value")};
      config.metrics[0].labels = {{"vendor", "../$key"}, {"name", "$key"}};
      break;
    }
  }
  return config;
}

// What a scrape of these snapshots answers, in every form. Empty if nothing is wrong.
inline std::string CheckScrapes(const SnapshotBoard::Snapshots& snapshots) {
  for (const ExpositionFormat format : {ExpositionFormat::kText, ExpositionFormat::kOpenMetrics}) {
    std::string plain;
    for (const bool gzip : {false, true}) {
      MetricDesc own{"zz_own", MetricType::kGauge, {}, "Rendered at the scrape."};
      std::string own_text;
      AppendFamily(own_text, {own, {{{}, "1"}}, {}, {}}, format);
      const auto answer = Compose(snapshots, own_text, format, gzip);
      std::string body;
      for (const std::string_view part : answer->parts) body += part;
      if (body.size() != answer->bytes) return "an answer of another length than it says";
      if (gzip) {
        try {
          if (Gunzip(body) != plain) return "gzip says something else";
        } catch (const std::runtime_error& error) {
          return error.what();
        }
      } else {
        const std::string wrong = CheckDocument(body, format);
        if (!wrong.empty()) return wrong;
        plain = std::move(body);
      }
    }
    if (format == ExpositionFormat::kText && !plain.starts_with(JoinText(snapshots)))
      return "the answer is not its families";
  }
  return "";
}

// A second publisher that feeds the first family too, as another source may.
inline std::shared_ptr<const Snapshot> Sharing(const MetricDesc& desc) {
  MetricDesc shared = desc;
  shared.labels = {"publisher"};
  std::vector<Family> families;
  families.push_back({std::move(shared), {{{"second"}, "1"}}, {}, {}});
  return MakeSnapshot(std::move(families), {});
}

// Publishes what was mapped, and asks for it. Takes the families.
inline std::string CheckPublished(Mapping& mapping, const RowCeilings& ceilings, std::string& lines) {
  const MappingReport& report = mapping.report;
  SnapshotBoard::Snapshots snapshots;
  if (!mapping.families.empty()) snapshots["second"] = Sharing(mapping.families.front().desc);
  const auto snapshot = MakeSnapshot(std::move(mapping.families), {});
  for (const auto& block : snapshot->families) lines += block->samples;
  if (snapshot->series != report.series || report.series > ceilings.max_series)
    return "series were not counted";
  snapshots["first"] = snapshot;
  return CheckScrapes(snapshots);
}

// What a mapping made of a body in pieces of this size: samples, or its error. `fault` says where it breaks a
// promise.
inline std::string MapHostile(const MappingConfig& config, std::string_view body, std::size_t piece_bytes,
                              std::string& fault) {
  MappingOptions options;
  options.max_row_bytes = 300;
  AnswerMapper mapper(config, options);
  bool going = true;
  for (std::size_t at = 0; at < body.size() && going; at += piece_bytes) {
    // Memory of its own, of exactly that size: what is read beyond it, or later, is found by the sanitizers.
    const std::unique_ptr<char[]> piece(new char[piece_bytes]);
    const std::size_t size = body.copy(piece.get(), piece_bytes, at);
    going = mapper.Feed({piece.get(), size}).has_value();
  }
  Result<Mapping> mapping = mapper.Finish();
  if (!mapping) {
    if (!IsCleanUtf8(mapping.error().message)) fault = "an error that is not text";
    for (const auto& [name, value] : mapper.TopFields()) {
      if (!IsCleanUtf8(value) || value.size() > 1'024) fault = "a top field that is none";
    }
    return std::string(Name(mapping.error().code)) + ": " + mapping.error().message;
  }
  if (!going) fault = "a mapping in spite of an error";
  std::string lines;
  const std::string wrong = CheckPublished(*mapping, config.ceilings, lines);
  if (!wrong.empty()) fault = wrong;
  const MappingReport& report = mapping->report;
  for (const auto& [reason, count] : report.rejected) {
    if (count > report.rows) fault = "more rejected rows than rows";
  }
  for (const std::string& row : report.sample_rows) {
    struct Nothing final : JsonHandler {
      bool Scalar(JsonType, std::string_view, JsonRange) override { return true; }
      bool Key(std::string_view) override { return true; }
      bool Open(JsonType, std::size_t) override { return true; }
      bool Close(JsonType, std::size_t) override { return true; }
    } nothing;
    if (!IsCleanUtf8(row) || !ReadJson(row, nothing)) fault = "a sample row that is not JSON: " + row;
  }
  for (const RejectedRowSample& row : report.rejected_rows) {
    if (!IsCleanUtf8(row.row) || !IsCleanUtf8(row.message) || row.row.size() > 300)
      fault = "a rejected row that is not text";
  }
  return lines;
}

// Empty if nothing is wrong.
inline std::string CheckHostile(std::string_view body, unsigned which, std::size_t piece_bytes) {
  const MappingConfig config = HostileMapping(which);
  std::string fault;
  const std::string whole = MapHostile(config, body, std::max<std::size_t>(1, body.size()), fault);
  const std::string pieces = MapHostile(config, body, piece_bytes, fault);
  if (whole != pieces) fault = "pieces give something else: " + whole + " | " + pieces;
  return fault;
}

}  // namespace o2o::testing
