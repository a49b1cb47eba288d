// SPDX-License-Identifier: Apache-2.0
#include "metrics/process_metrics.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "base/open_descriptors.h"
#include "metrics/catalogue.h"
#include "metrics/snapshot.h"

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

// One line of some 300 bytes, or nothing.
std::string ReadStatLine() {
  std::string text(4096, '\0');
  const int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  const ssize_t size = read(file, text.data(), text.size());
  close(file);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

std::optional<ProcessStat> ReadStat() {
  const std::string text = ReadStatLine();
  // The program's name is in parentheses and may hold blanks and parentheses itself.
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  constexpr std::size_t kFirst = 3;  // proc(5) counts from 1; the first after the name is field 3
  constexpr std::size_t kLast = 24;
  std::array<double, kLast + 1> fields{};
  std::size_t field = kFirst;
  for (std::size_t at = name_end + 1; at < text.size() && field <= kLast; ++field) {
    at = text.find_first_not_of(' ', at);
    if (at == std::string::npos) break;
    fields[field] = std::strtod(text.c_str() + at, nullptr);  // the state, a letter, is 0
    at = text.find(' ', at);
  }
  if (field <= kLast) return std::nullopt;
  return ProcessStat{fields[14], fields[15], fields[20], fields[22], fields[23], fields[24]};
}

std::optional<double> BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return std::nullopt;
}

}  // namespace

std::string ProcessText(ExpositionFormat format) {
  std::string text;
  const auto append = [&](const MetricDesc& desc, double value) {
    AppendFamily(text, {desc, {{{}, FormatValue(value)}}, {}, {}}, format);
  };
  const std::optional<ProcessStat> stat = ReadStat();
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  if (stat) append(catalogue::kProcessCpu, (stat->user_ticks + stat->system_ticks) / ticks);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    append(catalogue::kProcessMaxFds, static_cast<double>(limit.rlim_cur));
  }
  const std::vector<int> descriptors = OpenDescriptors();
  if (!descriptors.empty()) append(catalogue::kProcessOpenFds, static_cast<double>(descriptors.size()));
  if (!stat) return text;
  append(catalogue::kProcessResidentMemory,
         stat->resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
  static const std::optional<double> boot_time = BootTime();
  if (boot_time) append(catalogue::kProcessStartTime, *boot_time + stat->start_ticks / ticks);
  append(catalogue::kProcessThreads, stat->threads);
  append(catalogue::kProcessVirtualMemory, stat->virtual_bytes);
  return text;
}

}  // namespace o2o
