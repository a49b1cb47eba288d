// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text that PostgreSQL and the exposition accept: valid UTF-8 without U+0000.
namespace o2o {

// Valid UTF-8 (no surrogates, nothing overlong, at most U+10FFFF) and without U+0000.
bool IsCleanUtf8(std::string_view text);

// Clean text is unchanged; each U+0000 and each invalid sequence becomes one U+FFFD, counted as
// browsers do it.
std::string RepairUtf8(std::string_view text);

// The longest beginning of at most `max_bytes` that does not split a character. Text that is not UTF-8 is cut
// somewhere near.
std::string CutUtf8(std::string_view text, std::size_t max_bytes);

// The beginning of an upstream's text, to be shown: valid UTF-8 of at most `max_bytes`, with secrets masked
// before it is cut, since of what is left of one afterwards nobody knows that it was one.
std::string CutMasked(std::string_view text, std::size_t max_bytes);

// The same for a message, with control characters as blanks.
std::string Excerpt(std::string_view text, std::size_t max_bytes = 80);

}  // namespace o2o
