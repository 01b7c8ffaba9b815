#include "core/stream/shared.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A new reference is made from one that the caller has, so nothing needs to be ordered. */
static void hold(atomic_size_t *references)
{
  atomic_fetch_add_explicit(references, 1, memory_order_relaxed);
}

/* Whether it was the last. What other threads did with theirs is done before that one is freed. */
static bool drop(atomic_size_t *references)
{
  return atomic_fetch_sub_explicit(references, 1, memory_order_acq_rel) == 1;
}

struct shared_bytes *shared_bytes_new(const void *data, size_t n)
{
  struct shared_bytes *b = malloc(sizeof *b + n);
  if (!b)
    return NULL;
  atomic_init(&b->references, 1);
  b->length = n;
  if (n > 0)
    memcpy(b->data, data, n);
  return b;
}

struct shared_bytes *shared_bytes_hold(struct shared_bytes *b)
{
  hold(&b->references);
  return b;
}

void shared_bytes_drop(struct shared_bytes *b)
{
  if (drop(&b->references))
    free(b);
}

struct shared_file *shared_file_new(int fd, const struct stat *st)
{
  struct shared_file *f = malloc(sizeof *f);
  if (!f) {
    close(fd);
    return NULL;
  }
  atomic_init(&f->references, 1);
  atomic_init(&f->warm, false);
  f->fd = fd;
  f->size = st->st_size;
  f->modified = st->st_mtim;
  return f;
}

struct shared_file *shared_file_hold(struct shared_file *f)
{
  hold(&f->references);
  return f;
}

void shared_file_drop(struct shared_file *f)
{
  if (!drop(&f->references))
    return;
  close(f->fd);
  free(f);
}
