/* A rate with a burst: each thing done takes a token, and tokens come back over time. Pure. */
#ifndef ANET_CORE_BASE_TOKEN_BUCKET_H
#define ANET_CORE_BASE_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Tokens are counted in thousandths, so that slow rates lose nothing to rounding. */
struct token_bucket {
  uint64_t rate;  /* tokens a second; 0 disables the limit */
  uint64_t burst; /* the most tokens it can hold */
  uint64_t level; /* in thousandths of a token */
  uint64_t since_ms;
};

/* Starts full. A burst of 0 counts as 1; else nothing could ever be done. */
void token_bucket_init(struct token_bucket *b, uint64_t rate, uint64_t burst, uint64_t now_ms);

/* Takes one; false when there is none. `now_ms` never goes back. */
bool token_bucket_take(struct token_bucket *b, uint64_t now_ms);

/* Milliseconds until the next token; 0 when there is one. */
uint64_t token_bucket_wait_ms(const struct token_bucket *b, uint64_t now_ms);

#endif
