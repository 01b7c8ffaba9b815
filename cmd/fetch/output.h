/* Where a body goes: stdout, a device, or a file that appears under its name only when complete. */
#ifndef ANET_CMD_FETCH_OUTPUT_H
#define ANET_CMD_FETCH_OUTPUT_H

#include "cmd/fetch/partial_file.h"
#include "core/base/error.h"
#include "core/os/atomic_file.h"

#include <stdbool.h>
#include <sys/types.h>

enum output_kind {
  OUTPUT_STDOUT,
  OUTPUT_DEVICE, /* or a FIFO: it is written in place, not replaced */
  OUTPUT_FILE,
};

struct output {
  enum output_kind kind;
  const char *shown;        /* its name in messages; borrowed */
  bool keeps;               /* an incomplete file is kept as FILE.part; the owner sets it */
  int fd;                   /* of a device; else -1 */
  int dir;                  /* the folder of a file; else -1 */
  char *name;               /* in that folder */
  mode_t mode;              /* of the file that is replaced; 0 if there is none */
  struct partial_file part; /* that was found, or that is being resumed */
  bool resumed;             /* the file being written is the partial one */
  struct atomic_file *file;
};

/* `path` NULL is stdout, which cannot fail. A FIFO without a reader is waited for if `waits`, else
 * it is UV_ENXIO. 0; or a negative errno with an error: the folder does not exist or cannot be
 * written, or `path` is a folder. output_release frees in any case. */
int output_init(struct output *o, const char *path, bool waits, struct error *e);

/* Looks for a partial file of `url`; see partial_file_find. */
int output_find_part(struct output *o, const char *url, struct error *e);

/* Returns a descriptor to write to, owned by the output; a file begins empty, or resumes the
 * partial file. Or a negative errno with an error. */
int output_open(struct output *o, bool resumes, struct error *e);

/* The body is complete: a file gets its name, and the permissions of the file that it replaces. 0
 * or a negative errno with an error. */
int output_publish(struct output *o, struct error *e);

/* The body is incomplete. If `right` says that its bytes are good and the output keeps partial
 * files, the file is kept as a partial file of `url` with `validator`, which may be NULL; else it
 * is removed, or cut back to the partial file that it resumed. 0, or a negative errno if it could
 * not be kept. */
int output_discard(struct output *o, bool right, const char *url, const char *validator);

/* The body is complete but wrong: the file is removed, and the partial file too. */
void output_remove(struct output *o);

/* Any number of times. */
void output_release(struct output *o);

#endif
