/* Whether and when to try again. Pure but for the random part of a delay. */
#ifndef ANET_CMD_FETCH_RETRY_H
#define ANET_CMD_FETCH_RETRY_H

#include "core/base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  RETRY_LONGEST_MS = 60 * 1000,            /* the delay grows up to this */
  RETRY_LONGEST_ASKED_MS = 10 * 60 * 1000, /* a server may ask for this delay at most */
};

/* Whether a request with that method may be sent again although the server may have acted on it
 * (RFC 9110 9.2.2). */
bool retry_is_idempotent(const char *method);

/* Whether a status may be better on the next try: 408, 429, 500, 502, 503, 504. */
bool retry_is_transient(unsigned status);

/* The delay that a Retry-After field asks for (RFC 9110 10.2.3), as seconds or a date; `now` is in
 * seconds since 1970. 0 if it is malformed, or without the field, when its data is NULL. */
uint64_t retry_asked_ms(struct span retry_after, int64_t now);

/* The delay before the retry number `retry`, from 0: `base_ms`, doubled each time up to
 * RETRY_LONGEST_MS, less a random part of up to half of it, so that many clients do not return at
 * once. At least `asked_ms`. */
uint64_t retry_delay_ms(uint64_t base_ms, unsigned retry, uint64_t asked_ms);

#endif
