/* The signals that end a program, and SIGHUP, which a server takes for a reload. */
#include "tests/unit/lib/harness.h"

#include "core/event/termination.h"

#include <signal.h>

static void told(struct termination *t, int number)
{
  (void)t;
  record("told %d", number);
}

static void reload(struct termination *t)
{
  (void)t;
  record("reload");
}

/* Sends a signal and lets the loop see it. */
static void send_signal(struct reactor *r, int number)
{
  raise(number);
  passes(r, 2);
}

/* The loop runs while something holds it. */
static void watch_signals(struct termination *t, struct reactor *r)
{
  assert_int_equal(termination_watch(t, r), 0);
  reactor_hold(r);
}

static void unwatch_signals(struct termination *t, struct reactor *r)
{
  termination_release(t);
  termination_release(t);
  reactor_unhold(r);
  passes(r, 1);
}

static void a_client_is_told_of_each_signal_that_ends_it(void **state)
{
  struct termination t = {.told = told};
  signal(SIGHUP, SIG_DFL);
  watch_signals(&t, *state);
  send_signal(*state, SIGINT);
  send_signal(*state, SIGTERM);
  send_signal(*state, SIGHUP);
  send_signal(*state, SIGTERM);
  assert_calls("told 2, told 15, told 1, told 15");
  unwatch_signals(&t, *state);
}

static void a_client_under_nohup_is_not_ended_by_SIGHUP(void **state)
{
  struct termination t = {.told = told};
  signal(SIGHUP, SIG_IGN);
  watch_signals(&t, *state);
  send_signal(*state, SIGHUP);
  assert_calls("-");
  send_signal(*state, SIGINT);
  assert_calls("told 2");
  unwatch_signals(&t, *state);
  signal(SIGHUP, SIG_DFL);
}

static void a_server_reloads_at_each_SIGHUP(void **state)
{
  struct termination t = {.told = told, .reload = reload};
  signal(SIGHUP, SIG_DFL);
  watch_signals(&t, *state);
  send_signal(*state, SIGHUP);
  send_signal(*state, SIGHUP);
  send_signal(*state, SIGTERM);
  assert_calls("reload, reload, told 15");
  unwatch_signals(&t, *state);
}

static void a_server_under_nohup_reloads_too(void **state)
{
  struct termination t = {.told = told, .reload = reload};
  signal(SIGHUP, SIG_IGN);
  watch_signals(&t, *state);
  send_signal(*state, SIGHUP);
  assert_calls("reload");
  unwatch_signals(&t, *state);
  signal(SIGHUP, SIG_DFL);
}

static void one_that_never_watched_can_be_released(void **state)
{
  struct termination t = {0};
  (void)state;
  termination_release(&t);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_client_is_told_of_each_signal_that_ends_it),
      TEST(a_client_under_nohup_is_not_ended_by_SIGHUP),
      TEST(a_server_reloads_at_each_SIGHUP),
      TEST(a_server_under_nohup_reloads_too),
      TEST(one_that_never_watched_can_be_released),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
