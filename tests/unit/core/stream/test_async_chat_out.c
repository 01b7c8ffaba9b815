/* The way out of async_chat: rows O1 to O11 of asynchat, E12, D7 and D10, and the lingering
 * close. */
#include "tests/unit/lib/talker.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct talker talker;
static uint8_t much[256 * 1024], got[256 * 1024];

enum { LARGE = 150000 };

/* A talker under a script, so that each send is counted. */
static int scripted(struct reactor *r)
{
  int peer = talker_pair(&talker, r);
  script_install(&talker.script, &talker.c.d);
  fill_pattern(much, sizeof much, 0);
  return peer;
}

static bool is_writable(void)
{
  return talker.c.d.ops->writable(&talker.c.d);
}

static void O1_a_push_of_up_to_64_KiB_is_one_send_now(void **state)
{
  int peer = scripted(*state);
  assert_int_equal(async_chat_push(&talker.c, much, ASYNC_CHAT_SEND_SIZE), 0);
  assert_int_equal(talker.script.sends, 1);
  assert_int_equal(talker.c.sent, ASYNC_CHAT_SEND_SIZE);
  assert_false(is_writable());
  assert_int_equal(take(peer, got, sizeof got), ASYNC_CHAT_SEND_SIZE);
  assert_pattern(got, ASYNC_CHAT_SEND_SIZE, 0);
  close(peer);
}

static void O2_a_large_push_sends_64_KiB_now_and_the_rest_as_there_is_room(void **state)
{
  int peer = scripted(*state);
  assert_int_equal(async_chat_push(&talker.c, much, LARGE), 0);
  assert_int_equal(talker.script.sends, 1);
  assert_int_equal(talker.c.sent, ASYNC_CHAT_SEND_SIZE);
  assert_int_equal(talker.c.queued, LARGE - ASYNC_CHAT_SEND_SIZE);
  size_t n = take(peer, got, sizeof got);
  pass(*state);
  assert_int_equal(talker.script.sends, 2);
  assert_int_equal(talker.c.sent, 2 * ASYNC_CHAT_SEND_SIZE);
  n += take(peer, got + n, sizeof got - n);
  pass(*state);
  assert_int_equal(talker.c.sent, LARGE);
  assert_int_equal(talker.script.send_most, ASYNC_CHAT_SEND_SIZE);
  assert_false(is_writable());
  n += take(peer, got + n, sizeof got - n);
  assert_int_equal(n, LARGE);
  assert_pattern(got, LARGE, 0);
  close(peer);
}

static void E12_a_push_behind_others_is_appended_and_then_one_send(void **state)
{
  int peer = scripted(*state);
  talker.script.send_result = UV_EAGAIN;
  async_chat_push(&talker.c, "one ", 4);
  async_chat_push(&talker.c, "two ", 4);
  assert_int_equal(talker.script.sends, 2);
  talker.script.send_result = 0;
  async_chat_push(&talker.c, "three", 5);
  assert_int_equal(talker.script.sends, 3);
  assert_gets(peer, "one two three");
  close(peer);
}

static void E12_a_send_is_at_most_64_KiB_also_of_what_was_queued(void **state)
{
  int peer = scripted(*state);
  talker.script.send_result = UV_EAGAIN;
  async_chat_push(&talker.c, much, 100000);
  talker.script.send_result = 0;
  async_chat_push(&talker.c, much + 100000, 50000);
  assert_int_equal(talker.script.send_most, ASYNC_CHAT_SEND_SIZE);
  assert_int_equal(talker.c.sent, ASYNC_CHAT_SEND_SIZE);
  close(peer);
}

static void O3_the_rest_of_a_partial_send_stays_at_the_head(void **state)
{
  int peer = scripted(*state);
  talker.script.send_result = 3;
  async_chat_push(&talker.c, "abcdefgh", 8);
  assert_gets(peer, "abc");
  assert_true(is_writable());
  pass(*state);
  assert_gets(peer, "def");
  assert_true(is_writable());
  pass(*state);
  assert_gets(peer, "gh");
  assert_false(is_writable());
  close(peer);
}

static void push_later(const char *text)
{
  assert_int_equal(async_chat_push_later(&talker.c, producer_bytes(text, strlen(text))), 0);
}

/* What is read in a pass may push: the sends come at its end. */
static void push_three(struct talker *t)
{
  (void)t;
  push_later("one ");
  push_later("two ");
  push_later("three");
  assert_int_equal(talker.script.sends, 0);
  assert_int_equal(talker.c.producers, 3);
}

static void what_is_pushed_later_leaves_together_at_the_end_of_the_pass(void **state)
{
  int peer = scripted(*state);
  talker.in_collect = push_three;
  put(peer, "x");
  pass(*state);
  assert_int_equal(talker.script.sends, 1);
  assert_gets(peer, "one two three");
  assert_int_equal(talker.c.queued, 0);
  assert_int_equal(talker.c.producers, 0);
  assert_int_equal(talker.c.sent, 13);
  close(peer);
}

static void a_part_of_what_goes_together_leaves_the_rest_in_order(void **state)
{
  int peer = scripted(*state);
  talker.script.send_result = 6; /* into the second */
  talker.in_collect = push_three;
  put(peer, "x");
  pass(*state);
  assert_gets(peer, "one tw");
  assert_int_equal(talker.c.queued, 7);
  talker.script.send_result = 0;
  pass(*state);
  assert_gets(peer, "o three");
  assert_int_equal(talker.script.sends, 2);
  close(peer);
}

static void what_would_block_at_the_end_of_the_pass_is_kept(void **state)
{
  int peer = scripted(*state);
  talker.script.send_result = UV_EAGAIN;
  talker.in_collect = push_three;
  put(peer, "x");
  pass(*state);
  assert_int_equal(talker.c.queued, 13);
  talker.in_collect = NULL;
  push_later(" four"); /* waits for the poller with the others */
  assert_int_equal(talker.script.sends, 1);
  talker.script.send_result = 0;
  pass(*state);
  assert_gets(peer, "one two three four");
  close(peer);
}

static void bytes_that_go_together_are_held_back_for_a_file_behind_them(void **state)
{
  int peer = scripted(*state);
  talker.script.send_result = UV_EAGAIN;
  push_later("head ");
  push_later("more ");
  int fd = temporary_file();
  put(fd, "file");
  struct stat st = {.st_size = 4};
  struct shared_file *file = shared_file_new(fd, &st);
  async_chat_push_with_producer(&talker.c, producer_file(file, 0, 4));
  talker.script.send_result = 0;
  pass(*state);
  assert_true(talker.script.held_back);
  shared_file_drop(file);
  close(peer);
}

static void O4_what_would_block_is_kept(void **state)
{
  int peer = scripted(*state);
  talker.script.send_result = UV_EAGAIN;
  assert_int_equal(async_chat_push(&talker.c, "abc", 3), 0);
  assert_int_equal(talker.c.queued, 3);
  assert_true(is_writable());
  talker.script.send_result = 0;
  pass(*state);
  assert_gets(peer, "abc");
  assert_int_equal(talker.c.queued, 0);
  assert_calls("-");
  close(peer);
}

struct pieces {
  const char *next[4];
  size_t at;
};

static ssize_t more(void *arg, void *data, size_t room)
{
  struct pieces *p = arg;
  const char *piece = p->next[p->at];
  if (!piece)
    return 0;
  p->at++;
  assert_true(strlen(piece) <= room);
  memcpy(data, piece, strlen(piece));
  return (ssize_t)strlen(piece);
}

static void O6_a_producer_gives_its_bytes_and_then_the_next_item_follows(void **state)
{
  struct pieces pieces = {{"one ", "two "}, 0};
  int peer = scripted(*state);
  talker.script.send_result = UV_EAGAIN;
  async_chat_push(&talker.c, "zero ", 5);
  async_chat_push_with_producer(&talker.c, producer_callback(more, NULL, &pieces));
  async_chat_push(&talker.c, "three", 5);
  talker.script.send_result = 0;
  for (int i = 0; i < 4; i++)
    pass(*state);
  assert_gets(peer, "zero one two three");
  assert_false(is_writable());
  close(peer);
}

static void O6_an_empty_producer_is_passed_over_in_the_same_event(void **state)
{
  struct pieces empty = {{NULL}, 0};
  int peer = scripted(*state);
  talker.script.send_result = UV_EAGAIN;
  async_chat_push(&talker.c, "a", 1);
  talker.script.send_result = 0;
  async_chat_push_with_producer(&talker.c, producer_callback(more, NULL, &empty));
  async_chat_push(&talker.c, "b", 1);
  assert_gets(peer, "ab");
  close(peer);
}

static ssize_t broken(void *arg, void *data, size_t room)
{
  (void)arg;
  (void)data;
  (void)room;
  return UV_EIO;
}

static void O6_a_producer_that_fails_fails_the_channel(void **state)
{
  struct capture log;
  int peer = scripted(*state);
  capture_start(&log);
  assert_int_equal(async_chat_push_with_producer(&talker.c, producer_callback(broken, NULL, NULL)),
                   UV_EPIPE);
  capture_stop(&log);
  assert_calls("error EIO, X");
  close(peer);
}

static void O7_close_when_done_sends_what_was_queued_before_it(void **state)
{
  int peer = scripted(*state);
  async_chat_push(&talker.c, much, LARGE);
  async_chat_close_when_done(&talker.c);
  assert_false(dispatcher_is_closing(&talker.c.d));
  size_t n = 0;
  while (!dispatcher_is_closing(&talker.c.d)) {
    n += take(peer, got + n, sizeof got - n);
    pass(*state);
  }
  n += take(peer, got + n, sizeof got - n);
  assert_int_equal(n, LARGE);
  assert_pattern(got, LARGE, 0);
  assert_ends(peer);
  assert_calls("-"); /* it is not the peer that closed */
  close(peer);
}

static void O7_close_when_done_with_nothing_queued_closes_at_once(void **state)
{
  int peer = scripted(*state);
  async_chat_close_when_done(&talker.c);
  assert_true(dispatcher_is_closing(&talker.c.d));
  assert_ends(peer);
  close(peer);
}

static void close_when_done(struct talker *t)
{
  async_chat_close_when_done(&t->c);
}

/* A talker that connects to a unix socket, which stands at once. Returns the listener. */
static int connect_unix(void)
{
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  socklen_t size = sizeof un;
  int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(listening, (struct sockaddr *)&un, sizeof un.sun_family), 0);
  assert_int_equal(listen(listening, 1), 0);
  assert_int_equal(getsockname(listening, (struct sockaddr *)&un, &size), 0);
  dispatcher_open(&talker.c.d, fd, false);
  assert_int_equal(dispatcher_connect(&talker.c.d, (struct sockaddr *)&un, size), 0);
  return listening;
}

static void O7_close_when_done_in_handle_connect_closes(void **state)
{
  talker_init(&talker, *state);
  talker.in_connect = close_when_done;
  int listening = connect_unix();
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("connect");
  assert_true(dispatcher_is_closing(&talker.c.d));
  close(listening);
}

static void O9_a_push_while_connecting_is_queued(void **state)
{
  struct full_listener full;
  full_listener(&full);
  talker_init(&talker, *state);
  dispatcher_open(&talker.c.d, socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                  false);
  dispatcher_connect(&talker.c.d, (struct sockaddr *)&full.sa, full.size);
  assert_int_equal(async_chat_push(&talker.c, "abc", 3), 0);
  passes(*state, 2);
  assert_int_equal(talker.c.queued, 3);
  assert_calls("-");
  full_listener_close(&full);
}

static void push_hello(struct talker *t)
{
  assert_int_equal(async_chat_push(&t->c, "hello", 5), 0);
  assert_int_equal(t->c.queued, 5);
}

static void E3_a_push_inside_handle_connect_only_queues(void **state)
{
  talker_init(&talker, *state);
  talker.in_connect = push_hello;
  int listening = connect_unix();
  int peer = accept(listening, NULL, NULL);
  assert_false(is_readable(peer));
  pass(*state);
  assert_gets(peer, "hello");
  close(peer);
  close(listening);
}

static void O10_a_broken_pipe_is_handle_close(void **state)
{
  int peer = scripted(*state);
  close(peer);
  assert_int_equal(async_chat_push(&talker.c, "abc", 3), UV_EPIPE);
  assert_calls("X");
  assert_int_equal(talker.c.d.gone, UV_EPIPE);
}

static void O10_an_output_error_is_handle_error_then_a_close(void **state)
{
  struct capture log;
  int peer = scripted(*state);
  talker.script.send_result = UV_EIO;
  capture_start(&log);
  assert_int_equal(async_chat_push(&talker.c, "abc", 3), UV_EPIPE);
  assert_int_equal(count_lines(capture_stop(&log)), 1);
  assert_calls("error EIO, X");
  close(peer);
}

static void O10_an_output_error_of_what_was_queued_is_the_same(void **state)
{
  struct capture log;
  int peer = scripted(*state);
  talker.script.send_result = UV_EAGAIN;
  async_chat_push(&talker.c, "abc", 3);
  talker.script.send_result = UV_EIO;
  capture_start(&log);
  pass(*state);
  capture_stop(&log);
  assert_calls("error EIO, X");
  close(peer);
}

static void O11_discard_buffers_empties_the_queue(void **state)
{
  int peer = scripted(*state);
  talker.script.send_result = UV_EAGAIN;
  async_chat_push(&talker.c, "abc", 3);
  async_chat_push_with_producer(&talker.c, producer_bytes("def", 3));
  async_chat_discard_buffers(&talker.c);
  assert_int_equal(talker.c.queued, 0);
  assert_false(is_writable());
  talker.script.send_result = 0;
  async_chat_push(&talker.c, "g", 1);
  assert_gets(peer, "g");
  close(peer);
}

static void D7_pushing_nothing_is_free(void **state)
{
  int peer = scripted(*state);
  assert_int_equal(async_chat_push(&talker.c, "", 0), 0);
  assert_int_equal(talker.script.sends, 0);
  assert_true(async_chat_is_drained(&talker.c));
  close(peer);
}

static void D7_pushing_after_close_when_done_or_close_is_an_error(void **state)
{
  int peer = scripted(*state);
  talker.script.send_result = UV_EAGAIN;
  async_chat_push(&talker.c, "abc", 3);
  async_chat_close_when_done(&talker.c);
  assert_int_equal(async_chat_push(&talker.c, "d", 1), UV_ESHUTDOWN);
  assert_int_equal(async_chat_push_with_producer(&talker.c, producer_bytes("d", 1)), UV_ESHUTDOWN);
  async_chat_close(&talker.c);
  assert_int_equal(async_chat_push(&talker.c, "d", 1), UV_ESHUTDOWN);
  close(peer);
}

static void D10_above_the_high_mark_it_does_not_read(void **state)
{
  int peer = scripted(*state);
  async_chat_set_limits(&talker.c, 4, ASYNC_CHAT_HARD_LIMIT);
  talker.says_drain = true;
  talker.script.send_result = UV_EAGAIN;
  async_chat_push(&talker.c, "abc", 3);
  assert_true(async_chat_has_room(&talker.c));
  async_chat_push(&talker.c, "d", 1);
  assert_false(async_chat_has_room(&talker.c));
  put(peer, "x");
  passes(*state, 3);
  assert_calls("-");
  talker.script.send_result = 1;
  pass(*state);
  assert_calls("drain");
  pass(*state);
  assert_calls("C x, drain");
  close(peer);
}

static void D10_a_push_above_the_hard_limit_is_refused_whole(void **state)
{
  int peer = scripted(*state);
  async_chat_set_limits(&talker.c, ASYNC_CHAT_HIGH_MARK, 10);
  talker.script.send_result = UV_EAGAIN;
  assert_int_equal(async_chat_push(&talker.c, "123456", 6), 0);
  assert_int_equal(async_chat_push(&talker.c, "12345", 5), UV_ENOBUFS);
  assert_int_equal(async_chat_push_with_producer(&talker.c, producer_bytes("12345", 5)),
                   UV_ENOBUFS);
  assert_int_equal(async_chat_push(&talker.c, "7890", 4), 0);
  assert_int_equal(async_chat_push(&talker.c, "x", 1), UV_ENOBUFS);
  talker.script.send_result = 0;
  pass(*state);
  assert_gets(peer, "1234567890");
  close(peer);
}

static void no_memory_for_a_producer_is_an_error(void **state)
{
  int peer = scripted(*state);
  assert_int_equal(async_chat_push_with_producer(&talker.c, NULL), UV_ENOMEM);
  close(peer);
}

/* The lingering close: RFC 1122 4.2.2.13. */

static void a_lingering_close_reads_on_until_the_peer_ends(void **state)
{
  int peer = scripted(*state);
  async_chat_push(&talker.c, "bye", 3);
  async_chat_close_lingering(&talker.c, 60 * 1000);
  assert_gets(peer, "bye");
  assert_ends(peer);
  put(peer, "what it had still to say");
  pass(*state);
  assert_false(dispatcher_is_closing(&talker.c.d));
  close(peer);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_true(dispatcher_is_closing(&talker.c.d));
  assert_calls("-"); /* nothing of it is delivered */
}

static void a_lingering_close_is_over_after_its_time(void **state)
{
  int peer = scripted(*state);
  async_chat_close_lingering(&talker.c, 10);
  assert_false(dispatcher_is_closing(&talker.c.d));
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_true(dispatcher_is_closing(&talker.c.d));
  close(peer);
}

static void a_close_with_unread_input_would_reset_the_peer_and_lingering_does_not(void **state)
{
  int fds[2];
  pair_tcp(fds);
  talker_init(&talker, *state);
  dispatcher_open(&talker.c.d, fds[0], true);
  put(fds[1], "unread");
  wait_readable(fds[0]);
  async_chat_push(&talker.c, "last words", 10);
  async_chat_close_lingering(&talker.c, 60 * 1000);
  pass(*state);
  wait_readable(fds[1]);
  assert_gets(fds[1], "last words");
  assert_ends(fds[1]);
  close(fds[1]);
  reactor_run(*state, REACTOR_FOREVER, 0);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(O1_a_push_of_up_to_64_KiB_is_one_send_now),
      TEST(O2_a_large_push_sends_64_KiB_now_and_the_rest_as_there_is_room),
      TEST(E12_a_push_behind_others_is_appended_and_then_one_send),
      TEST(E12_a_send_is_at_most_64_KiB_also_of_what_was_queued),
      TEST(O3_the_rest_of_a_partial_send_stays_at_the_head),
      TEST(what_is_pushed_later_leaves_together_at_the_end_of_the_pass),
      TEST(a_part_of_what_goes_together_leaves_the_rest_in_order),
      TEST(what_would_block_at_the_end_of_the_pass_is_kept),
      TEST(bytes_that_go_together_are_held_back_for_a_file_behind_them),
      TEST(O4_what_would_block_is_kept),
      TEST(O6_a_producer_gives_its_bytes_and_then_the_next_item_follows),
      TEST(O6_an_empty_producer_is_passed_over_in_the_same_event),
      TEST(O6_a_producer_that_fails_fails_the_channel),
      TEST(O7_close_when_done_sends_what_was_queued_before_it),
      TEST(O7_close_when_done_with_nothing_queued_closes_at_once),
      TEST(O7_close_when_done_in_handle_connect_closes),
      TEST(O9_a_push_while_connecting_is_queued),
      TEST(E3_a_push_inside_handle_connect_only_queues),
      TEST(O10_a_broken_pipe_is_handle_close),
      TEST(O10_an_output_error_is_handle_error_then_a_close),
      TEST(O10_an_output_error_of_what_was_queued_is_the_same),
      TEST(O11_discard_buffers_empties_the_queue),
      TEST(D7_pushing_nothing_is_free),
      TEST(D7_pushing_after_close_when_done_or_close_is_an_error),
      TEST(D10_above_the_high_mark_it_does_not_read),
      TEST(D10_a_push_above_the_hard_limit_is_refused_whole),
      TEST(no_memory_for_a_producer_is_an_error),
      TEST(a_lingering_close_reads_on_until_the_peer_ends),
      TEST(a_lingering_close_is_over_after_its_time),
      TEST(a_close_with_unread_input_would_reset_the_peer_and_lingering_does_not),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
