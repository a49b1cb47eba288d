// SPDX-License-Identifier: Apache-2.0
#include "web/runbooks.h"

#include <string>

#include "embedded/kRunbooks.h"
#include "web/html_text.h"

namespace o2o {
namespace {

constexpr std::string_view kStart = "<!-- SPDX-License-Identifier: Apache-2.0 -->\n";

// Wraps long lines, so that the page can be read on a phone.
WebResponse Page(std::string_view title, const std::string& body) {
  WebResponse response;
  response.content_type = "text/html; charset=utf-8";
  response.body =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>" +
      EscapeHtml(title) + "</title></head>\n<body>" + body + "</body></html>\n";
  return response;
}

WebResponse List() {
  std::string body = "<h1>Runbooks</h1>\n<ul>\n";
  for (const auto& [name, text] : SplitRunbooks(embedded::kRunbooks)) {
    const std::string escaped = EscapeHtml(name);
    body += "<li><a href=\"/runbooks/" + escaped + "\">" + escaped + "</a></li>\n";
  }
  return Page("Runbooks", body + "</ul>");
}

WebResponse Runbook(std::string_view name) {
  if (name.ends_with(".md")) name.remove_suffix(3);
  for (const auto& [known, text] : SplitRunbooks(embedded::kRunbooks)) {
    if (known == name)
      return Page(name,
                  "<pre style=\"white-space: pre-wrap; max-width: 60em\">" + EscapeHtml(text) + "</pre>");
  }
  WebResponse response;
  response.status = 404;
  response.body = "404: no runbook has this name; /runbooks/ lists them.\n";
  return response;
}

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> SplitRunbooks(std::string_view joined) {
  std::vector<std::pair<std::string_view, std::string_view>> pages;
  while (joined.starts_with(kStart)) {
    joined.remove_prefix(kStart.size());
    const std::string_view text = joined.substr(0, joined.find(kStart));
    joined.remove_prefix(text.size());
    const std::string_view heading = text.substr(0, text.find('\n'));
    if (heading.starts_with("# ")) pages.emplace_back(heading.substr(2), text);
  }
  return pages;
}

WebResponse RunbookPage(std::string_view name) { return name.empty() ? List() : Runbook(name); }

}  // namespace o2o
