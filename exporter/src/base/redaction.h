// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

// What must not be shown: every Secret registers its text here, and every text that leaves the program (log
// lines, pages, labels, errors, answers) passes Mask(), since upstreams and databases say back what they were
// told. Thread-safe.
//
// A secret is found as it is and in every encoding it travels in: percent-encoded (also as a form has it),
// escaped as in JSON or HTML, any mixture of these, and base64, alone or inside user:password. At the end of
// a text half of it, and 8 bytes, are enough. Of fewer than 8 bytes it is found where it is a word of
// its own; of fewer than 4 it cannot be a secret, and masking it would shred every text.
namespace o2o::redaction {

// As long as this is kept, and for a while after, the text is masked; of a URL or a connection string also
// the password in it.
using Registration = std::shared_ptr<const void>;
Registration Register(std::string_view text);

// `text` with <secret> instead of every secret in it. Costs next to nothing where none is registered.
std::string Mask(std::string text);

// Whether Mask() would change it.
bool HoldsSecret(std::string_view text);

}  // namespace o2o::redaction
