/* A relay: half-close, losses, back-pressure, order, three ends. */
#include "tests/unit/lib/joined.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct joined j;

enum { MEGABYTE = 1024 * 1024 };

static void what_one_peer_says_the_other_hears(void **state)
{
  join_two(&j, *state, false);
  put(j.a, "to b");
  put(j.b, "to a");
  pass(*state);
  assert_gets(j.b, "to b");
  assert_gets(j.a, "to a");
  assert_int_equal(j.relay.there.bytes, 4);
  assert_int_equal(j.relay.back.bytes, 4);
  join_end(&j, *state);
}

static void half_close_is_passed_on_and_the_other_way_goes_on(void **state)
{
  join_two(&j, *state, false);
  put(j.a, "question");
  shutdown(j.a, SHUT_WR);
  while (!flow_is_over(&j.relay.there))
    pass(*state);
  assert_calls("half");
  assert_gets(j.b, "question");
  assert_ends(j.b);
  put(j.b, "answer");
  pass(*state);
  assert_gets(j.a, "answer");
  shutdown(j.b, SHUT_WR);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_ends(j.a);
  assert_calls("over, destroy");
  join_end(&j, *state);
}

static void half_close_works_the_other_way_round(void **state)
{
  join_two(&j, *state, true);
  put(j.b, "greeting");
  shutdown(j.b, SHUT_WR);
  while (!flow_is_over(&j.relay.back))
    pass(*state);
  assert_gets(j.a, "greeting");
  assert_ends(j.a);
  put(j.a, "thanks");
  pass(*state);
  wait_readable(j.b);
  assert_gets(j.b, "thanks");
  close(j.a);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_ends(j.b);
  assert_calls("half, over, destroy");
  close(j.b);
}

static void a_reset_is_passed_on_after_what_was_sent_before_it(void **state)
{
  char data[10];
  join_two(&j, *state, true);
  put(j.a, "last words");
  close_with_reset(j.a);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("over ECONNRESET, destroy");
  assert_ptr_equal(j.relay.failed, &j.relay.ends[0]);
  /* The kernel keeps what it had delivered before the reset came. */
  assert_int_equal(read(j.b, data, sizeof data), 10);
  assert_memory_equal(data, "last words", 10);
  assert_int_equal(error_of_read(j.b), UV_ECONNRESET);
  close(j.b);
}

static void a_clean_end_is_no_reset(void **state)
{
  join_two(&j, *state, true);
  close(j.a);
  while (!flow_is_over(&j.relay.there))
    pass(*state);
  assert_ends(j.b);
  close(j.b);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("half, over, destroy");
}

/* The peer of the sink is lost with bytes of its own still unread. */
static void a_sink_that_is_lost_still_has_its_last_words_delivered(void **state)
{
  join_two(&j, *state, false);
  put(j.b, "last words");
  close(j.b);
  put(j.a, "to nobody");
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_gets(j.a, "last words");
  assert_calls("half, over EPIPE, destroy");
  assert_ptr_equal(j.relay.failed, &j.relay.ends[1]);
  close(j.a);
}

static void a_source_is_read_only_while_nothing_waits_for_the_sink(void **state)
{
  join_two(&j, *state, false);
  struct stream s = {.from = j.a, .to = j.b};
  for (int quiet = 0; quiet < 3;) {
    uint64_t before = s.written;
    stream_write(&s, UINT64_MAX);
    passes(*state, 1);
    size_t held = j.relay.there.pipe ? j.relay.there.pipe->held : 0;
    assert_true(j.relay.there.waiting.length <= REACTOR_BUFFER_SIZE);
    assert_true(held <= MEGABYTE);
    quiet = s.written == before ? quiet + 1 : 0;
  }
  assert_true(s.written < 4 * MEGABYTE);
  assert_false(j.relay.ends[0].d.mask & UV_READABLE);
  assert_true(j.relay.ends[1].d.mask & UV_WRITABLE);
  while (s.read < s.written) {
    stream_read(&s);
    passes(*state, 1);
  }
  passes(*state, 1);
  assert_true(j.relay.ends[0].d.mask & UV_READABLE);
  assert_false(j.relay.ends[1].d.mask & UV_WRITABLE);
  join_end(&j, *state);
}

static void the_end_of_a_source_waits_for_its_last_byte_to_be_taken(void **state)
{
  join_two(&j, *state, false);
  struct stream s = {.from = j.a, .to = j.b};
  for (int quiet = 0; quiet < 3;) {
    uint64_t before = s.written;
    stream_write(&s, UINT64_MAX);
    passes(*state, 1);
    quiet = s.written == before ? quiet + 1 : 0;
  }
  shutdown(j.a, SHUT_WR);
  passes(*state, 3);
  assert_calls("-");
  while (!flow_is_over(&j.relay.there)) {
    stream_read(&s);
    pass(*state);
  }
  stream_read(&s);
  assert_int_equal(s.read, s.written);
  assert_ends(j.b);
  join_end(&j, *state);
}

static void long_streams_both_ways_keep_their_order(void **state)
{
  join_two(&j, *state, true);
  struct stream there = {.from = j.a, .to = j.b}, back = {.from = j.b, .to = j.a};
  while (there.read < 8 * MEGABYTE || back.read < 8 * MEGABYTE) {
    stream_write(&there, 8 * MEGABYTE);
    stream_write(&back, 8 * MEGABYTE);
    stream_read(&there);
    stream_read(&back);
    reactor_run(*state, 10, 1); /* what a peer wrote may still be on its way */
  }
  assert_int_equal(j.relay.there.bytes, 8 * MEGABYTE);
  assert_int_equal(j.relay.back.bytes, 8 * MEGABYTE);
  join_end(&j, *state);
}

static void nothing_moves_until_all_ends_are_open(void **state)
{
  int fds[2];
  j = (struct joined){0};
  relay_init(&j.relay, *state, &joined_ops);
  pair_unix(fds);
  j.a = fds[1];
  dispatcher_open(relay_end(&j.relay, 0), fds[0], true);
  put(j.a, "early");
  passes(*state, 3);
  assert_int_equal(j.relay.there.bytes, 0);
  pair_unix(fds);
  j.b = fds[1];
  dispatcher_open(relay_end(&j.relay, 1), fds[0], true);
  pass(*state);
  assert_gets(j.b, "early");
  join_end(&j, *state);
}

static void what_was_fetched_before_leaves_when_the_other_end_is_open(void **state)
{
  int fds[2];
  j = (struct joined){0};
  relay_init(&j.relay, *state, &joined_ops);
  pair_unix(fds);
  j.a = fds[1];
  dispatcher_open(relay_end(&j.relay, 0), fds[0], true);
  assert_false(relay_prefetch(&j.relay));
  put(j.a, "early");
  assert_true(relay_prefetch(&j.relay));
  pair_unix(fds);
  j.b = fds[1];
  dispatcher_open(relay_end(&j.relay, 1), fds[0], true);
  relay_flush(&j.relay);
  assert_gets(j.b, "early");
  assert_int_equal(j.relay.there.bytes, 5);
  join_end(&j, *state);
}

static void close_ends_all_without_saying_it_is_over(void **state)
{
  join_two(&j, *state, true);
  passes(*state, 1);
  relay_close(&j.relay);
  relay_close(&j.relay);
  assert_ends(j.a);
  assert_ends(j.b);
  assert_calls("-");
  join_end(&j, *state);
}

static void abort_resets_the_peers(void **state)
{
  join_two(&j, *state, true);
  relay_abort(&j.relay);
  assert_int_equal(error_of_read(j.a), UV_ECONNRESET);
  assert_int_equal(error_of_read(j.b), UV_ECONNRESET);
  join_end(&j, *state);
}

static void an_end_that_was_never_opened_is_destroyed_too(void **state)
{
  int fds[2];
  j = (struct joined){0};
  relay_init(&j.relay, *state, &joined_ops);
  pair_unix(fds);
  dispatcher_open(relay_end(&j.relay, 0), fds[0], true);
  relay_end(&j.relay, 1);
  put(fds[1], "x");
  passes(*state, 1);
  relay_close(&j.relay);
  reactor_release(*state);
  assert_calls("destroy");
  assert_int_equal(reactor_init(*state), 0);
  close(fds[1]);
}

static void it_knows_when_something_last_moved(void **state)
{
  join_two(&j, *state, false);
  uint64_t before = relay_active_ms(&j.relay);
  reactor_run(*state, 20, 1);
  assert_int_equal(relay_active_ms(&j.relay), before);
  put(j.b, "x");
  pass(*state);
  assert_true(relay_active_ms(&j.relay) >= before + 20);
  join_end(&j, *state);
}

/* Three ends. */

static void three_ends_on_pipes(void **state)
{
  int in[2], out[2];
  assert_int_equal(pipe2(in, O_CLOEXEC), 0);
  assert_int_equal(pipe2(out, O_CLOEXEC), 0);
  join_three(&j, *state, &joined_ops, in[0], out[1]);
  close(in[0]);
  close(out[1]);
  put(in[1], "question");
  pass(*state);
  assert_gets(j.b, "question");
  put(j.b, "answer");
  pass(*state);
  assert_gets(out[0], "answer");
  close(in[1]);
  pass(*state);
  assert_ends(j.b);
  put(j.b, "more");
  pass(*state);
  assert_gets(out[0], "more");
  close(j.b);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_ends(out[0]);
  assert_calls("half, over, destroy");
  close(out[0]);
}

static void the_end_of_the_socket_closes_stdout_and_stdin_goes_on(void **state)
{
  int in[2], out[2];
  assert_int_equal(pipe2(in, O_CLOEXEC), 0);
  assert_int_equal(pipe2(out, O_CLOEXEC), 0);
  join_three(&j, *state, &joined_ops, in[0], out[1]);
  close(in[0]);
  close(out[1]);
  shutdown(j.b, SHUT_WR);
  pass(*state);
  assert_ends(out[0]);
  put(in[1], "still");
  pass(*state);
  assert_gets(j.b, "still");
  close(in[1]);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("half, over, destroy");
  close(out[0]);
  close(j.b);
}

static void three_ends_on_files(void **state)
{
  int in = temporary_file(), out = temporary_file();
  put(in, "from a file");
  lseek(in, 0, SEEK_SET);
  join_three(&j, *state, &joined_ops, in, out);
  while (!flow_is_over(&j.relay.there))
    pass(*state);
  assert_gets(j.b, "from a file");
  assert_ends(j.b);
  put(j.b, "into a file");
  close(j.b);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("half, over, destroy");
  lseek(out, 0, SEEK_SET);
  assert_gets(out, "into a file");
  close(in);
  close(out);
}

static void three_ends_on_dev_null(void **state)
{
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  join_three(&j, *state, &joined_ops, null, null);
  pass(*state);
  assert_calls("half");
  assert_ends(j.b);
  put(j.b, "into nothing");
  close(j.b);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("over, destroy");
  assert_int_equal(j.relay.back.bytes, 12);
  close(null);
}

static void a_stdout_that_nobody_reads_ends_the_relay(void **state)
{
  int in[2], out[2];
  assert_int_equal(pipe2(in, O_CLOEXEC), 0);
  assert_int_equal(pipe2(out, O_CLOEXEC), 0);
  join_three(&j, *state, &joined_ops, in[0], out[1]);
  close(in[0]);
  close(out[1]);
  close(out[0]);
  put(j.b, "to nobody");
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("over EPIPE, destroy");
  assert_ptr_equal(j.relay.failed, &j.relay.ends[2]);
  close(in[1]);
  close(j.b);
}

static int shout(struct relay *relay, const void *data, size_t n, struct buffer *to)
{
  (void)relay;
  int err = buffer_append(to, data, n);
  return err ? err : buffer_append(to, "!", 1);
}

static int fail_to_shout(struct relay *relay, const void *data, size_t n, struct buffer *to)
{
  (void)relay;
  (void)data;
  (void)n;
  (void)to;
  return UV_ENOMEM;
}

static void what_flows_back_may_be_changed_on_its_way(void **state)
{
  struct relay_ops ops = joined_ops;
  int in = temporary_file(), out = temporary_file();
  ops.transform = shout;
  put(in, "there");
  lseek(in, 0, SEEK_SET);
  join_three(&j, *state, &ops, in, out);
  while (!flow_is_over(&j.relay.there))
    pass(*state);
  assert_gets(j.b, "there");
  put(j.b, "back");
  close(j.b);
  reactor_run(*state, REACTOR_FOREVER, 0);
  lseek(out, 0, SEEK_SET);
  assert_gets(out, "back!");
  close(in);
  close(out);
}

static void a_change_that_fails_ends_the_relay(void **state)
{
  struct relay_ops ops = joined_ops;
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  ops.transform = fail_to_shout;
  join_three(&j, *state, &ops, null, null);
  put(j.b, "back");
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("half, over ENOMEM, destroy");
  close(null);
  close(j.b);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(what_one_peer_says_the_other_hears),
      TEST(half_close_is_passed_on_and_the_other_way_goes_on),
      TEST(half_close_works_the_other_way_round),
      TEST(a_reset_is_passed_on_after_what_was_sent_before_it),
      TEST(a_clean_end_is_no_reset),
      TEST(a_sink_that_is_lost_still_has_its_last_words_delivered),
      TEST(a_source_is_read_only_while_nothing_waits_for_the_sink),
      TEST(the_end_of_a_source_waits_for_its_last_byte_to_be_taken),
      TEST(long_streams_both_ways_keep_their_order),
      TEST(nothing_moves_until_all_ends_are_open),
      TEST(what_was_fetched_before_leaves_when_the_other_end_is_open),
      TEST(close_ends_all_without_saying_it_is_over),
      TEST(abort_resets_the_peers),
      TEST(an_end_that_was_never_opened_is_destroyed_too),
      TEST(it_knows_when_something_last_moved),
      TEST(three_ends_on_pipes),
      TEST(the_end_of_the_socket_closes_stdout_and_stdin_goes_on),
      TEST(three_ends_on_files),
      TEST(three_ends_on_dev_null),
      TEST(a_stdout_that_nobody_reads_ends_the_relay),
      TEST(what_flows_back_may_be_changed_on_its_way),
      TEST(a_change_that_fails_ends_the_relay),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
