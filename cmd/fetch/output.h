/* Where the answer goes: stdout, a device, or a file that gets its name only once it is whole. */
#ifndef ANET_FETCH_OUTPUT_H
#define ANET_FETCH_OUTPUT_H

#include "cmd/incoming.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A file FILE that came only in part is kept as FILE.part, and beside it, in FILE.part.from, which
 * URL it is of and the validator (RFC 9110 8.8) that says whether the rest is of the same. */
struct output {
  const char *shown; /* what messages call it; borrowed */
  int dir;           /* the folder of a file; -1 for the others */
  int fd;            /* of a device, to be closed */
  char *name;        /* in that folder */
  mode_t mode;       /* of the file that is replaced; 0 when there is none */
  bool keeps;        /* a part is kept */
  uint64_t have;     /* bytes of a part that was kept and may be gone on with; 0 for none */
  int partial;       /* it, locked against others; -1 for none */
  char *validator;   /* what it came with, for If-Range */
  bool resumed;      /* what is written now goes behind it */
  struct incoming *file;
};

/* `path` NULL is stdout, which nothing can go wrong with. 0; or a negative errno with an error: no
 * such folder, no leave to write, a folder of that name. output_release frees in any case. */
int output_init(struct output *o, const char *path, struct error *e);

/* Looks for a part that was kept of `url`: o->have. One that another process works at is
 * UV_EBUSY. 0 when there is none. */
int output_find_part(struct output *o, const char *url, struct error *e);

/* A descriptor to write the answer to; it stays the output's. A file begins anew, or behind the
 * part. A negative errno with an error. */
int output_open(struct output *o, bool resumes, struct error *e);

static inline bool output_is_file(const struct output *o)
{
  return o->dir >= 0;
}

/* It is whole: the file gets its name, and its permissions if it replaces another. 0 or a negative
 * errno with an error. Nothing to do for the others. */
int output_publish(struct output *o, struct error *e);

/* It is not, and what there is of the file is removed; or kept, if it is to be, as a part of
 * `url` with `validator`, which may be NULL. A part that another process works at stays instead. */
void output_discard(struct output *o, const char *url, const char *validator);

/* It is whole and wrong: what there is of the file is removed, an older part too. */
void output_remove(struct output *o);

/* Any number of times. */
void output_release(struct output *o);

#endif
