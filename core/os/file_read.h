/* Reading from a descriptor that may not block: stdin can be shared with a program, such as ssh or
 * node, that has set O_NONBLOCK on it. */
#ifndef ANET_CORE_OS_FILE_READ_H
#define ANET_CORE_OS_FILE_READ_H

#include <stddef.h>
#include <sys/types.h>

/* Reads up to `n` bytes, and waits for the first of them. A count, 0 at the end, or a negative
 * errno. */
ssize_t file_read(int fd, void *data, size_t n);

#endif
