/* How many descriptors the process may have open. */
#ifndef ANET_DESCRIPTORS_H
#define ANET_DESCRIPTORS_H

#include <stdint.h>

/* Raises RLIMIT_NOFILE to its hard maximum, and returns what it is then; at most a million, which
 * is more than one thread serves. */
uint64_t descriptors_raise_limit(void);

#endif
