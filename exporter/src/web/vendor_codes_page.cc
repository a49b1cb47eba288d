// SPDX-License-Identifier: Apache-2.0
#include "web/vendor_codes_page.h"

#include <set>

#include "json/json_writer.h"

namespace o2o {

WebResponse VendorCodesPage(const std::map<std::string, LastRows>& rows) {
  std::set<std::string> codes;
  bool complete = true;
  for (const auto& [source, last] : rows) {
    codes.insert(last.vendors->codes.begin(), last.vendors->codes.end());
    complete &= last.vendors->complete;
  }
  JsonWriter json;
  json.StartObject().Raw("total", std::to_string(codes.size())).Bool("complete", complete);
  json.Key("vendor_codes").StartArray();
  for (const std::string& code : codes) json.Text(code);
  json.EndArray().EndObject();
  WebResponse response;
  response.content_type = "application/json";
  response.body = json.text() + "\n";
  return response;
}

}  // namespace o2o
