// SPDX-License-Identifier: Apache-2.0
#include "metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "metrics/catalogue.h"

namespace o2o {
namespace {

// Of /proc/self/stat, proc(5).
struct ProcessStat {
  double user_ticks = 0;
  double system_ticks = 0;
  double threads = 0;
  double start_ticks = 0;  // since boot
  double virtual_bytes = 0;
  double resident_pages = 0;
};

std::optional<ProcessStat> ReadStat() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // The program's name stands in parentheses and may hold blanks and parentheses itself.
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::vector<std::string> values{std::istream_iterator<std::string>(fields), {}};
  constexpr std::size_t kFirst = 3;  // proc(5) counts from 1; the first after the name is field 3
  constexpr std::size_t kLast = 24;
  if (values.size() <= kLast - kFirst) return std::nullopt;
  const auto field = [&values](std::size_t number) {
    return std::strtod(values[number - kFirst].c_str(), nullptr);
  };
  return ProcessStat{field(14), field(15), field(20), field(22), field(23), field(kLast)};
}

std::optional<double> BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return std::nullopt;
}

std::optional<double> CountOpenFds() {
  std::error_code error;
  std::filesystem::directory_iterator fds("/proc/self/fd", error);
  if (error) return std::nullopt;
  double count = 0;
  for (; fds != std::filesystem::directory_iterator(); fds.increment(error)) {
    if (error) return std::nullopt;
    ++count;
  }
  return count - 1;  // without the one that reads the directory
}

Family One(const MetricDesc& desc, double value) { return Family{desc, {{{}, FormatValue(value)}}, {}, {}}; }

}  // namespace

std::vector<Family> ReadProcessMetrics() {
  std::vector<Family> families;
  if (const auto stat = ReadStat()) {
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    families.push_back(One(catalogue::kProcessCpu, (stat->user_ticks + stat->system_ticks) / ticks));
    families.push_back(One(catalogue::kProcessResidentMemory, stat->resident_pages * page));
    families.push_back(One(catalogue::kProcessVirtualMemory, stat->virtual_bytes));
    families.push_back(One(catalogue::kProcessThreads, stat->threads));
    static const std::optional<double> boot_time = BootTime();
    if (boot_time)
      families.push_back(One(catalogue::kProcessStartTime, *boot_time + stat->start_ticks / ticks));
  }
  if (const auto fds = CountOpenFds()) families.push_back(One(catalogue::kProcessOpenFds, *fds));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.push_back(One(catalogue::kProcessMaxFds, static_cast<double>(limit.rlim_cur)));
  }
  return families;
}

}  // namespace o2o
