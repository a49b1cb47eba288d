// SPDX-License-Identifier: Apache-2.0
#include "base/line_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr auto kLong = 30s;

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    CloseReader();
    close(ends_[1]);
  }
  int writer() const { return ends_[1]; }
  void CloseReader() {
    if (ends_[0] >= 0) close(std::exchange(ends_[0], -1));
  }
  // So much, waiting for it.
  std::string Read(std::size_t bytes) {
    std::string text;
    char piece[4096];
    while (text.size() < bytes) {
      const ssize_t count = read(ends_[0], piece, std::min(sizeof piece, bytes - text.size()));
      if (count <= 0) break;
      text.append(piece, static_cast<std::size_t>(count));
    }
    return text;
  }
  // As full as a pipe gets; returns how many bytes that took.
  std::size_t Fill() {
    const int flags = fcntl(writer(), F_GETFL);
    fcntl(writer(), F_SETFL, flags | O_NONBLOCK);
    std::size_t filled = 0;
    while (write(writer(), "x", 1) == 1) ++filled;
    fcntl(writer(), F_SETFL, flags);
    return filled;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

TEST(LineWriter, WritesLinesInTheirOrder) {
  Pipe pipe;
  LineWriter writer(pipe.writer(), 1000);
  writer.Write("first\n");
  writer.Write("second\n");
  EXPECT_EQ(pipe.Read(13), "first\nsecond\n");
  EXPECT_TRUE(writer.Flush(kLong));
  EXPECT_EQ(writer.dropped(), 0u);
}

TEST(LineWriter, LoggingNeverWaitsForAFullPipe) {
  Pipe pipe;
  const std::size_t filled = pipe.Fill();
  LineWriter writer(pipe.writer(), 100);
  for (int i = 0; i < 50; ++i) writer.Write("0123456789\n");  // 9 of them are 99 bytes
  EXPECT_EQ(writer.dropped(), 41u);
  EXPECT_FALSE(writer.Flush(1ms)) << "somebody read it";
  pipe.Read(filled);
  EXPECT_TRUE(writer.Flush(kLong));
  writer.Write("again\n");
  const std::string rest = pipe.Read(9 * 11 + 6);
  EXPECT_TRUE(rest.ends_with("\nagain\n")) << rest;
  EXPECT_EQ(writer.dropped(), 41u);
}

TEST(LineWriter, WhatCannotBeWrittenIsCounted) {
  signal(SIGPIPE, SIG_DFL);  // its thread has to be safe from it all the same
  Pipe pipe;
  pipe.CloseReader();
  LineWriter writer(pipe.writer(), 1000);
  writer.Write("lost\n");
  writer.Write("lost too\n");
  EXPECT_TRUE(writer.Flush(kLong));
  EXPECT_EQ(writer.dropped(), 2u);
}

TEST(LineWriter, WaitsWhereTheDescriptorWasMadeNonBlocking) {
  Pipe pipe;
  const std::size_t filled = pipe.Fill();
  fcntl(pipe.writer(), F_SETFL, fcntl(pipe.writer(), F_GETFL) | O_NONBLOCK);
  LineWriter writer(pipe.writer(), 1000);
  writer.Write("whole\n");
  pipe.Read(filled);
  EXPECT_EQ(pipe.Read(6), "whole\n");
  EXPECT_TRUE(writer.Flush(kLong));
  EXPECT_EQ(writer.dropped(), 0u);
}

}  // namespace
}  // namespace o2o
