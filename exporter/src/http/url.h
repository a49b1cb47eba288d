// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

// URLs as libcurl reads and writes them, so that what is checked is what is asked.
namespace o2o {

// Whether it is a URL of http or https.
bool IsHttpUrl(const std::string& text);

// Without what may be secret: user, password, query, fragment, and with `hides_path` the path. Empty for a
// text that is not a URL.
std::string ShownUrl(const std::string& text, bool hides_path);

// Where a reference in an answer leads (RFC 3986, 5.2).
struct Reference {
  std::string url;           // absolute, without fragment
  std::string shown;         // of it scheme, host and port
  bool same_origin = false;  // these are those of the base
  bool has_user = false;     // it names a user or a password
};

// `base`: the URL of the answer. Nothing for a reference that is not a URL, or of a scheme unknown to
// libcurl.
std::optional<Reference> FollowReference(const std::string& base, const std::string& reference);

// As a query or a form has it: all but letters, digits and -_.~ as %XX.
std::string UrlEncode(std::string_view text);

// A URL with a parameter of its query set to `value`: it replaces all of that name at the place of the
// first, or follows all others. Without fragment.
std::string WithParameter(std::string_view url, std::string_view name, std::string_view value);

}  // namespace o2o
