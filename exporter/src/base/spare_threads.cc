// SPDX-License-Identifier: Apache-2.0
#include "base/spare_threads.h"

#include <pthread.h>

#include <vector>

#include "base/mutex.h"

namespace o2o {
namespace {

constexpr std::size_t kStackBytes = 128u << 10;

void* WaitForEnd(void* gate) {
  const MutexLock lock(*static_cast<Mutex*>(gate));
  return nullptr;
}

}  // namespace

bool HasThreadsFor(std::size_t count) {
  std::vector<pthread_t> threads;
  threads.reserve(count);
  Mutex gate;  // closed until all are there
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, kStackBytes);
  {
    const MutexLock closed(gate);
    pthread_t thread{};
    while (threads.size() < count && pthread_create(&thread, &small, WaitForEnd, &gate) == 0)
      threads.push_back(thread);
  }
  pthread_attr_destroy(&small);
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  return threads.size() == count;
}

}  // namespace o2o
