/* Relays and chats over a transport with a handshake, records and held bytes: two relays, one
 * behind the other, plain outside and sealed between them, as two TLS tunnels are. */
#include "tests/unit/lib/flipped.h"
#include "tests/unit/lib/joined.h"
#include "tests/unit/lib/sealed.h"
#include "tests/unit/lib/talker.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MEGABYTE = 1024 * 1024 };

static struct joined near, far; /* near.a and far.b are the peers */
static struct sealed_maker client, server;
static struct talker talker;

static void open_plain(struct relay *relay, size_t end, int *peer)
{
  int fds[2];
  pair_tcp(fds);
  *peer = fds[1];
  dispatcher_open(relay_end(relay, end), fds[0], true);
}

static void open_sealed(struct relay *relay, size_t end, int fd, struct transport_maker *m)
{
  fcntl(fd, F_SETFL, O_NONBLOCK);
  assert_int_equal(dispatcher_open_with(relay_end(relay, end), fd, true, m), 0);
}

static void open_tunnel(struct reactor *r)
{
  int fds[2];
  pair_tcp(fds);
  near = far = (struct joined){0};
  client = sealed_maker(SEALED_CLIENT);
  server = sealed_maker(SEALED_SERVER);
  relay_init(&near.relay, r, &joined_ops);
  relay_init(&far.relay, r, &joined_ops);
  open_plain(&near.relay, 0, &near.a);
  open_sealed(&near.relay, 1, fds[0], &client.base);
  open_sealed(&far.relay, 0, fds[1], &server.base);
  open_plain(&far.relay, 1, &far.b);
}

static void run_to_the_end(struct reactor *r)
{
  close(near.a);
  close(far.b);
  reactor_run(r, REACTOR_FOREVER, 0);
}

static void what_is_said_before_the_handshake_arrives_after_it(void **state)
{
  open_tunnel(*state);
  put(near.a, "question");
  put(far.b, "answer");
  while (near.relay.back.bytes == 0 || far.relay.there.bytes == 0)
    pass(*state);
  wait_readable(far.b);
  wait_readable(near.a);
  assert_gets(far.b, "question");
  assert_gets(near.a, "answer");
  run_to_the_end(*state);
}

/* The hang of TLS in an event loop: a relay stops reading for its sink, and the rest is in the
 * transport, where no poller sees it. */
static void a_reader_that_pauses_gets_ten_megabytes_in_order(void **state)
{
  struct stream s;
  bool held = false;
  open_tunnel(*state);
  s = (struct stream){.from = near.a, .to = far.b};
  for (int quiet = 0; quiet < 3;) {
    uint64_t before = s.written;
    stream_write(&s, 10 * MEGABYTE);
    passes(*state, 1);
    quiet = s.written == before ? quiet + 1 : 0;
  }
  assert_true(s.written < 10 * MEGABYTE); /* back-pressure reached the writer */
  while (s.read < 10 * MEGABYTE) {
    stream_write(&s, 10 * MEGABYTE);
    stream_read(&s);
    pass(*state);
    held = held || sealed_of(&far.relay.ends[0].d)->in.length > 0;
  }
  assert_true(held);
  assert_null(far.relay.there.pipe); /* never spliced */
  run_to_the_end(*state);
}

static void long_streams_both_ways_keep_their_order(void **state)
{
  open_tunnel(*state);
  struct stream there = {.from = near.a, .to = far.b}, back = {.from = far.b, .to = near.a};
  while (there.read < 2 * MEGABYTE || back.read < 2 * MEGABYTE) {
    stream_write(&there, 2 * MEGABYTE);
    stream_write(&back, 2 * MEGABYTE);
    stream_read(&there);
    stream_read(&back);
    reactor_run(*state, 10, 1);
    if (near.relay.ends[1].d.state == DISPATCHER_CONNECTED && there.read % 3 == 0)
      sealed_of(&near.relay.ends[1].d)->recv_turns = 1; /* now and then it must write first */
  }
  run_to_the_end(*state);
}

static void half_close_passes_through_and_the_other_way_goes_on(void **state)
{
  open_tunnel(*state);
  put(near.a, "question");
  shutdown(near.a, SHUT_WR);
  while (!flow_is_over(&far.relay.there))
    pass(*state);
  assert_gets(far.b, "question");
  assert_ends(far.b);
  put(far.b, "answer");
  close(far.b);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_gets(near.a, "answer");
  assert_ends(near.a);
  assert_int_equal(near.relay.error, 0);
  assert_int_equal(far.relay.error, 0);
  close(near.a);
}

static void a_reset_passes_through_as_a_reset(void **state)
{
  open_tunnel(*state);
  put(near.a, "last words");
  while (far.relay.there.bytes == 0)
    pass(*state);
  close_with_reset(near.a);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_int_equal(near.relay.error, UV_ECONNRESET);
  assert_int_equal(far.relay.error, UV_ECONNRESET);
  char data[16];
  assert_int_equal(read(far.b, data, sizeof data), 10);
  assert_int_equal(error_of_read(far.b), UV_ECONNRESET);
  close(far.b);
}

/* An end within the stream of records: it may be cut. */
static void a_stream_that_stops_without_its_end_is_a_reset(void **state)
{
  int fds[2];
  pair_tcp(fds);
  far = (struct joined){0};
  server = sealed_maker("");
  relay_init(&far.relay, *state, &joined_ops);
  open_sealed(&far.relay, 0, fds[0], &server.base);
  open_plain(&far.relay, 1, &far.b);
  put_sealed(fds[1], "half a");
  close(fds[1]);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("released, cut, over ECONNRESET, destroy");
  char data[16];
  assert_int_equal(read(far.b, data, sizeof data), 6);
  assert_int_equal(error_of_read(far.b), UV_ECONNRESET);
  close(far.b);
}

/* Chats. */

static int open_talker(struct reactor *r, struct transport_maker *m)
{
  int fds[2];
  pair_unix(fds);
  talker_init(&talker, r);
  assert_int_equal(dispatcher_open_with(&talker.c.d, fds[0], true, m), 0);
  async_chat_set_terminator(&talker.c, "\n", 1);
  return fds[1];
}

static void a_chat_with_turned_bytes_is_one_line_away(void **state)
{
  int peer = open_talker(*state, &flipped);
  put_flipped(peer, "one\ntwo\nthr");
  pass(*state);
  assert_calls("C one, T, C two, T, C thr");
  assert_int_equal(async_chat_push(&talker.c, "answer", 6), 0);
  assert_gets_flipped(peer, "answer");
  close(peer);
}

static void push_in_connect(struct talker *t)
{
  assert_int_equal(async_chat_push(&t->c, " after", 6), 0);
}

static void what_is_pushed_during_the_handshake_is_sent_after_it(void **state)
{
  server = sealed_maker("r");
  int peer = open_talker(*state, &server.base);
  talker.in_connect = push_in_connect;
  assert_int_equal(async_chat_push(&talker.c, "during", 6), 0);
  passes(*state, 2);
  assert_false(is_readable(peer));
  put_step(peer);
  pass(*state);
  assert_calls("connect");
  assert_gets_sealed(peer, "during after");
  close(peer);
}

static void a_long_queue_goes_out_as_the_records_are_taken(void **state)
{
  static uint8_t data[3 * MEGABYTE];
  server = sealed_maker("");
  struct stream s = {0};
  far = (struct joined){0};
  int fds[2];
  pair_unix(fds);
  talker_init(&talker, *state);
  assert_int_equal(dispatcher_open_with(&talker.c.d, fds[0], true, &server.base), 0);
  relay_init(&far.relay, *state, &joined_ops);
  client = sealed_maker("");
  open_sealed(&far.relay, 0, fds[1], &client.base);
  open_plain(&far.relay, 1, &far.b);
  fill_pattern(data, sizeof data, 0);
  for (size_t at = 0; at < sizeof data; at += MEGABYTE)
    assert_int_equal(async_chat_push(&talker.c, data + at, MEGABYTE), 0);
  async_chat_close_when_done(&talker.c);
  s.to = far.b;
  while (s.read < sizeof data) {
    passes(*state, 1);
    stream_read(&s);
  }
  while (!flow_is_over(&far.relay.there))
    pass(*state);
  assert_ends(far.b); /* whole, and in good order */
  close(far.b);
  reactor_run(*state, REACTOR_FOREVER, 0);
}

static void a_lingering_close_says_the_end_and_reads_to_the_peers(void **state)
{
  server = sealed_maker("");
  int peer = open_talker(*state, &server.base);
  talker.says_destroy = true;
  passes(*state, 1);
  assert_int_equal(async_chat_push(&talker.c, "bye", 3), 0);
  async_chat_close_lingering(&talker.c, 3600 * 1000);
  assert_gets_sealed(peer, "bye");
  assert_gets_sealed(peer, "");
  put_sealed(peer, "too late");
  put_sealed_end(peer);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("connect, released, destroy");
  close(peer);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(what_is_said_before_the_handshake_arrives_after_it),
      TEST(a_reader_that_pauses_gets_ten_megabytes_in_order),
      TEST(long_streams_both_ways_keep_their_order),
      TEST(half_close_passes_through_and_the_other_way_goes_on),
      TEST(a_reset_passes_through_as_a_reset),
      TEST(a_stream_that_stops_without_its_end_is_a_reset),
      TEST(a_chat_with_turned_bytes_is_one_line_away),
      TEST(what_is_pushed_during_the_handshake_is_sent_after_it),
      TEST(a_long_queue_goes_out_as_the_records_are_taken),
      TEST(a_lingering_close_says_the_end_and_reads_to_the_peers),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
