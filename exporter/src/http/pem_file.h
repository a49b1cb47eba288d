// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace o2o {

// Certificates or a key in a file that others renew while we run: read whenever a connection may need it.
// While it is missing, empty or without any PEM, what it held last is used. One thread at a time.
class PemFile {
 public:
  explicit PemFile(std::string path);
  // Empty where the file has never held any.
  const std::string& Read();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string text_;
};

}  // namespace o2o
