/* Partial files. What has come of FILE is kept as FILE.part; FILE.part.from beside it says what it
 * is of: its URL, and the validator (RFC 9110 8.8) that tells whether the server still has the same
 * file. The bytes go there from the first one on, so that nothing that ends the program loses them.
 *
 * FILE.part is locked by who writes it. It is emptied before FILE.part.from is written, and gets
 * its first byte afterwards: the two match at any moment. */
#ifndef ANET_CMD_FETCH_PARTIAL_FILE_H
#define ANET_CMD_FETCH_PARTIAL_FILE_H

#include "core/base/error.h"
#include "core/os/atomic_file.h"

#include <stdbool.h>
#include <stdint.h>

/* What a partial file is of. The texts are borrowed. */
struct partial_origin {
  const char *url;       /* as it was given, without a password */
  const char *validator; /* for If-Range; NULL: it cannot be resumed, only read by a person */
  const char *at;        /* the origin that redirects led to; NULL if it is the URL's own */
  uint64_t size;         /* of the whole file; UINT64_MAX if unknown */
};

/* A partial file that can be resumed. `fd` -1 and all else zero is none. */
struct partial_file {
  int fd;             /* locked against other processes; -1 for none */
  uint64_t have;      /* its length in bytes, more than 0 */
  char *validator;    /* for If-Range */
  char *at;           /* as in struct partial_origin */
  uint64_t size;      /* likewise */
  const char *unused; /* a literal: why the FILE.part that is there cannot be resumed; or NULL */
};

/* Looks in the folder `dir` for the partial file of `name`. 0, also if there is none that is of
 * `url` and can be resumed: p->unused then says why not. UV_EBUSY if another process is writing it,
 * or UV_ENOMEM, with an error that calls the file `shown`. Forgets `p` first. */
int partial_file_find(struct partial_file *p, int dir, const char *name, const char *url,
                      const char *shown, struct error *e);

/* Hands it over as an atomic file that will be called `name`, to be appended to. NULL without
 * memory. All but `fd` stays in `p`. */
struct atomic_file *partial_file_take(struct partial_file *p, int dir, const char *name);

/* Closes it. Any number of times. */
void partial_file_forget(struct partial_file *p);

/* Begins a new FILE.part, empty, that will be called `name`. One of ours that nobody is writing
 * gives way to it. NULL, and `*err` is a negative errno: UV_EBUSY if there is a FILE.part that is
 * not ours, or that another process is writing. */
struct atomic_file *partial_file_begin(int dir, const char *name, const struct partial_origin *of,
                                       int *err);

/* Whether FILE.part is still the file `f`: another program may have taken the name. */
bool partial_file_is_there(const struct atomic_file *f);

/* Lets `f`, of partial_file_take or partial_file_begin, stay as FILE.part. 0 or a negative errno.
 */
int partial_file_keep(struct atomic_file *f);

/* Removes the partial file of `name`, if it is ours and nobody is writing it. */
void partial_file_remove(int dir, const char *name);

#endif
