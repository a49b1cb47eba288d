// SPDX-License-Identifier: Apache-2.0
#include "base/spare_threads.h"

#include <pthread.h>

#include <mutex>
#include <vector>

namespace o2o {
namespace {

constexpr std::size_t kStackBytes = 128u << 10;

void* WaitForEnd(void* gate) {
  const std::lock_guard lock(*static_cast<std::mutex*>(gate));
  return nullptr;
}

}  // namespace

bool HasThreadsFor(std::size_t count) {
  std::vector<pthread_t> threads;
  threads.reserve(count);
  std::mutex gate;  // closed until all are there
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, kStackBytes);
  {
    const std::lock_guard closed(gate);
    pthread_t thread{};
    while (threads.size() < count && pthread_create(&thread, &small, WaitForEnd, &gate) == 0)
      threads.push_back(thread);
  }
  pthread_attr_destroy(&small);
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  return threads.size() == count;
}

}  // namespace o2o
