// SPDX-License-Identifier: Apache-2.0
// To be preloaded (harness/preloaded.py): the wall clock of one process, as far from the real one as the 8 bytes
// say that the file named by $SET_CLOCK begins with, in seconds; they may change at any time. The monotonic
// clock is left alone, as it is where somebody sets the clock of a machine.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int (*GetTime)(clockid_t, struct timespec*);

static const int64_t kNone = 0;
static const volatile int64_t* offset = &kNone;
static GetTime real;

__attribute__((constructor)) static void Open(void) {
  real = (GetTime)dlsym(RTLD_NEXT, "clock_gettime");
  const char* const path = getenv("SET_CLOCK");
  const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void* const shared = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (shared != MAP_FAILED) offset = shared;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  if (!real) real = (GetTime)dlsym(RTLD_NEXT, "clock_gettime");
  const int error = real(clock, now);
  if (error == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *offset;
  return error;
}

time_t time(time_t* into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(struct timeval* into, void* zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  into->tv_sec = now.tv_sec;
  into->tv_usec = now.tv_nsec / 1000;
  return 0;
}
