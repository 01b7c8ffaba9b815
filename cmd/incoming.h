/* Files that are being received: written under another name, and named only when they are whole. */
#ifndef ANET_INCOMING_H
#define ANET_INCOMING_H

#include "core/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INCOMING_TEMPORARY_SIZE = 40 };

struct incoming {
  struct list link; /* for the owner */
  int dir;          /* the folder; borrowed */
  int fd;
  uint64_t size;
  bool replaced; /* incoming_publish has put it over an older one */
  char temporary[INCOMING_TEMPORARY_SIZE];
  char name[];
};

/* Makes the temporary file in the open folder `dir`, hidden by its name. NULL, and `*err` is a
 * negative errno. */
struct incoming *incoming_new(int dir, const char *name, int *err);

/* Appends. 0 or a negative errno. */
int incoming_write(struct incoming *f, const void *data, size_t n);

/* All of it is written: where a disk that is full may say so last. 0 or a negative errno. */
int incoming_close(struct incoming *f);

/* Gives the file its name, in one step. UV_EEXIST when there is one and `overwrite` is false, or
 * another negative errno; then it can still be discarded. */
int incoming_publish(struct incoming *f, bool overwrite);

/* Frees it; removes the file if it was not published. */
void incoming_free(struct incoming *f);

#endif
