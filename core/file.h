/* Files that are written at once, whether their descriptors block or not. */
#ifndef ANET_FILE_H
#define ANET_FILE_H

#include <stddef.h>

/* Writes `n` bytes. 0; or a negative errno, and `*written`, unless NULL, says how many went out
 * before, as it does after 0. */
int file_write_all(int fd, const void *data, size_t n, size_t *written);

#endif
