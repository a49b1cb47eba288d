// SPDX-License-Identifier: Apache-2.0
#include "base/open_descriptors.h"

#include <dirent.h>

#include <cstdlib>
#include <memory>

namespace o2o {

std::vector<int> OpenDescriptors() {
  std::vector<int> all;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc/self/fd"), closedir);
  if (directory == nullptr) return all;
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] == '.') continue;
    const int descriptor = std::atoi(entry->d_name);
    if (descriptor != dirfd(directory.get())) all.push_back(descriptor);
  }
  return all;
}

}  // namespace o2o
