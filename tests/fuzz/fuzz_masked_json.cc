// SPDX-License-Identifier: Apache-2.0
// Any bytes as a JSON text that holds secrets: masked it is JSON still, and says none of them.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/redaction.h"
#include "base/secret.h"
#include "json/json_reader.h"
#include "json/masked_json.h"

namespace {

class SecretFinder final : public o2o::JsonHandler {
 public:
  bool Scalar(o2o::JsonType, std::string_view text, o2o::JsonRange) override { return Look(text); }
  bool Key(std::string_view key) override { return Look(key); }
  bool Open(o2o::JsonType, std::size_t) override { return true; }
  bool Close(o2o::JsonType, std::size_t) override { return true; }

  bool found = false;

 private:
  bool Look(std::string_view text) {
    found = found || o2o::redaction::HoldsSecret(text);
    return true;
  }
};

void Check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // None so short that it counts as a word of its own only: a word ends where <secret> follows it.
  static const std::array<o2o::Secret, 3> secrets = {o2o::Secret("a\"b\\c/d&"), o2o::Secret("12345678"),
                                                     o2o::Secret("p\xC3\xB6ssword\\")};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  SecretFinder before;
  if (!o2o::ReadJson(text, before)) return 0;
  const std::string masked = o2o::MaskJson(text, o2o::JsonKeys::kMasked);
  SecretFinder after;
  Check(o2o::ReadJson(masked, after).has_value(), "JSON that is none any more");
  Check(before.found == (masked != text), "masked where nothing is, or not where something is");
  Check(!after.found, "a secret that is there still");
  return 0;
}
