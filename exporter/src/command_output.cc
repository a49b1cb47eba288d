// SPDX-License-Identifier: Apache-2.0
#include "command_output.h"

#include <cstdio>
#include <utility>

#include "base/redaction.h"

namespace o2o {
namespace {

void Print(std::FILE* to, std::string text) {
  const std::string masked = redaction::Mask(std::move(text));
  std::fwrite(masked.data(), 1, masked.size(), to);
}

}  // namespace

void PrintOut(std::string text) { Print(stdout, std::move(text)); }

void PrintErr(std::string text) {
  std::fflush(stdout);
  Print(stderr, std::move(text));
}

}  // namespace o2o
