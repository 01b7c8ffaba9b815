/* Landlock (Linux 5.13 on): the process gives up everything in the file system but some folders. */
#ifndef ANET_CORE_OS_LANDLOCK_H
#define ANET_CORE_OS_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

struct landlock_folder {
  int fd;         /* an open folder; not kept */
  bool readable;  /* what is beneath it may be listed and read */
  bool writable;  /* files may be made, written, renamed and removed beneath it */
  bool removable; /* files may be removed beneath it: where a unix socket's path is */
};

/* Shuts this thread, and those it starts, into the folders, for good; so it comes before the first
 * other thread. What is open stays open. As far as the kernel's ABI knows of them, also given up
 * are new TCP connections and listeners (4), abstract unix sockets of others and signals to others
 * (6). With ABI 1 files cannot be renamed from one folder into another, and with less than 3 they
 * can be cut short wherever the user may write. A file moves only to where no more may be done with
 * it. Under AddressSanitizer /proc/self stays readable. Returns the ABI's version; 0 when the
 * kernel has none, or a filter refuses it (nothing is shut then); or a negative errno. */
int landlock_enter(const struct landlock_folder *folders, size_t count);

#endif
