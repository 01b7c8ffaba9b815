/* How many may go at once, how many a second, and when the next. */
#include "tests/unit/lib/harness.h"

#include "core/base/token_bucket.h"

#include <inttypes.h>

static uint64_t take_all(struct token_bucket *b, uint64_t now_ms)
{
  uint64_t taken = 0;
  while (taken < 100000 && token_bucket_take(b, now_ms))
    taken++;
  return taken;
}

static void a_burst_passes_and_then_the_rate(void **state)
{
  static const struct {
    uint64_t rate, burst, after_ms, taken; /* once it is empty, so long after */
  } rows[] = {
      {10, 100, 0, 0},     {10, 100, 99, 0},    {10, 100, 100, 1},     {10, 100, 199, 1},
      {10, 100, 1000, 10}, {10, 100, 9999, 99}, {10, 100, 10000, 100}, {10, 100, 3600000, 100},
      {1, 1, 999, 0},      {1, 1, 1000, 1},     {1, 1, 5000, 1},       {3, 2, 333, 0},
      {3, 2, 334, 1},      {3, 2, 666, 1},      {3, 2, 667, 2},        {1000, 5, 1, 1},
      {1000, 5, 4, 4},     {5000, 100, 1, 5},   {5000, 100, 3, 15},    {5000, 100, 1000, 100},
      {10, 0, 99, 0},      {10, 0, 100, 1},     {10, 0, 1000, 1},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct token_bucket b;
    token_bucket_init(&b, rows[i].rate, rows[i].burst, 5000);
    assert_int_equal(take_all(&b, 5000), rows[i].burst ? rows[i].burst : 1);
    uint64_t taken = take_all(&b, 5000 + rows[i].after_ms);
    if (taken != rows[i].taken)
      fail_msg("row %zu: %" PRIu64, i, taken);
  }
}

static void time_that_passes_while_it_is_full_is_not_saved_up(void **state)
{
  struct token_bucket b;
  (void)state;
  token_bucket_init(&b, 10, 3, 0);
  assert_int_equal(take_all(&b, 60000), 3);
  assert_int_equal(take_all(&b, 60099), 0);
  assert_int_equal(take_all(&b, 60100), 1);
  token_bucket_init(&b, 10, 3, 0);
  assert_true(token_bucket_take(&b, 0)); /* nor while it fills up */
  assert_int_equal(take_all(&b, 250), 3);
}

/* The refusals in between cost nothing of what comes back. */
static void a_slow_rate_loses_nothing_when_it_is_asked_often(void **state)
{
  struct token_bucket b;
  (void)state;
  token_bucket_init(&b, 7, 2, 0);
  uint64_t taken = take_all(&b, 0);
  for (uint64_t now_ms = 1; now_ms <= 100000; now_ms++)
    taken += token_bucket_take(&b, now_ms);
  assert_int_equal(taken, 2 + 700);
}

static void the_wait_ends_when_there_is_one_and_not_before(void **state)
{
  static const uint64_t rates[] = {1, 2, 3, 7, 10, 99, 999, 1000, 1001, 5000, UINT64_MAX};
  (void)state;
  for (size_t i = 0; i < LENGTH(rates); i++) {
    struct token_bucket b;
    token_bucket_init(&b, rates[i], 4, 100);
    assert_int_equal(token_bucket_wait_ms(&b, 100), 0);
    assert_int_equal(take_all(&b, 100), 4);
    uint64_t wait_ms = token_bucket_wait_ms(&b, 100);
    assert_in_range(wait_ms, 1, 1000);
    assert_int_equal(token_bucket_wait_ms(&b, 100 + wait_ms), 0);
    assert_int_equal(token_bucket_wait_ms(&b, 100 + wait_ms - 1), 1);
    assert_false(token_bucket_take(&b, 100 + wait_ms - 1));
    assert_true(token_bucket_take(&b, 100 + wait_ms));
  }
}

static void to_ask_for_the_wait_takes_nothing(void **state)
{
  struct token_bucket b;
  (void)state;
  token_bucket_init(&b, 10, 2, 0);
  assert_int_equal(take_all(&b, 0), 2);
  assert_int_equal(token_bucket_wait_ms(&b, 0), 100);
  assert_int_equal(token_bucket_wait_ms(&b, 40), 60);
  assert_int_equal(token_bucket_wait_ms(&b, 40), 60);
  assert_int_equal(token_bucket_wait_ms(&b, 150), 0);
  assert_int_equal(take_all(&b, 150), 1);
  assert_int_equal(token_bucket_wait_ms(&b, 150), 50);
}

static void a_rate_of_0_is_no_limit(void **state)
{
  struct token_bucket b;
  (void)state;
  token_bucket_init(&b, 0, 0, 0);
  assert_int_equal(take_all(&b, 0), 100000);
  assert_int_equal(token_bucket_wait_ms(&b, 0), 0);
  token_bucket_init(&b, 0, 1, 7);
  assert_int_equal(take_all(&b, 7), 100000);
}

static void no_number_is_too_large(void **state)
{
  struct token_bucket b;
  (void)state;
  token_bucket_init(&b, UINT64_MAX, UINT64_MAX, 0);
  assert_int_equal(take_all(&b, 0), 100000);
  assert_int_equal(take_all(&b, UINT64_MAX), 100000);
  assert_int_equal(token_bucket_wait_ms(&b, UINT64_MAX), 0);
  token_bucket_init(&b, 1, UINT64_MAX / 1000 + 1, 0);
  assert_int_equal(take_all(&b, 0), 100000);
  token_bucket_init(&b, UINT64_MAX, 2, 0);
  assert_int_equal(take_all(&b, 0), 2);
  assert_int_equal(take_all(&b, 1), 2);
  assert_int_equal(take_all(&b, UINT64_MAX), 2);
  token_bucket_init(&b, 10, 100, 0);
  assert_int_equal(take_all(&b, 0), 100);
  assert_int_equal(take_all(&b, UINT64_MAX), 100);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_burst_passes_and_then_the_rate),
      TEST(time_that_passes_while_it_is_full_is_not_saved_up),
      TEST(a_slow_rate_loses_nothing_when_it_is_asked_often),
      TEST(the_wait_ends_when_there_is_one_and_not_before),
      TEST(to_ask_for_the_wait_takes_nothing),
      TEST(a_rate_of_0_is_no_limit),
      TEST(no_number_is_too_large),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
