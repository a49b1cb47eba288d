// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace o2o::testing {

struct CommandResult {
  int status = -1;
  std::string output;  // stdout and stderr
};

// Runs a shell command with `input` as its stdin, for at most a minute. A program that is missing is status
// 127, so a test that needs it fails.
inline CommandResult RunCommand(const std::string& command, std::string_view input) {
  char path[] = "/tmp/o2o-test-input-XXXXXX";
  const int fd = mkstemp(path);
  if (fd < 0) throw std::runtime_error("no temporary file");
  FILE* file = fdopen(fd, "wb");
  const bool written = std::fwrite(input.data(), 1, input.size(), file) == input.size();
  std::fclose(file);
  CommandResult result;
  if (written) {
    FILE* pipe = popen(("timeout 60 " + command + " <" + path + " 2>&1").c_str(), "r");
    std::array<char, 4096> bytes;
    while (const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), pipe)) {
      result.output.append(bytes.data(), count);
    }
    const int status = pclose(pipe);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  unlink(path);
  return result;
}

// Label values that break careless writers.
inline const std::string_view kNastyTexts[] = {
    "",
    " ",
    "plain",
    "quote \" in it",
    "\"",
    "back\\slash",
    "\\",
    "ends in \\",
    "\\n is not a newline",
    "new\nline",
    "\n",
    "carriage\rreturn",
    "tab\tstop",
    "{a=\"b\"} 1\n# EOF\n",
    "# HELP x y",
    "Phở Hà Nội 🍜",
    std::string_view("nul\0inside", 10),
    std::string_view("\0", 1),
    "bad utf-8 \xff",
    "bad utf-8 \xfe",
    "overlong \xc0\xaf",
    "surrogate \xed\xa0\x80",
    "cut \xe1\xbb",
    "beyond \xf4\x90\x80\x80",
    "\x01\x1b\x7f",
    "\xe2\x80\xa8 line separator",
};

}  // namespace o2o::testing
