/* When to try again, and when not. Pure but for the randomness. */
#ifndef ANET_CMD_FETCH_RETRY_H
#define ANET_CMD_FETCH_RETRY_H

#include "core/base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  RETRY_LONGEST_MS = 60 * 1000,            /* that the backoff grows to */
  RETRY_LONGEST_ASKED_MS = 10 * 60 * 1000, /* that a server may ask for */
};

/* Whether a request with that method may be sent again after it may have been acted on (RFC 9110
 * 9.2.2). */
bool retry_is_idempotent(const char *method);

/* Whether a status speaks of now and not of the request: 408, 429, 500, 502, 503, 504. */
bool retry_is_transient(unsigned status);

/* How long a server asks to wait: Retry-After (RFC 9110 10.2.3), seconds or a date; `now` in
 * seconds since 1970. 0 when `retry_after` is none; its data is NULL without the field. */
uint64_t retry_asked_ms(struct span retry_after, int64_t now);

/* How long to wait before the retry number `retry`, from 0: `base_ms` doubled each time, at most
 * RETRY_LONGEST_MS, of which a random part of up to a half is taken off so that many do not come
 * back at once; but not less than `asked_ms`. */
uint64_t retry_delay_ms(uint64_t base_ms, unsigned retry, uint64_t asked_ms);

#endif
