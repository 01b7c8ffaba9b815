/* Numbers, times and sizes as a user types them. */
#ifndef ANET_CMD_CLI_UNITS_H
#define ANET_CMD_CLI_UNITS_H

#include <stdint.h>

/* Each reads the whole of `text` and returns 0, UV_EINVAL when it is malformed (a sign, a space, an
 * unknown unit) or UV_ERANGE when it is too large. `out` is set only on success. */

/* Decimal digits. */
int units_number(const char *text, uint64_t *out);

/* 500ms, 10s, 10, 0.5s, 5m, 1h; in milliseconds, at most INT64_MAX. A fraction of a
 * millisecond is rounded up, so that only 0 becomes 0. */
int units_time_ms(const char *text, uint64_t *out);

/* 100, 64K, 1M, 2G, powers of 1024, small letters too; in bytes, at most INT64_MAX. */
int units_size(const char *text, uint64_t *out);

#endif
