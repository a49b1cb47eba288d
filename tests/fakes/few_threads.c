// SPDX-License-Identifier: Apache-2.0
// To be preloaded (harness/preloaded.py): as where a process may have no more threads (ulimit -u, TasksMax),
// which root, that tests may run as, is exempt from. The file that $FEW_THREADS names holds how many there may
// be at once beside the first; it may change at any time, and where it cannot be read there is no limit.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

typedef int (*Create)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

struct Start {
  void* (*routine)(void*);
  void* argument;
};

static atomic_long alive;

static void Ended(void* unused) {
  (void)unused;
  atomic_fetch_sub(&alive, 1);
}

static void* Run(void* given) {
  const struct Start start = *(struct Start*)given;
  free(given);
  void* result = NULL;
  pthread_cleanup_push(Ended, NULL);
  result = start.routine(start.argument);
  pthread_cleanup_pop(1);
  return result;
}

static long Limit(void) {
  const char* const path = getenv("FEW_THREADS");
  FILE* const file = path ? fopen(path, "re") : NULL;
  long limit = -1;
  if (file) {
    if (fscanf(file, "%ld", &limit) != 1) limit = -1;
    fclose(file);
  }
  return limit;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*routine)(void*), void* argument) {
  const Create create = (Create)dlsym(RTLD_NEXT, "pthread_create");
  const long limit = Limit();
  struct Start* const start = malloc(sizeof *start);
  if (!start) return EAGAIN;
  start->routine = routine;
  start->argument = argument;
  const long others = atomic_fetch_add(&alive, 1);
  const int error = limit >= 0 && others >= limit ? EAGAIN : create(thread, attributes, Run, start);
  if (error != 0) {
    atomic_fetch_sub(&alive, 1);
    free(start);
  }
  return error;
}
