/* How many descriptors the process may have open. */
#ifndef ANET_CORE_OS_FD_LIMIT_H
#define ANET_CORE_OS_FD_LIMIT_H

#include <stdint.h>

/* Raises RLIMIT_NOFILE to its hard maximum and returns the limit, at most a million: more than one
 * thread can serve. */
uint64_t fd_limit_raise(void);

#endif
