/* Files that came only in part. The part of FILE is kept as FILE.part, and beside it, in
 * FILE.part.from, stand the URL that it is of and the validator (RFC 9110 8.8) that says whether
 * the rest is of the same. */
#ifndef ANET_CMD_FETCH_PARTIAL_FILE_H
#define ANET_CMD_FETCH_PARTIAL_FILE_H

#include "core/base/error.h"
#include "core/os/atomic_file.h"

#include <stdint.h>

/* One that may be gone on with. All zero but for `fd`, which is -1, is none. */
struct partial_file {
  int fd;          /* locked against others; -1 for none */
  uint64_t have;   /* bytes; not 0 where there is one */
  char *validator; /* for If-Range */
};

/* Looks for the part of `name` in the folder `dir`: 0, also when there is none that is of `url` and
 * can be gone on with. UV_EBUSY when another process works at it, or another negative errno, with
 * an error that calls the file `shown`. `p` is forgotten first. */
int partial_file_find(struct partial_file *p, int dir, const char *name, const char *url,
                      const char *shown, struct error *e);

/* Gives it away to be written behind: an incoming file that will be called `name`. NULL without
 * memory. `have` and `validator` stay. */
struct atomic_file *partial_file_take(struct partial_file *p, int dir, const char *name);

/* Lets go of it. Any number of times. */
void partial_file_forget(struct partial_file *p);

/* Keeps what there is of `f` as the part of its name, of `url` and with `validator`, which may be
 * NULL: then nothing can go on with it but a person. 0; UV_EBUSY when there is one that is not
 * ours; or another negative errno. */
int partial_file_keep(struct atomic_file *f, const char *url, const char *validator);

/* Keeps it as it was called: it is the part that was taken. 0 or a negative errno. */
int partial_file_keep_taken(struct atomic_file *f);

/* Removes what there is of one that is ours. */
void partial_file_remove(int dir, const char *name);

#endif
