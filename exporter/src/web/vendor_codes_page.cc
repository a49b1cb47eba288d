// SPDX-License-Identifier: Apache-2.0
#include "web/vendor_codes_page.h"

#include <cstdint>
#include <set>
#include <vector>

#include "json/json_fields.h"
#include "web/json_text.h"

namespace o2o {

WebResponse VendorCodesPage(const std::map<std::string, LastRows>& rows) {
  std::set<std::string> codes;
  bool complete = true;
  for (const auto& [source, last] : rows) {
    codes.insert(last.vendors->codes.begin(), last.vendors->codes.end());
    complete &= last.vendors->complete;
  }
  std::vector<std::string> quoted;
  for (const std::string& code : codes) quoted.push_back(QuoteJson(code));
  JsonText json;
  json.Raw("total", FormatValue(static_cast<std::int64_t>(quoted.size())))
      .Bool("complete", complete)
      .List("vendor_codes", quoted);
  WebResponse response;
  response.content_type = "application/json";
  response.body = json.str() + "\n";
  return response;
}

}  // namespace o2o
