/* Every allocation fails once: whatever is under way ends in good order, and leaves nothing. */
#include "tests/unit/lib/joined.h"
#include "tests/unit/lib/talker.h"

#include "core/stream/sink.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int fails_at = INT_MAX; /* the number of the allocation that fails, from 0 */
static bool failed;

static bool is_the_one(void)
{
  if (fails_at == INT_MAX || fails_at-- != 0)
    return false;
  failed = true;
  fails_at = INT_MAX;
  return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *memory, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *memory, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);

void *__wrap_malloc(size_t n)
{
  return is_the_one() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
  return is_the_one() ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *memory, size_t n)
{
  return is_the_one() ? NULL : __real_realloc(memory, n);
}

void *__wrap_aligned_alloc(size_t alignment, size_t n)
{
  return is_the_one() ? NULL : __real_aligned_alloc(alignment, n);
}

/* Runs `scene` until no allocation of it is left to fail; `scene` says whether all went well. */
static void each_fails_once(bool (*scene)(struct reactor *r))
{
  int failures = 0;
  do {
    struct capture log;
    struct reactor r;
    assert_int_equal(reactor_init(&r), 0);
    capture_start(&log);
    failed = false;
    fails_at = failures;
    bool well = scene(&r);
    fails_at = INT_MAX;
    assert_int_equal(reactor_release(&r), 0);
    capture_stop(&log);
    assert_true(well || failed);
    failures += failed;
  } while (failed);
  assert_true(failures > 0);
}

static bool a_reactor(struct reactor *unused)
{
  struct reactor r;
  (void)unused;
  int err = reactor_init(&r);
  assert_true(err == 0 || err == UV_ENOMEM);
  return err == 0 && reactor_release(&r) == 0;
}

static void a_reactor_says_so(void **state)
{
  (void)state;
  each_fails_once(a_reactor);
}

static struct talker talker;
static uint8_t large[300 * 1024];

static int open_talker(struct reactor *r)
{
  int peer = talker_pair(&talker, r);
  async_chat_set_terminator(&talker.c, "\r\n", 2);
  return peer;
}

/* What was pushed arrives, or the channel is closed, or the push said so. */
static int (*push)(struct async_chat *c);

static bool push_all(struct reactor *r)
{
  static uint8_t got[2 * sizeof large];
  int peer = open_talker(r);
  int err = push(&talker.c);
  size_t n = 0;
  while (!err && !dispatcher_is_closing(&talker.c.d) && n < sizeof large) {
    n += take(peer, got, sizeof got);
    passes(r, 1);
  }
  close(peer);
  return n >= sizeof large;
}

static int push_bytes(struct async_chat *c)
{
  return async_chat_push(c, large, sizeof large);
}

static int push_twice(struct async_chat *c)
{
  int err = async_chat_push(c, large, sizeof large / 2);
  return err ? err : async_chat_push(c, large, sizeof large / 2);
}

static int push_later(struct async_chat *c)
{
  return async_chat_push_later(c, producer_bytes(large, sizeof large));
}

static int push_producer(struct async_chat *c)
{
  return async_chat_push_with_producer(c, producer_bytes(large, sizeof large));
}

static int push_before_producer(struct async_chat *c)
{
  return async_chat_push_before_producer(c, large, sizeof large / 2,
                                         producer_bytes(large, sizeof large / 2));
}

static int push_before_shared(struct async_chat *c)
{
  struct shared_bytes *b = shared_bytes_new(large, sizeof large / 2);
  if (!b)
    return UV_ENOMEM;
  int err = async_chat_push_before_shared(c, large, sizeof large / 2, b, 0, sizeof large / 2);
  shared_bytes_drop(b);
  return err;
}

static void a_push_arrives_or_fails(void **state)
{
  int (*const all[])(struct async_chat * c) = {
      push_bytes, push_twice, push_later, push_producer, push_before_producer, push_before_shared};
  (void)state;
  for (size_t i = 0; i < LENGTH(all); i++) {
    push = all[i];
    each_fails_once(push_all);
  }
}

static bool half_a_terminator(struct reactor *r)
{
  int peer = open_talker(r);
  put(peer, "a\r");
  passes(r, 2);
  bool well = !dispatcher_is_closing(&talker.c.d);
  close(peer);
  return well;
}

static void half_a_terminator_is_kept_or_fails(void **state)
{
  (void)state;
  each_fails_once(half_a_terminator);
}

static struct joined j;

static bool long_stream(struct reactor *r)
{
  join_two(&j, r, false);
  struct stream s = {.from = j.a, .to = j.b};
  while (!j.relay.done && s.read < 4 * sizeof large) {
    stream_write(&s, 4 * sizeof large);
    passes(r, 1);
    if (j.relay.ends[1].d.mask & UV_WRITABLE || s.written == 4 * sizeof large)
      stream_read(&s); /* a reader that waits until all is full */
  }
  bool well = !j.relay.done;
  close(j.a);
  close(j.b);
  reactor_run(r, REACTOR_FOREVER, 0);
  return well;
}

static void a_long_stream_arrives_or_its_relay_ends(void **state)
{
  (void)state;
  each_fails_once(long_stream);
}

static bool early_words(struct reactor *r)
{
  int fds[2];
  j = (struct joined){0};
  relay_init(&j.relay, r, &joined_ops);
  pair_unix(fds);
  dispatcher_open(relay_end(&j.relay, 0), fds[0], true);
  put(fds[1], "early");
  bool well = relay_prefetch(&j.relay);
  relay_close(&j.relay);
  close(fds[1]);
  return well;
}

static void early_words_are_kept_or_end_the_relay(void **state)
{
  (void)state;
  each_fails_once(early_words);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_reactor_says_so),
      TEST(a_push_arrives_or_fails),
      TEST(half_a_terminator_is_kept_or_fails),
      TEST(a_long_stream_arrives_or_its_relay_ends),
      TEST(early_words_are_kept_or_end_the_relay),
  };
  /* libuv aborts in places, and may be linked in. */
  uv_replace_allocator(__real_malloc, __real_realloc, __real_calloc, free);
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
