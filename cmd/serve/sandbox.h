/* Landlock (Linux 5.13 on): the process gives up everything in the file system but some folders. */
#ifndef ANET_SANDBOX_H
#define ANET_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct sandbox_folder {
  int fd;         /* an open folder; not kept */
  bool readable;  /* what is beneath it may be listed and read */
  bool writable;  /* files may be made, written, renamed and removed beneath it */
  bool removable; /* files may be removed beneath it: where a unix socket's path is */
};

/* Shuts this thread, and those it starts, into the folders, for good; new TCP connections and
 * listeners too where the kernel knows of them (ABI 4). Returns the ABI's version; 0 when the
 * kernel has none (nothing is shut then); or a negative errno. */
int sandbox_enter(const struct sandbox_folder *folders, size_t count);

#endif
