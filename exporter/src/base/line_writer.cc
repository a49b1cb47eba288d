// SPDX-License-Identifier: Apache-2.0
#include "base/line_writer.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

namespace o2o {
namespace {

bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Another owner of the descriptor made it non-blocking; waiting here delays nobody.
      pollfd writable{descriptor, POLLOUT, 0};
      if (poll(&writable, 1, -1) < 0 && errno != EINTR) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

// Without waiting any longer than that: of a pipe or terminal that can be written to, so much is free.
bool WriteUntil(int descriptor, std::string_view bytes, std::chrono::steady_clock::time_point deadline) {
  while (!bytes.empty()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd writable{descriptor, POLLOUT, 0};
    if (left.count() <= 0 || poll(&writable, 1, static_cast<int>(left.count())) != 1) return false;
    const ssize_t written = write(descriptor, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

LineWriter::~LineWriter() {
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  filled_.notify_one();
  if (thread_.joinable()) thread_.join();
}

// Signals are for the threads that wait for them: this one has them all blocked, SIGPIPE too.
void LineWriter::StartThread() noexcept {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (...) {
    // No thread available, or no memory: the next line tries again, and Flush() does without.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void LineWriter::Write(std::string line) noexcept {
  const MutexLock lock(mutex_);
  try {
    if (bytes_ + line.size() > max_bytes_) {
      ++dropped_;
      return;
    }
    const std::size_t size = line.size();
    lines_.push_back(std::move(line));
    bytes_ += size;
  } catch (...) {
    ++dropped_;  // no memory
    return;
  }
  if (!thread_.joinable()) StartThread();
  filled_.notify_one();
}

bool LineWriter::Flush(std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  MutexLock lock(mutex_);
  if (thread_.joinable())
    return emptied_.wait_until(lock, deadline, [this]() O2O_REQUIRES(mutex_) { return lines_.empty(); });
  for (; !lines_.empty(); lines_.pop_front()) {
    if (!WriteUntil(descriptor_, lines_.front(), deadline)) return false;
    bytes_ -= lines_.front().size();
  }
  return true;
}

std::uint64_t LineWriter::dropped() const {
  const MutexLock lock(mutex_);
  return dropped_;
}

void LineWriter::Run() {
  MutexLock lock(mutex_);
  while (true) {
    filled_.wait(lock, [this]() O2O_REQUIRES(mutex_) { return ending_ || !lines_.empty(); });
    if (ending_) return;
    const std::string& line = lines_.front();  // stays where it is while others are added behind it
    lock.unlock();
    const bool written = WriteAll(descriptor_, line);
    lock.lock();
    if (!written) ++dropped_;
    bytes_ -= line.size();
    lines_.pop_front();
    if (lines_.empty()) emptied_.notify_all();
  }
}

}  // namespace o2o
