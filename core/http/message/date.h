/* HTTP-date (RFC 9110 5.6.7). Pure, and free of the locale. */
#ifndef ANET_CORE_HTTP_MESSAGE_DATE_H
#define ANET_CORE_HTTP_MESSAGE_DATE_H

#include "core/base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_DATE_SIZE = 30 }; /* "Sun, 06 Nov 1994 08:49:37 GMT" and NUL */

/* IMF-fixdate. A year before 1 or after 9999 is clamped. */
void http_date_print(char out[HTTP_DATE_SIZE], int64_t seconds);

/* All three forms a recipient must accept; `now` decides the century of the two-digit year (more
 * than 50 years ahead is the past). The day of the week must be one, but need not be the date's.
 * False for anything else, a wrong day of the month too. */
bool http_date_parse(struct span s, int64_t now, int64_t *seconds);

#endif
