/* Partial files. An incomplete FILE is kept as FILE.part; FILE.part.from beside it holds its URL
 * and the validator (RFC 9110 8.8) that tells whether the server still has the same file. */
#ifndef ANET_CMD_FETCH_PARTIAL_FILE_H
#define ANET_CMD_FETCH_PARTIAL_FILE_H

#include "core/base/error.h"
#include "core/os/atomic_file.h"

#include <stdint.h>

/* A partial file that can be resumed. `fd` -1 and all else zero is none. */
struct partial_file {
  int fd;          /* locked against other processes; -1 for none */
  uint64_t have;   /* its length in bytes, more than 0 */
  char *validator; /* for If-Range */
};

/* Looks in the folder `dir` for the partial file of `name`. 0, also if there is none that is of
 * `url` and can be resumed. UV_EBUSY if another process has it open, or another negative errno,
 * with an error that calls the file `shown`. Forgets `p` first. */
int partial_file_find(struct partial_file *p, int dir, const char *name, const char *url,
                      const char *shown, struct error *e);

/* Hands it over as an atomic file that will be called `name`, to be appended to. NULL without
 * memory. `have` and `validator` stay in `p`. */
struct atomic_file *partial_file_take(struct partial_file *p, int dir, const char *name);

/* Closes it. Any number of times. */
void partial_file_forget(struct partial_file *p);

/* Keeps `f` as the partial file of its name, of `url` and with `validator`. With NULL it cannot be
 * resumed, only read by a person. 0; UV_EBUSY if there is a FILE.part that is not ours; or another
 * negative errno. */
int partial_file_keep(struct atomic_file *f, const char *url, const char *validator);

/* Keeps `f`, which was taken by partial_file_take, under its old name. 0 or a negative errno. */
int partial_file_keep_taken(struct atomic_file *f);

/* Removes the partial file of `name`, if it is ours. */
void partial_file_remove(int dir, const char *name);

#endif
