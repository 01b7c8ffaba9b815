/* Libraries that are opened on first use. They are not linked: a run that does not need them does
 * not pay for them, and where one is missing the rest of the program works. */
#ifndef ANET_CORE_OS_LIBRARY_H
#define ANET_CORE_OS_LIBRARY_H

#include "core/base/error.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Where a function of the library goes. */
struct library_symbol {
  const char *name;
  size_t offset; /* of the pointer to it, in the user's struct of them */
};

/* A static object of the one file that uses the library. `guard` starts as
 * PTHREAD_MUTEX_INITIALIZER, `is_open` as false. */
struct library {
  const char *soname;                   /* what dlopen(3) is asked for */
  const struct library_symbol *symbols; /* the last has no name */
  void *functions;                      /* the struct to fill */
  pthread_mutex_t guard;
  bool is_open;
};

/* Opens the library and fills `functions`, unless that is done. Any thread may call it at any time.
 * 0; or UV_ENOSYS, and `e` names the library and says why it cannot be opened, or which function it
 * lacks: do not use the functions then; the next call tries again. A library stays open until the
 * process ends. */
int library_open(struct library *l, struct error *e);

#endif
