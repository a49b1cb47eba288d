// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

// What a mutex guards, checked by clang (-Wthread-safety, an error in the preset asan); other compilers read
// over it. https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#if defined(__clang__)
#define O2O_THREAD_SAFETY(x) __attribute__((x))
#else
#define O2O_THREAD_SAFETY(x)
#endif

// Of a member: only with that mutex held.
#define O2O_GUARDED_BY(mutex) O2O_THREAD_SAFETY(guarded_by(mutex))
// Of a function or lambda: the caller holds that mutex.
#define O2O_REQUIRES(mutex) O2O_THREAD_SAFETY(requires_capability(mutex))
// Of a function that holds the mutex in a way that clang does not see; its comment says which.
#define O2O_NOT_CHECKED O2O_THREAD_SAFETY(no_thread_safety_analysis)

namespace o2o {

// A std::mutex (or std::recursive_mutex) that clang knows. Lock it with MutexLock.
template <typename Standard>
class O2O_THREAD_SAFETY(capability("mutex")) BasicMutex {
 public:
  void lock() O2O_THREAD_SAFETY(acquire_capability()) { standard_.lock(); }
  void unlock() O2O_THREAD_SAFETY(release_capability()) { standard_.unlock(); }

 private:
  Standard standard_;
};

using Mutex = BasicMutex<std::mutex>;
using RecursiveMutex = BasicMutex<std::recursive_mutex>;

// Holds a mutex from construction to destruction, but for the time between unlock() and lock(). To be waited
// with by a std::condition_variable_any, whose predicate is a lambda with O2O_REQUIRES.
template <typename Standard>
class O2O_THREAD_SAFETY(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(BasicMutex<Standard>& mutex) O2O_THREAD_SAFETY(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() O2O_THREAD_SAFETY(release_capability()) {
    if (held_) mutex_.unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  bool held() const { return held_; }
  void lock() O2O_THREAD_SAFETY(acquire_capability()) {
    mutex_.lock();
    held_ = true;
  }
  void unlock() O2O_THREAD_SAFETY(release_capability()) {
    held_ = false;
    mutex_.unlock();
  }

 private:
  BasicMutex<Standard>& mutex_;
  bool held_ = true;
};

}  // namespace o2o
