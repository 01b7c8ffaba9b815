/* How many descriptors the process may have open. */
#ifndef ANET_CORE_OS_FD_LIMIT_H
#define ANET_CORE_OS_FD_LIMIT_H

#include <stdint.h>

/* Raises RLIMIT_NOFILE to its hard maximum, and returns what it is then; at most a million, which
 * is more than one thread serves. */
uint64_t fd_limit_raise(void);

#endif
