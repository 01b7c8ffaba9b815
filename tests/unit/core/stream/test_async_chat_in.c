/* The way in of async_chat: rows T1 to T20 of asynchat, the prefix rule, D1, D2 and D6; and
 * handle_read. */
#include "tests/unit/lib/talker.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct talker talker;

/* What a row's terminator is, and what found_terminator does. */

static void none(struct talker *t)
{
  async_chat_set_no_terminator(&t->c);
}

static void zero(struct talker *t)
{
  async_chat_set_terminator_length(&t->c, 0);
}

static void empty(struct talker *t)
{
  async_chat_set_terminator(&t->c, "", 0);
}

static void three(struct talker *t)
{
  async_chat_set_terminator_length(&t->c, 3);
}

static void crlf(struct talker *t)
{
  async_chat_set_terminator(&t->c, "\r\n", 2);
}

static void lone_dot(struct talker *t)
{
  async_chat_set_terminator(&t->c, "\r\n.\r\n", 5);
}

static void aab(struct talker *t)
{
  async_chat_set_terminator(&t->c, "aab", 3);
}

static void semicolon(struct talker *t)
{
  async_chat_set_terminator(&t->c, ";", 1);
}

static void is_0(struct talker *t, int turn)
{
  (void)turn;
  record("(%llu left)", (unsigned long long)t->c.terminator.left);
}

static void three_again(struct talker *t, int turn)
{
  (void)turn;
  three(t);
}

static void five_then_crlf(struct talker *t, int turn)
{
  if (turn == 1)
    async_chat_set_terminator_length(&t->c, 5);
  else
    crlf(t);
}

static void close_it(struct talker *t, int turn)
{
  (void)turn;
  async_chat_close(&t->c);
}

static void discard_and_close(struct talker *t, int turn)
{
  async_chat_discard_buffers(&t->c);
  close_it(t, turn);
}

static void discard(struct talker *t, int turn)
{
  (void)turn;
  async_chat_discard_buffers(&t->c);
}

static void finish(struct talker *t, int turn)
{
  (void)turn;
  async_chat_push(&t->c, "bye", 3);
  async_chat_close_when_done(&t->c);
}

/* A row: each string of `reads` is there at one read event, END closes the peer's end. C x is
 * collect_incoming_data(x), T found_terminator, X handle_close; - is no call. */
#define END "end"
struct row {
  const char *name;
  void (*terminator)(struct talker *t);
  void (*in_T)(struct talker *t, int turn);
  const char *reads[4];
  const char *calls;
};

static const struct row rows[] = {
    {"T1_two_lines", crlf, NULL, {"a\r\nb\r\n"}, "C a, T, C b, T"},
    {"T2_empty_lines_collect_nothing", crlf, NULL, {"\r\n\r\n"}, "T, T"},
    {"T3_a_split_terminator", crlf, NULL, {"ab\r", "\ncd"}, "C ab ; T, C cd"},
    {"T4_what_only_began_like_one", crlf, NULL, {"ab\r", "xcd"}, "C ab ; C \\rxcd"},
    {"T5_a_split_one_alone", crlf, NULL, {"\r", "\n"}, "- ; T"},
    {"T6_one_in_three_pieces", lone_dot, NULL, {"x\r\n", ".\r", "\ny"}, "C x ; - ; T, C y"},
    {"T7_one_that_begins_with_itself", aab, NULL, {"aa", "ab"}, "- ; C a, T"},
    {"T8_one_of_one_byte", semicolon, NULL, {"a;b;", ";"}, "C a, T, C b, T ; T"},
    {"T9_a_length_is_0_inside_T", three, is_0, {"abcdefg"}, "C abc, T, (0 left), C defg"},
    {"T10_a_length_in_pieces", three, NULL, {"a", "b", "cd"}, "C a ; C b ; C c, T, C d"},
    {"T11_a_length_set_again", three, three_again, {"abcdefg"}, "C abc, T, C def, T, C g"},
    {"T12_no_terminator", none, NULL, {"abc"}, "C abc"},
    {"T12_a_length_of_0", zero, NULL, {"abc"}, "C abc"},
    {"T12_an_empty_terminator", empty, NULL, {"abc"}, "C abc"},
    {"T14_a_length_between_lines",
     crlf,
     five_then_crlf,
     {"5\r\nhelloA\r\n"},
     "C 5, T, C hello, T, C A, T"},
    {"T15_D6_a_partial_one_at_the_end", crlf, NULL, {"ab\r", END}, "C ab ; C \\r, X"},
    {"T16_D1_nothing_after_close", crlf, close_it, {"a\r\nb\r\n"}, "C a, T"},
    {"T17_discard_and_close", crlf, discard_and_close, {"a\r\nb\r\n"}, "C a, T"},
    {"O11_discard_drops_what_was_read", crlf, discard, {"a\r\nb\r\n", "c"}, "C a, T ; C c"},
    {"O7_close_when_done_closes_once_all_is_sent", crlf, finish, {"a\r\nb\r\n"}, "C a, T"},
};

/* Each row is a test of its own; cmocka hands it over where the reactor goes. */
static const struct row *row;

static int row_setup(void **state)
{
  row = *state;
  return reactor_setup(state);
}

static void run_row(void **state)
{
  int peer = talker_pair(&talker, *state);
  row->terminator(&talker);
  talker.in_T = row->in_T;
  for (size_t i = 0; i < LENGTH(row->reads) && row->reads[i]; i++) {
    if (i > 0)
      record_step();
    if (strcmp(row->reads[i], END) == 0)
      shutdown(peer, SHUT_RDWR);
    else
      put(peer, row->reads[i]);
    pass(*state);
  }
  close(peer);
  assert_calls(row->calls);
}

static void T13_a_negative_length_is_an_error_and_nothing_changes(void **state)
{
  int peer = talker_pair(&talker, *state);
  crlf(&talker);
  assert_int_equal(async_chat_set_terminator_length(&talker.c, -1), UV_EINVAL);
  put(peer, "a\r\n");
  pass(*state);
  assert_calls("C a, T");
  close(peer);
}

static void T19_a_reset_is_a_close(void **state)
{
  int peer = talker_pair(&talker, *state);
  script_install(&talker.script, &talker.c.d);
  talker.script.recv_result = UV_ECONNRESET;
  put(peer, "abc");
  pass(*state);
  assert_calls("X");
  close(peer);
}

static void T19_an_input_error_is_an_error_then_a_close(void **state)
{
  struct capture log;
  int peer = talker_pair(&talker, *state);
  script_install(&talker.script, &talker.c.d);
  talker.script.recv_result = UV_EIO;
  put(peer, "abc");
  capture_start(&log);
  pass(*state);
  assert_int_equal(count_lines(capture_stop(&log)), 1);
  assert_calls("error EIO, X");
  close(peer);
}

static void T19_would_block_is_nothing(void **state)
{
  int peer = talker_pair(&talker, *state);
  script_install(&talker.script, &talker.c.d);
  talker.script.recv_result = UV_EAGAIN;
  put(peer, "abc");
  pass(*state);
  assert_calls("-");
  talker.script.recv_result = 0;
  pass(*state);
  assert_calls("C abc");
  close(peer);
}

static void T20_one_recv_of_64_KiB_an_event_and_the_rest_at_the_next(void **state)
{
  static uint8_t much[70000];
  int peer = talker_pair(&talker, *state);
  script_install(&talker.script, &talker.c.d);
  put_bytes(peer, much, sizeof much);
  pass(*state);
  assert_calls("C of 65536");
  assert_int_equal(talker.script.recvs, 1);
  pass(*state);
  assert_calls("C of 4464");
  assert_int_equal(talker.c.received, sizeof much);
  close(peer);
}

static void close_in_collect(struct talker *t)
{
  async_chat_close(&t->c);
}

static void D1_no_T_after_a_close_in_C(void **state)
{
  int peer = talker_pair(&talker, *state);
  crlf(&talker);
  talker.in_collect = close_in_collect;
  talker.says_destroy = true;
  put(peer, "a\r\nb\r\n");
  pass(*state);
  assert_calls("C a, destroy");
  close(peer);
}

static void O7_what_was_read_with_it_is_still_delivered_after_close_when_done(void **state)
{
  int peer = talker_pair(&talker, *state);
  script_install(&talker.script, &talker.c.d);
  crlf(&talker);
  talker.in_T = finish;
  talker.script.send_result = UV_EAGAIN;
  put(peer, "a\r\nb\r\n");
  pass(*state);
  put(peer, "not read any more");
  passes(*state, 3);
  assert_calls("C a, T, C b, T");
  assert_false(dispatcher_is_closing(&talker.c.d));
  close(peer);
}

static void D2_a_hang_up_with_unread_bytes_delivers_them_first(void **state)
{
  int peer = talker_pair(&talker, *state);
  crlf(&talker);
  put(peer, "a\r\nb");
  close(peer);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("C a, T, C b, X");
}

static void D2_a_reset_with_unread_bytes_delivers_them_first(void **state)
{
  int fds[2];
  pair_tcp(fds);
  talker_init(&talker, *state);
  dispatcher_open(&talker.c.d, fds[0], true);
  crlf(&talker);
  put(fds[1], "a\r\nb");
  close_with_reset(fds[1]);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("C a, T, C b, X");
  assert_int_equal(talker.c.d.gone, UV_ECONNRESET);
}

static void D6_a_partial_terminator_before_a_reset_is_handed_over(void **state)
{
  int peer = talker_pair(&talker, *state);
  script_install(&talker.script, &talker.c.d);
  crlf(&talker);
  put(peer, "ab\r");
  pass(*state);
  talker.script.recv_result = UV_ECONNRESET;
  put(peer, "x");
  pass(*state);
  assert_calls("C ab, C \\r, X");
  close(peer);
}

static void D6_a_partial_terminator_that_was_discarded_is_not(void **state)
{
  int peer = talker_pair(&talker, *state);
  crlf(&talker);
  put(peer, "ab\r");
  pass(*state);
  async_chat_discard_buffers(&talker.c);
  close(peer);
  pass(*state);
  assert_calls("C ab, X");
}

static void the_defaults_drop_what_comes_and_close_at_the_end(void **state)
{
  static const struct async_chat_ops ops = {0};
  static struct async_chat c;
  int fds[2];
  pair_unix(fds);
  async_chat_init(&c, *state, &ops);
  dispatcher_open(&c.d, fds[0], true);
  async_chat_set_terminator(&c, "\n", 1);
  put(fds[1], "a\nb");
  close(fds[1]);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_int_equal(c.received, 3);
  assert_true(dispatcher_is_closing(&c.d));
}

/* handle_read, which takes what comes by a call of its own. */

static bool take_it(struct talker *t)
{
  char data[64];
  ssize_t n = dispatcher_received(&t->c.d, recv(t->c.d.fd, data, sizeof data, 0));
  if (n > 0) {
    record_bytes("R", data, (size_t)n);
    t->c.received += (uint64_t)n;
  }
  return true;
}

static bool leave_it(struct talker *t)
{
  (void)t;
  record("asked");
  return false;
}

static bool close_before_it(struct talker *t)
{
  record("asked");
  async_chat_close(&t->c);
  return true;
}

static void what_handle_read_takes_is_not_collected(void **state)
{
  int peer = talker_pair(&talker, *state);
  crlf(&talker);
  talker.in_read = take_it;
  put(peer, "a\r\nb");
  pass(*state);
  assert_calls("R a\\r\\nb");
  assert_int_equal(talker.c.received, 4);
  talker.in_read = NULL;
  put(peer, "c\r\n");
  pass(*state);
  assert_calls("C c, T");
  assert_int_equal(talker.c.received, 7);
  close(peer);
}

static void what_handle_read_leaves_is_collected(void **state)
{
  int peer = talker_pair(&talker, *state);
  crlf(&talker);
  talker.in_read = leave_it;
  put(peer, "a\r\nb");
  pass(*state);
  assert_calls("asked, C a, T, C b");
  close(peer);
}

static void handle_read_is_not_asked_while_a_terminator_may_have_begun(void **state)
{
  int peer = talker_pair(&talker, *state);
  crlf(&talker);
  talker.in_read = leave_it;
  put(peer, "a\r");
  pass(*state);
  assert_calls("asked, C a");
  talker.in_read = take_it;
  put(peer, "\nb");
  pass(*state);
  assert_calls("T, C b");
  put(peer, "c");
  pass(*state);
  assert_calls("R c");
  close(peer);
}

static void handle_read_is_not_asked_for_what_is_dropped(void **state)
{
  int peer = talker_pair(&talker, *state);
  talker.in_read = leave_it;
  async_chat_close_lingering(&talker.c, 60 * 1000);
  put(peer, "abc");
  pass(*state);
  assert_calls("-");
  assert_int_equal(talker.c.received, 3);
  close(peer);
  pass(*state);
  assert_true(dispatcher_is_closing(&talker.c.d));
}

static void an_end_that_handle_read_finds_is_one(void **state)
{
  int peer = talker_pair(&talker, *state);
  talker.in_read = take_it;
  close(peer);
  pass(*state);
  assert_calls("X");
  assert_true(dispatcher_is_closing(&talker.c.d));
}

static void nothing_is_read_after_a_close_in_handle_read(void **state)
{
  int peer = talker_pair(&talker, *state);
  talker.in_read = close_before_it;
  talker.says_destroy = true;
  put(peer, "abc");
  pass(*state);
  assert_calls("asked, destroy");
  close(peer);
}

/* The terminator by itself. */

static size_t prefix(const char *data, const char *bytes)
{
  struct terminator t = {0};
  assert_int_equal(terminator_set_bytes(&t, bytes, strlen(bytes)), 0);
  size_t n = terminator_prefix_at_end(&t, data, strlen(data));
  terminator_release(&t);
  return n;
}

static void a_partial_terminator_is_the_longest_proper_prefix_at_the_end(void **state)
{
  (void)state;
  assert_int_equal(prefix("qwerty\r", "\r\n"), 1);
  assert_int_equal(prefix("aa", "aab"), 2);
  assert_int_equal(prefix("xaa", "aaab"), 2);
  assert_int_equal(prefix("", "ab"), 0);
  assert_int_equal(prefix("ab", "ab"), 0); /* proper: never all of it */
  assert_int_equal(prefix("qwerty\r", ";"), 0);
  assert_int_equal(prefix("abab", "ababac"), 4);
}

static void only_a_terminator_of_bytes_has_a_partial_one(void **state)
{
  struct terminator t = {0};
  (void)state;
  assert_int_equal(terminator_prefix_at_end(&t, "\r", 1), 0);
  terminator_set_length(&t, 3);
  assert_int_equal(terminator_prefix_at_end(&t, "\r", 1), 0);
}

static void a_terminator_that_is_too_long_is_an_error_and_nothing_changes(void **state)
{
  static const char long_one[TERMINATOR_LONGEST + 1];
  struct terminator t = {0};
  (void)state;
  assert_int_equal(terminator_set_bytes(&t, "\r\n", 2), 0);
  assert_int_equal(terminator_set_bytes(&t, long_one, sizeof long_one), UV_EINVAL);
  assert_int_equal(t.kind, TERMINATOR_BYTES);
  assert_memory_equal(t.bytes, "\r\n", 2);
  assert_int_equal(terminator_set_bytes(&t, long_one, sizeof long_one - 1), 0);
  terminator_release(&t);
  assert_int_equal(t.kind, TERMINATOR_NONE);
}

static void the_longest_terminator_is_found_byte_by_byte(void **state)
{
  static char dashes[TERMINATOR_LONGEST];
  int peer = talker_pair(&talker, *state);
  memset(dashes, '-', sizeof dashes);
  dashes[sizeof dashes - 1] = '!';
  async_chat_set_terminator(&talker.c, dashes, sizeof dashes);
  put(peer, "x-");
  pass(*state);
  put_bytes(peer, dashes, sizeof dashes - 1);
  pass(*state);
  put(peer, "!");
  pass(*state);
  assert_calls("C x, C -, T");
  close(peer);
}

static const struct CMUnitTest other_tests[] = {
    TEST(T13_a_negative_length_is_an_error_and_nothing_changes),
    TEST(T19_a_reset_is_a_close),
    TEST(T19_an_input_error_is_an_error_then_a_close),
    TEST(T19_would_block_is_nothing),
    TEST(T20_one_recv_of_64_KiB_an_event_and_the_rest_at_the_next),
    TEST(D1_no_T_after_a_close_in_C),
    TEST(O7_what_was_read_with_it_is_still_delivered_after_close_when_done),
    TEST(D2_a_hang_up_with_unread_bytes_delivers_them_first),
    TEST(D2_a_reset_with_unread_bytes_delivers_them_first),
    TEST(D6_a_partial_terminator_before_a_reset_is_handed_over),
    TEST(D6_a_partial_terminator_that_was_discarded_is_not),
    TEST(the_defaults_drop_what_comes_and_close_at_the_end),
    TEST(what_handle_read_takes_is_not_collected),
    TEST(what_handle_read_leaves_is_collected),
    TEST(handle_read_is_not_asked_while_a_terminator_may_have_begun),
    TEST(handle_read_is_not_asked_for_what_is_dropped),
    TEST(an_end_that_handle_read_finds_is_one),
    TEST(nothing_is_read_after_a_close_in_handle_read),
    TEST(a_partial_terminator_is_the_longest_proper_prefix_at_the_end),
    TEST(only_a_terminator_of_bytes_has_a_partial_one),
    TEST(a_terminator_that_is_too_long_is_an_error_and_nothing_changes),
    TEST(the_longest_terminator_is_found_byte_by_byte),
};

int main(void)
{
  struct CMUnitTest tests[LENGTH(rows) + LENGTH(other_tests)];
  for (size_t i = 0; i < LENGTH(rows); i++)
    tests[i] =
        (struct CMUnitTest){rows[i].name, run_row, row_setup, reactor_teardown, (void *)&rows[i]};
  memcpy(tests + LENGTH(rows), other_tests, sizeof other_tests);
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
