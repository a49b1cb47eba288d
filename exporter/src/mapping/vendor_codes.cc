// SPDX-License-Identifier: Apache-2.0
#include "mapping/vendor_codes.h"

#include <algorithm>
#include <string>

#include "mapping/column_index.h"

namespace o2o {
namespace {

constexpr std::string_view kLabel = "vendor_code";
constexpr std::size_t kShortestName = 10;  // vendorcode
// A page of them is some megabytes.
constexpr std::size_t kMaxCodes = 100'000;

// False where there are too many.
bool Add(VendorCodes& vendors, std::string_view code) {
  if (code.empty() || vendors.codes.contains(code)) return true;  // most: a vendor has many series
  if (vendors.codes.size() == kMaxCodes) return false;
  vendors.codes.emplace(code);
  return true;
}

// The value at `place` in a key of a SeriesTable.
std::string_view ValueAt(std::string_view key, std::size_t place) {
  for (; place > 0; --place) key.remove_prefix(key.find('\0') + 1);
  return key.substr(0, key.find('\0'));
}

std::size_t Series(const Family& family) {
  return family.table != nullptr ? family.table->size() : family.samples.size();
}

bool AddFamily(VendorCodes& vendors, const Family& family, std::size_t place) {
  bool all = true;
  for (SeriesTable::Id id = 0; family.table != nullptr && all && id < family.table->size(); ++id)
    all = Add(vendors, ValueAt(family.table->Key(id), place));
  for (const Sample& sample : family.samples) all = all && Add(vendors, sample.labels[place]);
  for (const HistogramSample& histogram : family.histograms)
    all = all && Add(vendors, histogram.labels[place]);
  return all;
}

}  // namespace

bool IsVendorCode(std::string_view column) {
  return column.size() >= kShortestName && LooseName(column) == "vendorcode";
}

void AddPublishedVendors(VendorCodes& vendors, std::size_t kept, std::size_t rows,
                         const std::vector<Family>& families) {
  if (kept == rows) return;
  const bool rows_name_vendors = !vendors.codes.empty();
  bool each_row = false;
  bool all = true;
  for (const Family& family : families) {
    const auto label = std::find(family.desc.labels.begin(), family.desc.labels.end(), kLabel);
    if (label == family.desc.labels.end()) continue;
    all &= AddFamily(vendors, family, static_cast<std::size_t>(label - family.desc.labels.begin()));
    each_row |= Series(family) == rows;
  }
  vendors.complete = all && (each_row || !rows_name_vendors);
}

}  // namespace o2o
