/* What waits to be sent: bytes, shared bytes, a file, a callback. */
#include "tests/unit/lib/talker.h"

#include "core/stream/producer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static struct talker one, two;
static uint8_t much[256 * 1024], got[256 * 1024];

static size_t peek(struct producer *p, const void **data)
{
  ssize_t n = p->ops->peek(p, data);
  assert_true(n >= 0);
  return (size_t)n;
}

static void bytes_are_given_from_where_they_were_consumed(void **state)
{
  const void *data;
  struct producer *p = producer_bytes("hello", 5);
  (void)state;
  assert_int_equal(p->queued, 5);
  assert_int_equal(peek(p, &data), 5);
  assert_false(p->ops->consume(p, 2));
  assert_int_equal(p->queued, 3);
  assert_int_equal(peek(p, &data), 3);
  assert_memory_equal(data, "llo", 3);
  assert_true(p->ops->consume(p, 3)); /* it knows that this was all */
  producer_release(p);
}

static void bytes_are_a_copy(void **state)
{
  char text[] = "hello";
  const void *data;
  struct producer *p = producer_bytes(text, 5);
  (void)state;
  text[0] = 'j';
  peek(p, &data);
  assert_memory_equal(data, "hello", 5);
  producer_release(p);
}

static void bytes_are_extended_up_to_64_KiB(void **state)
{
  const void *data;
  struct producer *p = producer_bytes("he", 2);
  (void)state;
  assert_true(producer_bytes_extend(p, "llo", 3));
  assert_int_equal(peek(p, &data), 5);
  assert_memory_equal(data, "hello", 5);
  assert_int_equal(p->queued, 5);
  assert_true(producer_bytes_extend(p, much, 64 * 1024 - 5));
  assert_false(producer_bytes_extend(p, "x", 1));
  assert_int_equal(p->queued, 64 * 1024);
  producer_release(p);
}

static void only_bytes_are_extended(void **state)
{
  struct shared_bytes *b = shared_bytes_new("hello", 5);
  struct producer *p = producer_shared(b, 0, b->length);
  (void)state;
  assert_false(producer_bytes_extend(p, "x", 1));
  producer_release(p);
  shared_bytes_drop(b);
}

static void shared_bytes_are_one_copy_for_many(void **state)
{
  const void *first, *second;
  struct shared_bytes *b = shared_bytes_new("hello", 5);
  struct producer *p = producer_shared(b, 0, b->length), *q = producer_shared(b, 0, b->length);
  (void)state;
  assert_int_equal(b->references, 3);
  peek(p, &first);
  peek(q, &second);
  assert_ptr_equal(first, second);
  assert_false(p->ops->consume(p, 4)); /* each is at its own place */
  assert_int_equal(peek(p, &first), 1);
  assert_int_equal(peek(q, &second), 5);
  shared_bytes_drop(b);
  producer_release(p);
  assert_int_equal(peek(q, &second), 5);
  assert_memory_equal(second, "hello", 5);
  producer_release(q);
}

static void shared_bytes_are_let_go_when_they_are_sent_or_dropped(void **state)
{
  struct shared_bytes *b = shared_bytes_new("hello", 5);
  int peers[] = {talker_pair(&one, *state), talker_pair(&two, *state)};
  script_install(&two.script, &two.c.d);
  two.script.send_result = UV_EAGAIN;
  async_chat_push_with_producer(&one.c, producer_shared(b, 0, b->length));
  async_chat_push_with_producer(&two.c, producer_shared(b, 0, b->length));
  assert_gets(peers[0], "hello");
  assert_int_equal(b->references, 2);
  assert_int_equal(two.c.queued, 5);
  async_chat_close(&two.c);
  passes(*state, 1);
  assert_int_equal(b->references, 1);
  shared_bytes_drop(b);
  close(peers[0]);
  close(peers[1]);
}

/* A file of `n` bytes of the pattern. */
static int patterned_file(size_t n)
{
  int file = temporary_file();
  fill_pattern(much, n, 0);
  put_bytes(file, much, n);
  return file;
}

/* A producer for a part of `fd`, which it owns. */
static struct producer *file_part(int fd, int64_t offset, uint64_t length)
{
  struct stat st;
  assert_int_equal(fstat(fd, &st), 0);
  struct shared_file *f = shared_file_new(fd, &st);
  struct producer *p = producer_file(f, offset, length);
  shared_file_drop(f);
  return p;
}

static void a_file_goes_out_between_bytes(void **state)
{
  int peer = talker_pair(&one, *state);
  int file = temporary_file();
  put(file, "0123456789");
  script_install(&one.script, &one.c.d);
  one.script.send_result = UV_EAGAIN;
  async_chat_push(&one.c, "head ", 5);
  one.c.d.transport = transport_socket();
  async_chat_push_with_producer(&one.c, file_part(file, 2, 5));
  async_chat_push(&one.c, " tail", 5);
  while (!async_chat_is_drained(&one.c))
    pass(*state);
  assert_gets(peer, "head 23456 tail");
  assert_int_equal(one.c.sent, 15);
  assert_false(is_open(file));
  close(peer);
}

static void no_more_is_sent_than_is_allowed(void **state)
{
  int peer = talker_pair(&one, *state);
  int file = patterned_file(200000);
  async_chat_allow(&one.c, 1000);
  async_chat_push_with_producer(&one.c, file_part(file, 0, 200000));
  assert_int_equal(one.c.sent, 1000);
  assert_int_equal(one.c.queued, 0); /* a file takes no memory */
  passes(*state, 3);
  assert_int_equal(one.c.sent, 1000);
  async_chat_push(&one.c, "end", 3);
  async_chat_allow(&one.c, 199000);
  size_t n = 0;
  while (one.c.sent < 200000) {
    n += take(peer, got + n, sizeof got - n);
    pass(*state);
  }
  passes(*state, 3);
  assert_int_equal(one.c.queued, 3);
  n += take(peer, got + n, sizeof got - n);
  async_chat_allow(&one.c, UINT64_MAX);
  pass(*state);
  n += take(peer, got + n, sizeof got - n);
  assert_int_equal(n, 200003);
  assert_pattern(got, 200000, 0);
  assert_memory_equal(got + 200000, "end", 3);
  close(peer);
}

static void a_head_goes_before_shared_bytes_or_a_file(void **state)
{
  int peer = talker_pair(&one, *state);
  struct shared_bytes *b = shared_bytes_new("0123456789", 10);
  int digits = temporary_file();
  put(digits, "01234");
  assert_int_equal(async_chat_push_before_shared(&one.c, "head ", 5, b, 2, 5), 0);
  assert_int_equal(b->references, 1); /* all went out at once */
  async_chat_allow(&one.c, 3);
  assert_int_equal(async_chat_push_before_shared(&one.c, " next ", 6, b, 0, 2), 0);
  assert_int_equal(b->references, 2);
  assert_int_equal(async_chat_push_before_producer(&one.c, " file ", 6, file_part(digits, 1, 3)),
                   0);
  async_chat_allow(&one.c, UINT64_MAX);
  while (!async_chat_is_drained(&one.c))
    pass(*state);
  assert_gets(peer, "head 23456 next 01 file 123");
  assert_int_equal(b->references, 1);
  shared_bytes_drop(b);
  close(peer);
}

static ssize_t nothing(void *arg, void *data, size_t room)
{
  (void)arg, (void)data, (void)room;
  return 0;
}

/* The kernel keeps for 200 ms what is said to be followed. */
static void a_head_is_held_back_only_for_what_follows(void **state)
{
  int peer = talker_pair(&one, *state);
  struct shared_bytes *b = shared_bytes_new("0123456789", 10);
  int digits = temporary_file();
  put(digits, "01234");
  script_install(&one.script, &one.c.d);
  async_chat_push_before_shared(&one.c, "a", 1, b, 10, 0);
  assert_false(one.script.held_back);
  async_chat_push_before_producer(&one.c, "b", 1, producer_callback(nothing, NULL, NULL));
  assert_false(one.script.held_back);
  async_chat_allow(&one.c, 0); /* so that they wait together */
  async_chat_push(&one.c, "c", 1);
  async_chat_push_with_producer(&one.c, producer_callback(nothing, NULL, NULL));
  async_chat_allow(&one.c, UINT64_MAX);
  pass(*state);
  assert_false(one.script.held_back);
  async_chat_push_before_producer(&one.c, "d", 1, file_part(digits, 0, 5));
  assert_int_equal(one.script.sends, 4); /* of the heads */
  passes(*state, 2);
  assert_true(async_chat_is_drained(&one.c));
  assert_gets(peer, "abcd01234");
  shared_bytes_drop(b);
  close(peer);
}

static void what_a_full_socket_leaves_of_a_head_and_shared_bytes_waits(void **state)
{
  int peer = talker_pair(&one, *state);
  size_t n = 0, all = 0;
  for (size_t i = 0; i < sizeof much; i++)
    much[i] = (uint8_t)(i % 251);
  struct shared_bytes *b = shared_bytes_new(much, sizeof much);
  while (async_chat_is_drained(&one.c)) {
    assert_int_equal(async_chat_push_before_shared(&one.c, "ab", 2, b, 7, 50000), 0);
    all += 50002;
  }
  assert_int_equal(b->references, 2);
  uint8_t *sum = calloc(1, all);
  while (n < all) {
    n += take(peer, sum + n, all - n);
    passes(*state, 1);
  }
  for (size_t at = 0; at < all; at += 50002) {
    assert_memory_equal(sum + at, "ab", 2);
    assert_memory_equal(sum + at + 2, much + 7, 50000);
  }
  free(sum);
  assert_int_equal(b->references, 1);
  shared_bytes_drop(b);
  close(peer);
}

static void a_file_that_was_written_to_on_the_way_is_cut(void **state)
{
  struct capture log;
  int peer = talker_pair(&one, *state);
  int file = patterned_file(1000);
  async_chat_allow(&one.c, 600);
  async_chat_push_with_producer(&one.c, file_part(file, 0, 1000));
  struct timespec now[2] = {{0, 1}, {0, 1}};
  assert_int_equal(pwrite(file, "x", 1, 900), 1);
  assert_int_equal(futimens(file, now), 0); /* a second write within a tick of the clock */
  capture_start(&log);
  async_chat_allow(&one.c, UINT64_MAX);
  pass(*state);
  assert_calls("-"); /* the rest waits until the peer has what is on its way */
  assert_int_equal(take(peer, got, sizeof got), 600);
  while (!dispatcher_is_closing(&one.c.d))
    pass(*state);
  capture_stop(&log);
  assert_calls("error EIO, X");
  assert_int_equal(one.c.sent, 600);
  close(peer);
}

static void a_file_waits_while_the_socket_is_full(void **state)
{
  int peer = talker_pair(&one, *state), least = 1;
  setsockopt(one.c.d.fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  async_chat_push_with_producer(&one.c, file_part(patterned_file(250000), 0, 250000));
  while (one.c.sent < 250000) {
    uint64_t before = one.c.sent;
    passes(*state, 1);
    if (one.c.sent == before)
      break;
  }
  assert_true(one.c.sent < 250000);
  assert_calls("-");
  size_t n = 0;
  while (!async_chat_is_drained(&one.c)) {
    n += take(peer, got + n, sizeof got - n);
    pass(*state);
  }
  n += take(peer, got + n, sizeof got - n);
  assert_int_equal(n, 250000);
  assert_pattern(got, n, 0);
  close(peer);
}

static void a_file_that_has_become_shorter_fails_the_channel(void **state)
{
  struct capture log;
  int peer = talker_pair(&one, *state);
  int file = patterned_file(100);
  capture_start(&log);
  async_chat_push_with_producer(&one.c, file_part(file, 0, 200));
  assert_calls("-");
  assert_int_equal(take(peer, got, sizeof got), 100);
  while (!dispatcher_is_closing(&one.c.d))
    pass(*state);
  capture_stop(&log);
  assert_calls("error EIO, X");
  passes(*state, 1);
  assert_false(is_open(file));
  close(peer);
}

static void no_bytes_of_a_file_are_no_bytes(void **state)
{
  int peer = talker_pair(&one, *state);
  async_chat_push_with_producer(&one.c, file_part(temporary_file(), 0, 0));
  assert_true(async_chat_is_drained(&one.c));
  assert_calls("-");
  close(peer);
}

static void a_file_to_a_peer_that_is_lost_is_a_close(void **state)
{
  int peer = talker_pair(&one, *state);
  int file = patterned_file(100);
  close(peer);
  assert_int_equal(async_chat_push_with_producer(&one.c, file_part(file, 0, 100)), UV_EPIPE);
  assert_calls("X");
  passes(*state, 1);
}

struct counter {
  unsigned left; /* pieces */
  unsigned done; /* calls */
};

static ssize_t count_down(void *arg, void *data, size_t room)
{
  struct counter *c = arg;
  assert_true(room >= 4);
  if (c->left == 0)
    return 0;
  memcpy(data, "tick", 4);
  c->left--;
  return 4;
}

static void count_done(void *arg)
{
  ((struct counter *)arg)->done++;
}

static void a_callback_is_asked_for_more_until_it_has_none(void **state)
{
  struct counter c = {3, 0};
  int peer = talker_pair(&one, *state);
  async_chat_push_with_producer(&one.c, producer_callback(count_down, count_done, &c));
  assert_int_equal(c.left, 2); /* not before there is room */
  while (!async_chat_is_drained(&one.c))
    pass(*state);
  assert_gets(peer, "tickticktick");
  assert_int_equal(c.done, 1);
  close(peer);
}

static void what_a_callback_gave_is_kept_while_it_is_not_sent(void **state)
{
  struct counter c = {1, 0};
  int peer = talker_pair(&one, *state);
  script_install(&one.script, &one.c.d);
  one.script.send_result = UV_EAGAIN;
  async_chat_push_with_producer(&one.c, producer_callback(count_down, count_done, &c));
  assert_int_equal(c.left, 0);
  one.script.send_result = 3;
  while (!async_chat_is_drained(&one.c))
    pass(*state);
  assert_gets(peer, "tick");
  close(peer);
}

static void a_callback_is_told_when_it_is_discarded_or_refused(void **state)
{
  struct counter c = {9, 0};
  int peer = talker_pair(&one, *state);
  script_install(&one.script, &one.c.d);
  one.script.send_result = UV_EAGAIN;
  async_chat_push_with_producer(&one.c, producer_callback(count_down, count_done, &c));
  async_chat_discard_buffers(&one.c);
  assert_int_equal(c.done, 1);
  async_chat_close(&one.c);
  async_chat_push_with_producer(&one.c, producer_callback(count_down, count_done, &c));
  assert_int_equal(c.done, 2);
  close(peer);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(bytes_are_given_from_where_they_were_consumed),
      TEST(bytes_are_a_copy),
      TEST(bytes_are_extended_up_to_64_KiB),
      TEST(only_bytes_are_extended),
      TEST(shared_bytes_are_one_copy_for_many),
      TEST(shared_bytes_are_let_go_when_they_are_sent_or_dropped),
      TEST(a_file_goes_out_between_bytes),
      TEST(no_more_is_sent_than_is_allowed),
      TEST(a_head_goes_before_shared_bytes_or_a_file),
      TEST(a_head_is_held_back_only_for_what_follows),
      TEST(what_a_full_socket_leaves_of_a_head_and_shared_bytes_waits),
      TEST(a_file_that_was_written_to_on_the_way_is_cut),
      TEST(a_file_waits_while_the_socket_is_full),
      TEST(a_file_that_has_become_shorter_fails_the_channel),
      TEST(no_bytes_of_a_file_are_no_bytes),
      TEST(a_file_to_a_peer_that_is_lost_is_a_close),
      TEST(a_callback_is_asked_for_more_until_it_has_none),
      TEST(what_a_callback_gave_is_kept_while_it_is_not_sent),
      TEST(a_callback_is_told_when_it_is_discarded_or_refused),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
