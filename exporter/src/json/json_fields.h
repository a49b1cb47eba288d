// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace o2o {

// The scalars of a small JSON object by the path of their keys: {"errors": {"username": "no"}} gives
// errors.username. Nulls, values in arrays and values inside more than 64 objects are left out, as is
// everything past `max_fields` or after an error. Unlike JsonStream, which must not lose a page of rows for
// one value, it stops at half a surrogate pair, a raw control character in a string and a number beyond a
// double. Empty for any other JSON.
std::map<std::string, std::string> ReadJsonFields(std::string_view text, std::size_t max_fields = 64);

// One of them; empty if there is none of that path.
std::string FieldText(const std::map<std::string, std::string>& fields, const std::string& path);

}  // namespace o2o
