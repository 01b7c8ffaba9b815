/* Where the answer goes: stdout, a device, or a file that gets its name only once it is whole. */
#ifndef ANET_CMD_FETCH_OUTPUT_H
#define ANET_CMD_FETCH_OUTPUT_H

#include "cmd/fetch/partial_file.h"
#include "core/base/error.h"
#include "core/os/atomic_file.h"

#include <stdbool.h>
#include <sys/types.h>

enum output_kind {
  OUTPUT_STDOUT,
  OUTPUT_DEVICE, /* and a FIFO: what cannot be replaced */
  OUTPUT_FILE,
};

struct output {
  enum output_kind kind;
  const char *shown;        /* what messages call it; borrowed */
  bool keeps;               /* a part of a file is kept; the owner's to set */
  int fd;                   /* of a device; else -1 */
  int dir;                  /* the folder of a file; else -1 */
  char *name;               /* in that folder */
  mode_t mode;              /* of the file that is replaced; 0 when there is none */
  struct partial_file part; /* that was found, or whose rest is being written */
  bool resumed;             /* what is written goes behind it */
  struct atomic_file *file;
};

/* `path` NULL is stdout, which nothing can go wrong with. A FIFO that nobody reads yet is waited
 * for, if `waits`, or UV_ENXIO. 0; or a negative errno with an error: no such folder, no leave to
 * write, a folder of that name. output_release frees in any case. */
int output_init(struct output *o, const char *path, bool waits, struct error *e);

/* Looks for a part that was kept of `url`; see partial_file_find. */
int output_find_part(struct output *o, const char *url, struct error *e);

/* A descriptor to write the answer to; it stays the output's. A file begins anew, or behind the
 * part. A negative errno with an error. */
int output_open(struct output *o, bool resumes, struct error *e);

/* It is whole: the file gets its name, and the permissions of the one that it replaces. 0 or a
 * negative errno with an error. Nothing to do for the others. */
int output_publish(struct output *o, struct error *e);

/* It is not whole. With `right`, and if parts are kept, what there is of the file is kept as a part
 * of `url` with `validator`, which may be NULL; else it is removed, down to the part that was there
 * before. 0, or a negative errno when it could not be kept. */
int output_discard(struct output *o, bool right, const char *url, const char *validator);

/* It is whole and wrong: what there is of the file is removed, the part that was there, too. */
void output_remove(struct output *o);

/* Any number of times. */
void output_release(struct output *o);

#endif
