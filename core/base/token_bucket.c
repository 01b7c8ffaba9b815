#include "core/base/token_bucket.h"

#include <assert.h>

enum { TOKEN = 1000 }; /* as it is counted: what a rate of 1 brings in as many milliseconds */

/* The level, without a product that may be too large. */
static uint64_t level_at(const struct token_bucket *b, uint64_t now_ms)
{
  assert(now_ms >= b->since_ms);
  uint64_t most = b->burst * TOKEN, elapsed = now_ms - b->since_ms;
  if (elapsed > (most - b->level) / b->rate)
    return most;
  return b->level + elapsed * b->rate;
}

void token_bucket_init(struct token_bucket *b, uint64_t rate, uint64_t burst, uint64_t now_ms)
{
  if (burst == 0)
    burst = 1;
  if (burst > UINT64_MAX / TOKEN)
    burst = UINT64_MAX / TOKEN;
  *b = (struct token_bucket){
      .rate = rate, .burst = burst, .level = burst * TOKEN, .since_ms = now_ms};
}

bool token_bucket_take(struct token_bucket *b, uint64_t now_ms)
{
  if (b->rate == 0)
    return true;
  b->level = level_at(b, now_ms);
  b->since_ms = now_ms;
  if (b->level < TOKEN)
    return false;
  b->level -= TOKEN;
  return true;
}

uint64_t token_bucket_wait_ms(const struct token_bucket *b, uint64_t now_ms)
{
  if (b->rate == 0)
    return 0;
  uint64_t level = level_at(b, now_ms);
  if (level >= TOKEN)
    return 0;
  uint64_t missing = TOKEN - level;
  return missing / b->rate + (missing % b->rate != 0);
}
