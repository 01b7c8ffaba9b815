/* What a relay does when a call of one of its ends fails. */
#include "tests/unit/lib/joined.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct joined j;
static struct script script;

static void script_end(size_t end)
{
  script_install(&script, &j.relay.ends[end].d);
}

static void run_to_the_end(struct reactor *r)
{
  reactor_run(r, REACTOR_FOREVER, 0);
  close(j.a);
  close(j.b);
}

static void a_write_that_fails_ends_the_relay_with_its_error(void **state)
{
  join_two(&j, *state, false);
  script_end(1);
  script.send_result = UV_EIO;
  put(j.a, "x");
  run_to_the_end(*state);
  assert_calls("over EIO, destroy");
  assert_ptr_equal(j.relay.failed, &j.relay.ends[1]);
}

static void what_waits_is_dropped_when_its_write_fails(void **state)
{
  join_two(&j, *state, false);
  script_end(1);
  script.send_result = UV_EAGAIN;
  put(j.a, "waits");
  passes(*state, 2);
  assert_int_equal(j.relay.there.waiting.length, 5);
  script.send_result = UV_EIO;
  run_to_the_end(*state);
  assert_calls("over EIO, destroy");
}

static void a_read_that_fails_ends_the_relay_with_its_error(void **state)
{
  join_two(&j, *state, false);
  script_end(0);
  script.recv_result = UV_EIO;
  put(j.a, "x");
  run_to_the_end(*state);
  assert_calls("over EIO, destroy");
  assert_ptr_equal(j.relay.failed, &j.relay.ends[0]);
}

static void the_first_error_is_the_one_that_counts(void **state)
{
  join_two(&j, *state, false);
  passes(*state, 1);
  dispatcher_fail(&j.relay.ends[0].d, UV_ETIMEDOUT);
  dispatcher_fail(&j.relay.ends[1].d, UV_EIO);
  assert_calls("over ETIMEDOUT");
  close(j.a);
  close(j.b);
}

static void a_source_that_is_lost_gives_what_it_had_sent_and_then_its_error(void **state)
{
  join_two(&j, *state, false);
  script_end(1);
  script.send_result = UV_EAGAIN;
  put(j.a, "last words");
  passes(*state, 2);
  dispatcher_fail(&j.relay.ends[0].d, UV_ETIMEDOUT);
  script.send_result = 0;
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_gets(j.b, "last words");
  assert_calls("half, over ETIMEDOUT, destroy");
  close(j.a);
  close(j.b);
}

static void stdin_that_cannot_be_read_ends_its_flow(void **state)
{
  int in[2], out[2];
  assert_int_equal(pipe2(in, O_CLOEXEC), 0);
  assert_int_equal(pipe2(out, O_CLOEXEC), 0);
  join_three(&j, *state, &joined_ops, in[0], out[1]);
  script_end(0);
  script.recv_result = UV_EIO;
  put(in[1], "x");
  pass(*state);
  relay_close(&j.relay);
  relay_abort(&j.relay); /* it is closed already */
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_int_equal(j.relay.error, UV_EIO);
  for (size_t i = 0; i < 2; i++) {
    close(in[i]);
    close(out[i]);
  }
  close(j.b);
}

/* One pass, though there is no channel any more. */
static void destroy_all(struct reactor *r)
{
  reactor_hold(r);
  passes(r, 1);
  reactor_unhold(r);
}

/* Only over and destroy must be there. */
static void over(struct relay *relay)
{
  record("over %s", error_name(relay->error));
}

static void destroy(struct relay *relay)
{
  (void)relay;
  record("destroy");
}

static void an_owner_need_not_hear_of_half_the_end(void **state)
{
  static const struct relay_ops ops = {.over = over, .destroy = destroy};
  join_two(&j, *state, false);
  j.relay.ops = &ops;
  script_end(1);
  script.send_result = UV_EAGAIN;
  put(j.a, "waits");
  passes(*state, 2);
  shutdown(j.a, SHUT_WR); /* its end is behind bytes that nobody takes */
  passes(*state, 3);
  script.send_result = 0;
  while (!flow_is_over(&j.relay.there))
    pass(*state);
  assert_gets(j.b, "waits");
  assert_ends(j.b);
  shutdown(j.b, SHUT_WR);
  run_to_the_end(*state);
  assert_calls("over 0, destroy");
}

/* Reading ahead, before the other end is open. */

static void open_first(struct reactor *r)
{
  int fds[2];
  j = (struct joined){.b = -1};
  relay_init(&j.relay, r, &joined_ops);
  pair_unix(fds);
  j.a = fds[1];
  dispatcher_open(relay_end(&j.relay, 0), fds[0], true);
}

static void an_end_that_is_read_ahead_is_kept_for_later(void **state)
{
  open_first(*state);
  shutdown(j.a, SHUT_WR);
  assert_false(relay_prefetch(&j.relay));
  assert_int_equal(j.relay.there.state, FLOW_MOVING);
  relay_flush(&j.relay); /* nothing waits */
  assert_calls("-");
  relay_close(&j.relay);
  relay_flush(&j.relay);
  destroy_all(*state);
  assert_calls("destroy");
  close(j.a);
}

static void a_failure_that_is_read_ahead_ends_the_relay(void **state)
{
  static const int errors[] = {UV_EIO, UV_ECONNRESET};
  for (size_t i = 0; i < LENGTH(errors); i++) {
    open_first(*state);
    script_end(0);
    script.recv_result = errors[i];
    assert_false(relay_prefetch(&j.relay));
    assert_true(j.relay.done);
    assert_int_equal(j.relay.error, errors[i]);
    destroy_all(*state);
    assert_calls(i == 0 ? "over EIO, destroy" : "over ECONNRESET, destroy");
    close(j.a);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_write_that_fails_ends_the_relay_with_its_error),
      TEST(what_waits_is_dropped_when_its_write_fails),
      TEST(a_read_that_fails_ends_the_relay_with_its_error),
      TEST(the_first_error_is_the_one_that_counts),
      TEST(a_source_that_is_lost_gives_what_it_had_sent_and_then_its_error),
      TEST(stdin_that_cannot_be_read_ends_its_flow),
      TEST(an_owner_need_not_hear_of_half_the_end),
      TEST(an_end_that_is_read_ahead_is_kept_for_later),
      TEST(a_failure_that_is_read_ahead_ends_the_relay),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
