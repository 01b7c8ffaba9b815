/* A number of bytes as people read it. */
#ifndef ANET_CORE_BASE_SIZE_H
#define ANET_CORE_BASE_SIZE_H

#include <stdint.h>

enum { SIZE_TEXT = 9 }; /* room for any size, with the NUL: eight columns at most */

/* `512 B`, `1.5 KiB`, `15.3 KiB`, `153 KiB`, `1023 MiB`: one digit behind the point below 100.
 * Rounded down, so that a transfer is never said to be whole too early. Returns `out`. */
const char *size_format(char out[SIZE_TEXT], uint64_t bytes);

#endif
