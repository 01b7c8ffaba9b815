/* Libraries that are opened on first use, so that a run that has no need of them does not pay for
 * them: they are not linked, and a program without them works but for what they do. */
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

/* A static object of the one file that uses the library; the last two are as
 * PTHREAD_MUTEX_INITIALIZER and false make them. */
struct library {
  const char *soname;                   /* what dlopen(3) is asked for */
  const struct library_symbol *symbols; /* up to one without a name */
  void *functions;                      /* the struct that is filled */
  pthread_mutex_t guard;
  bool is_open;
};

/* Opens the library and fills `functions`, unless that is done; any thread may, at any time. 0; or
 * UV_ENOSYS, and `e` names the library and says why it is not to be had, or which function it has
 * not: the functions are not to be used then, and the next call tries again. What is open stays so
 * until the process ends. */
int library_open(struct library *l, struct error *e);

#endif
