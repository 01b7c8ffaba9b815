/* Files that are written at once, whether their descriptors block or not. */
#ifndef ANET_CORE_OS_FILE_WRITE_H
#define ANET_CORE_OS_FILE_WRITE_H

#include <stddef.h>

/* Writes `n` bytes, and waits for the room if it must. 0; or a negative errno, and `*written`,
 * unless NULL, says how many went out before, as it does after 0. */
int file_write_all(int fd, const void *data, size_t n, size_t *written);

/* The same without waiting: UV_EAGAIN where there is no room. */
int file_write_now(int fd, const void *data, size_t n, size_t *written);

#endif
