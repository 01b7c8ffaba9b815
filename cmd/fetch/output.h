/* Where a body goes: stdout, a device, or a file that is replaced only when the body is complete.
 */
#ifndef ANET_CMD_FETCH_OUTPUT_H
#define ANET_CMD_FETCH_OUTPUT_H

#include "cmd/fetch/partial_file.h"
#include "core/base/error.h"
#include "core/os/atomic_file.h"

#include <stdbool.h>
#include <sys/stat.h>

enum output_kind {
  OUTPUT_STDOUT,
  OUTPUT_DEVICE, /* or a FIFO: it is written in place, not replaced */
  OUTPUT_FILE,
};

struct output {
  enum output_kind kind;
  const char *shown;        /* its name in messages; borrowed */
  bool keeps;               /* an incomplete file is kept as FILE.part; the owner sets it */
  bool is_new;              /* an older file is never replaced; the owner sets it */
  int64_t modified;         /* what the file's time is to be, if not 0; the owner sets it */
  struct partial_origin of; /* what is written; the owner sets it, where `keeps` */
  int fd;                   /* of a device; else -1 */
  int dir;                  /* the folder of a file; else -1 */
  char *name;               /* in that folder */
  bool exists;              /* there is an older file: `older` */
  struct stat older;
  int older_fd;             /* of output_open_older; else -1 */
  struct partial_file part; /* that was found, or that is being resumed */
  bool resumed;             /* the file being written is the one that was found */
  int not_kept;             /* why it will not be kept: a negative errno; else 0 */
  struct atomic_file *file;
  int staged;        /* an unnamed file elsewhere, to be copied into the older file; else -1 */
  const char *stays; /* after output_publish: why the older file was written to, not replaced, as a
                      * literal; else NULL */
};

/* `path` NULL is stdout, which cannot fail. A FIFO without a reader is waited for if `waits`, else
 * it is UV_ENXIO. 0; or a negative errno with an error: the folder does not exist or cannot be
 * written, or `path` is a folder. A link stays a link, and its target is written, even if there is
 * none yet. output_release frees in any case. */
int output_init(struct output *o, const char *path, bool waits, struct error *e);

/* Looks for a partial file of `url`; see partial_file_find. */
int output_find_part(struct output *o, const char *url, struct error *e);

/* Opens the older file for reading: a descriptor, owned by the output, or a negative errno. */
int output_open_older(struct output *o);

/* Returns a descriptor to write to, owned by the output; a file begins empty, or resumes the
 * partial file. Or a negative errno with an error. */
int output_open(struct output *o, bool resumes, struct error *e);

/* The body is complete: a file gets its name, and the permissions of the file that it replaces.
 * Where that cannot be replaced (it is a mount point, or in a folder that must not be written), its
 * contents are. 0 or a negative errno with an error. */
int output_publish(struct output *o, struct error *e);

/* The body is incomplete. If `right` says that its bytes are good and the output keeps partial
 * files, it stays as a partial file; else it is removed, or cut back to the partial file that it
 * resumed. 0, or a negative errno if it could not be kept. */
int output_discard(struct output *o, bool right);

/* The body is complete but wrong: the file is removed, and the partial file too. */
void output_remove(struct output *o);

/* Any number of times. */
void output_release(struct output *o);

#endif
