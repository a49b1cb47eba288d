// SPDX-License-Identifier: Apache-2.0
#include "web/masked_body.h"

#include <algorithm>
#include <string_view>

#include "base/redaction.h"
#include "json/masked_json.h"

namespace o2o {
namespace {

// In HTML.
std::string MaskText(std::string_view text) {
  std::string masked;
  for (const char c : redaction::Mask(std::string(text))) {
    if (c == '<') {
      masked += "&lt;";
    } else if (c == '>') {
      masked += "&gt;";
    } else {
      masked += c;
    }
  }
  return masked;
}

// Tags and the style sheet are the page's own, and texts have < and > as entities.
std::string MaskHtml(std::string_view html) {
  constexpr std::string_view kStyle = "<style>";
  constexpr std::string_view kStyleEnd = "</style>";
  std::string masked;
  while (!html.empty()) {
    const std::size_t text = std::min(html.find('<'), html.size());
    masked += MaskText(html.substr(0, text));
    html.remove_prefix(text);
    const std::string_view end = html.starts_with(kStyle) ? kStyleEnd : ">";
    const std::size_t found = html.find(end);
    const std::size_t tag = found == std::string_view::npos ? html.size() : found + end.size();
    masked += html.substr(0, tag);
    html.remove_prefix(tag);
  }
  return masked;
}

}  // namespace

std::string MaskedBody(const WebResponse& response) {
  if (response.content_type == "application/json") return MaskJson(response.body, JsonKeys::kOurs);
  if (response.content_type.starts_with("text/html")) return MaskHtml(response.body);
  return redaction::Mask(response.body);
}

}  // namespace o2o
