/* Landlock (Linux 5.13 on): the process gives up everything in the file system but some folders. */
#ifndef ANET_CORE_OS_LANDLOCK_H
#define ANET_CORE_OS_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

struct landlock_folder {
  int fd;         /* an open folder; not kept */
  bool readable;  /* folders and files beneath it may be listed and read */
  bool writable;  /* files may be made, written, renamed and removed beneath it */
  bool removable; /* files may be removed beneath it: where a unix socket's path is */
};

/* Limits this thread, and the threads it starts later, to the folders. There is no way back, and no
 * other thread may run yet. Open descriptors stay usable. If the kernel's ABI has it, the process
 * also gives up new TCP connections and listeners (ABI 4), and the abstract unix sockets of others
 * and signals to them (6). With ABI 1 no file can be renamed into another folder; below ABI 3 files
 * can be truncated wherever the user may write. A file can only be moved to a folder that grants no
 * more rights. Under AddressSanitizer /proc/self stays readable. Returns the ABI's version; 0 when
 * the kernel has no Landlock or a filter refuses it, and nothing is limited; or a negative errno.
 */
int landlock_enter(const struct landlock_folder *folders, size_t count);

#endif
