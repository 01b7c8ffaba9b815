/* Files that are being received: written under another name, and named only when they are whole.
 *
 * That holds for whoever looks, and if the program is killed. It is not promised over a loss of
 * power: nothing is synced (fsync(2) makes a small download ten times as slow, and would hold up a
 * server's loop), as with curl, wget and rsync. The file system decides then what of the data and
 * of the new name is there. */
#ifndef ANET_CORE_OS_ATOMIC_FILE_H
#define ANET_CORE_OS_ATOMIC_FILE_H

#include "core/base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct atomic_file {
  struct list link; /* for the owner */
  int dir;          /* the folder; borrowed */
  int fd;
  uint64_t size;
  bool replaced;    /* atomic_file_publish has put it over an older one */
  char *name;       /* what it will be called */
  char temporary[]; /* what it is called until then; empty when that is nobody's to remove */
};

/* Makes the temporary file in the open folder `dir`, hidden by its name. NULL, and `*err` is a
 * negative errno. */
struct atomic_file *atomic_file_new(int dir, const char *name, int *err);

/* The same of a file that is there already, called `temporary`; takes `fd` over, on which writing
 * goes on. NULL without memory, and `fd` is closed. */
struct atomic_file *atomic_file_adopt(int dir, int fd, const char *temporary, const char *name);

/* Appends. 0 or a negative errno. */
int atomic_file_write(struct atomic_file *f, const void *data, size_t n);

/* All of it is written: where a disk that is full may say so last. 0 or a negative errno. */
int atomic_file_close(struct atomic_file *f);

/* Gives the file its name, in one step. UV_EEXIST when there is one and `overwrite` is false, or
 * another negative errno; then it can still be discarded. */
int atomic_file_publish(struct atomic_file *f, bool overwrite);

/* Gives the file another name than its own, over whatever has it, and lets it stay there. 0 or a
 * negative errno; then it can still be discarded. */
int atomic_file_keep(struct atomic_file *f, const char *name);

/* Frees it; removes the file if it was not published. */
void atomic_file_free(struct atomic_file *f);

#endif
