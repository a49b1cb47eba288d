// SPDX-License-Identifier: Apache-2.0
#include "base/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace o2o {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<std::string> Failed(const char* what) {
  return tl::unexpected<std::string>(std::string(what) + " (" + std::strerror(errno) + ")");
}

}  // namespace

tl::expected<std::string, std::string> ReadTextFile(const std::string& path, std::size_t max_bytes) {
  // Nonblocking: opening a pipe without a writer would wait.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return Failed("cannot be opened");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Failed("cannot be examined");
  if (!S_ISREG(status.st_mode)) return tl::unexpected<std::string>("is not a regular file");
  std::string text;
  char buffer[1 << 14];
  while (text.size() <= max_bytes) {
    const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failed("cannot be read");
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return tl::unexpected<std::string>("is larger than " + std::to_string(max_bytes >> 10) + " KiB");
}

}  // namespace o2o
