/* A rate with a burst: each thing done takes a token, and tokens come back over time. Pure. */
#ifndef ANET_CORE_BASE_TOKEN_BUCKET_H
#define ANET_CORE_BASE_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Tokens are counted in thousandths, so that slow rates lose nothing to rounding. */
struct token_bucket {
  uint64_t rate;  /* tokens a second; 0 is no limit */
  uint64_t burst; /* that it holds at most, in tokens */
  uint64_t level; /* in thousandths of a token */
  uint64_t since_ms;
};

/* Full at the start. A burst of 0 is one of 1: nothing would ever be done else. */
void token_bucket_init(struct token_bucket *b, uint64_t rate, uint64_t burst, uint64_t now_ms);

/* Takes one; false when there is none. `now_ms` never goes back. */
bool token_bucket_take(struct token_bucket *b, uint64_t now_ms);

/* In how many milliseconds there will be one; 0 when there is. */
uint64_t token_bucket_wait_ms(const struct token_bucket *b, uint64_t now_ms);

#endif
