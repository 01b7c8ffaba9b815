/* One request over a connection and what comes of it, to whichever end. */
#include "tests/unit/lib/harness.h"

#include "core/base/escape.h"
#include "core/http/client.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { KILOBYTE = 1024, MEGABYTE = 1024 * 1024 };

/* The record of it: `interim S` and `head S` with their status, `done RESULT: BODY` with all of the
 * body as far as it came, `body` in the test that asks for it. */
static struct asker {
  struct http_client c;
  struct script script;
  const char *closes_in; /* the call in which it closes */
  bool says_body, wants_no_read, destroyed;
  struct buffer body, raw;
  ssize_t move_result; /* 0: moves; else a negative errno, once */
  bool never_moves;
  size_t asked, moved; /* calls of move_body, and bytes */
  uint64_t least;      /* that it was asked for */
} asker;

static const char *const results[] = {
    [HTTP_RESULT_WHOLE] = "whole",
    [HTTP_RESULT_EMPTY] = "empty",
    [HTTP_RESULT_CUT_IN_HEAD] = "cut in head",
    [HTTP_RESULT_CUT] = "cut",
    [HTTP_RESULT_MALFORMED] = "malformed",
    [HTTP_RESULT_LOST] = "lost",
};

static void may_close_in(const char *call)
{
  if (asker.closes_in && strcmp(asker.closes_in, call) == 0) {
    record("close in %s", call);
    http_client_close(&asker.c);
  }
}

static void raw(struct http_client *c, const void *data, size_t n)
{
  (void)c;
  buffer_append(&asker.raw, data, n);
  may_close_in("raw");
}

static void interim(struct http_client *c)
{
  record("interim %u", c->reader.response.status);
  may_close_in("interim");
}

static void head(struct http_client *c)
{
  record("head %u", c->reader.response.status);
  may_close_in("head");
}

static void body(struct http_client *c, const void *data, size_t n)
{
  (void)c;
  if (asker.says_body)
    record_bytes("body", data, n);
  buffer_append(&asker.body, data, n);
  may_close_in("body");
}

static bool readable(struct http_client *c)
{
  (void)c;
  return !asker.wants_no_read;
}

static ssize_t move_body(struct http_client *c, struct dispatcher *from, uint64_t most)
{
  static uint8_t piece[64 * KILOBYTE];
  ssize_t n = asker.move_result;
  asker.asked++;
  asker.move_result = 0;
  if (most < asker.least)
    asker.least = most;
  may_close_in("move_body");
  if (c->over)
    return UV_EAGAIN;
  if (n < 0 || asker.never_moves)
    return n < 0 ? n : UV_EINVAL;
  n = recv(from->fd, piece, most < sizeof piece ? (size_t)most : sizeof piece, MSG_DONTWAIT);
  if (n > 0) {
    buffer_append(&asker.body, piece, (size_t)n);
    asker.moved += (size_t)n;
  }
  return n < 0 ? UV_EAGAIN : n;
}

static void done(struct http_client *c, enum http_result result)
{
  assert_true(dispatcher_is_closing(&c->chat.d));
  if (asker.body.length <= 64) {
    char text[260];
    escape_to(text, sizeof text, buffer_data(&asker.body), asker.body.length);
    record("done %s: %s", results[result], text);
  } else {
    record("done %s: %zu", results[result], asker.body.length);
  }
}

static void destroy(struct http_client *c)
{
  assert_false(asker.destroyed);
  assert_true(c->over);
  asker.destroyed = true;
}

static void forget(void)
{
  buffer_release(&asker.body);
  buffer_release(&asker.raw);
  asker = (struct asker){.least = UINT64_MAX};
}

static const struct http_client_ops ops = {.raw = raw,
                                           .interim = interim,
                                           .head = head,
                                           .body = body,
                                           .readable = readable,
                                           .move_body = move_body,
                                           .done = done,
                                           .destroy = destroy};

/* Takes over a connection, as one of connector's; returns the peer's end. */
static int begin(struct reactor *r, bool tcp, bool to_head, const struct http_client_ops *with)
{
  static const struct dispatcher_ops no_ops;
  static struct dispatcher winner;
  int fds[2];
  if (tcp)
    pair_tcp(fds);
  else
    pair_unix(fds);
  dispatcher_init(&winner, r, &no_ops);
  dispatcher_open(&winner, fds[0], true);
  forget();
  http_client_init(&asker.c, &winner, to_head, with);
  dispatcher_close(&winner);
  return fds[1];
}

static void send_text(const char *text)
{
  struct list none;
  list_init(&none);
  http_client_send(&asker.c, text, strlen(text), &none);
}

/* The same with a request that was sent and read. */
static int ask(struct reactor *r, bool tcp)
{
  int peer = begin(r, tcp, false, &ops);
  send_text("GET / HTTP/1.1\r\n\r\n");
  wait_readable(peer);
  assert_gets(peer, "GET / HTTP/1.1\r\n\r\n");
  return peer;
}

/* Lets the pass in which it was closed end, so that another may begin. */
static void settle(struct reactor *r)
{
  reactor_hold(r);
  passes(r, 2);
  reactor_unhold(r);
  assert_true(asker.destroyed);
}

static void run_to_the_end(struct reactor *r)
{
  while (!asker.c.over)
    pass(r);
}

/* Requests. */

static void nothing_is_read_before_the_request_is_sent(void **state)
{
  int peer = begin(*state, false, false, &ops);
  assert_int_equal(asker.c.sent_ns, 0);
  send_text("GET / HTTP/1.1\r\n\r\n");
  assert_true(asker.c.sent_ns > 0);
  assert_int_equal(asker.c.first_byte_ns, 0);
  assert_gets(peer, "GET / HTTP/1.1\r\n\r\n");
  put(peer, "H");
  pass(*state);
  assert_true(asker.c.first_byte_ns >= asker.c.sent_ns);
  uint64_t first = asker.c.first_byte_ns;
  put(peer, "TTP/1.1 204 No Content\r\n\r\n");
  run_to_the_end(*state);
  assert_int_equal(asker.c.first_byte_ns, first);
  assert_calls("head 204, done whole: ");
  close(peer);
}

static void a_body_goes_out_behind_the_head_in_order(void **state)
{
  int peer = begin(*state, false, false, &ops);
  struct shared_bytes *shared = shared_bytes_new("-shared-", 8);
  struct list producers;
  list_init(&producers);
  list_append(&producers, &producer_bytes("first", 5)->link);
  list_append(&producers, &producer_shared(shared, 0, 8)->link);
  list_append(&producers, &producer_bytes("last", 4)->link);
  shared_bytes_drop(shared);
  http_client_send(&asker.c, "POST / HTTP/1.1\r\n\r\n", 19, &producers);
  assert_true(list_empty(&producers));
  passes(*state, 4);
  assert_gets(peer, "POST / HTTP/1.1\r\n\r\nfirst-shared-last");
  assert_true(asker.c.sent_ns > 0);
  put(peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  run_to_the_end(*state);
  assert_calls("head 200, done whole: ok");
  close(peer);
}

/* A body of `left` bytes, made as it goes. */
static ssize_t more(void *left, void *data, size_t n)
{
  size_t *l = left;
  n = n < *l ? n : *l;
  memset(data, 'x', n);
  *l -= n;
  return (ssize_t)n;
}

static void send_long_body(size_t *left)
{
  struct list producers;
  list_init(&producers);
  list_append(&producers, &producer_callback(more, NULL, left)->link);
  http_client_send(&asker.c, "PUT / HTTP/1.1\r\n\r\n", 18, &producers);
}

static void a_request_counts_as_sent_once_its_last_byte_is_out(void **state)
{
  static uint8_t taken[MEGABYTE];
  size_t left = 4 * MEGABYTE, got = 0;
  int peer = begin(*state, false, false, &ops);
  send_long_body(&left);
  passes(*state, 20);
  assert_int_equal(asker.c.sent_ns, 0);
  while (got < 4 * MEGABYTE + 18) {
    got += take(peer, taken, sizeof taken);
    passes(*state, 1);
  }
  assert_true(asker.c.sent_ns > 0);
  put(peer, "HTTP/1.1 204 No Content\r\n\r\n");
  run_to_the_end(*state);
  assert_calls("head 204, done whole: ");
  close(peer);
}

static void a_head_that_is_larger_than_any_queue_fails(void **state)
{
  struct list none;
  int peer = begin(*state, false, false, &ops);
  char *head_text = calloc(1, ASYNC_CHAT_HARD_LIMIT + 1);
  list_init(&none);
  http_client_send(&asker.c, head_text, ASYNC_CHAT_HARD_LIMIT + 1, &none);
  assert_calls("done lost: ");
  assert_int_equal(asker.c.chat.d.gone, UV_ENOBUFS);
  free(head_text);
  close(peer);
}

static void a_body_that_is_larger_than_any_queue_fails(void **state)
{
  int peer = begin(*state, false, false, &ops);
  char *data = calloc(1, ASYNC_CHAT_HARD_LIMIT / 2 + 1);
  struct shared_bytes *shared = shared_bytes_new(data, ASYNC_CHAT_HARD_LIMIT / 2 + 1);
  struct list producers;
  list_init(&producers);
  for (int i = 0; i < 4; i++)
    list_append(&producers, &producer_shared(shared, 0, shared->length)->link);
  http_client_send(&asker.c, "PUT / HTTP/1.1\r\n\r\n", 18, &producers);
  assert_true(list_empty(&producers));
  assert_calls("done lost: ");
  assert_int_equal(asker.c.chat.d.gone, UV_ENOBUFS);
  passes(*state, 2);
  shared_bytes_drop(shared);
  free(data);
  close(peer);
}

/* Responses. `ends` says that the connection ends behind it. */

static const struct row {
  const char *text;
  bool ends;
  const char *calls;
} rows[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, "head 200, done whole: abc"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, "head 200, done whole: "},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", true, "head 200, done whole: abc"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nA: "
     "b\r\n\r\n",
     false, "head 200, done whole: abcde"},
    {"HTTP/1.0 200 OK\r\n\r\nabc", true, "head 200, done whole: abc"},
    {"HTTP/1.0 200 OK\r\n\r\n", true, "head 200, done whole: "},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", false, "head 304, done whole: "},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
     false, "interim 100, interim 103, head 200, done whole: a"},
    {"HTTP/1.1 101 Switching Protocols\r\n\r\n", false, "head 101, done whole: "},

    {"", true, "done empty: "},
    {"HTTP/1.1 20", true, "done cut in head: "},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", true, "done cut in head: "},
    {"HTTP/1.1 100 Continue\r\n\r\n", true, "interim 100, done empty: "},
    {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", true, "head 200, done cut: abc"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", true, "head 200, done cut: "},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", true,
     "head 200, done cut: abc"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n", true,
     "head 200, done cut: abc"},
    {"SSH-2.0", false, "done malformed: "},
    {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", false, "done malformed: "},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz", false, "head 200, done malformed: "},
};

static void every_response_comes_to_its_end(void **state)
{
  for (size_t i = 0; i < LENGTH(rows); i++) {
    int peer = ask(*state, false);
    put(peer, rows[i].text);
    if (rows[i].ends)
      shutdown(peer, SHUT_WR);
    run_to_the_end(*state);
    assert_calls(rows[i].calls);
    close(peer);
    settle(*state);
  }
}

static void every_response_comes_to_the_same_end_byte_by_byte(void **state)
{
  for (size_t i = 0; i < LENGTH(rows); i++) {
    int peer = ask(*state, false);
    for (const char *at = rows[i].text; *at && !asker.c.over; at++) {
      put_bytes(peer, at, 1);
      pass(*state);
    }
    if (rows[i].ends)
      shutdown(peer, SHUT_WR);
    run_to_the_end(*state);
    assert_calls(rows[i].calls);
    close(peer);
    settle(*state);
  }
}

static void the_answer_to_HEAD_has_no_body(void **state)
{
  int peer = begin(*state, false, true, &ops);
  send_text("HEAD / HTTP/1.1\r\n\r\n");
  put(peer, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
  run_to_the_end(*state);
  assert_calls("head 200, done whole: ");
  close(peer);
}

static void what_follows_a_response_is_nobodys(void **state)
{
  int peer = ask(*state, false);
  put(peer, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef");
  run_to_the_end(*state);
  assert_calls("head 200, done whole: abc");
  close(peer);
}

static void a_malformed_response_says_why(void **state)
{
  int peer = ask(*state, false);
  put(peer, "SSH-2.0-OpenSSH\r\n");
  run_to_the_end(*state);
  assert_non_null(asker.c.reader.reason);
  assert_calls("done malformed: ");
  close(peer);
}

static void raw_gets_every_byte_as_it_came(void **state)
{
  static const char text[] = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n";
  int peer = ask(*state, false);
  put(peer, text);
  put(peer, "and this is none of it");
  run_to_the_end(*state);
  assert_int_equal(asker.raw.length, strlen(text));
  assert_memory_equal(buffer_data(&asker.raw), text, strlen(text));
  assert_calls("interim 103, head 200, done whole: abc");
  close(peer);
}

static void the_defaults_drop_everything_but_the_end(void **state)
{
  static const struct http_client_ops none = {.done = done};
  int peer = begin(*state, false, false, &none);
  send_text("GET / HTTP/1.1\r\n\r\n");
  put(peer, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
  run_to_the_end(*state);
  assert_calls("done whole: ");
  close(peer);
}

/* Closing in a handler. */

static void closed_in_a_handler_nothing_follows(void **state)
{
  static const struct {
    const char *call, *calls;
  } places[] = {
      {"raw", "close in raw"},
      {"interim", "interim 100, close in interim"},
      {"head", "interim 100, head 200, close in head"},
      {"body", "interim 100, head 200, close in body"},
  };
  for (size_t i = 0; i < LENGTH(places); i++) {
    int peer = ask(*state, false);
    asker.closes_in = places[i].call;
    put(peer, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
    run_to_the_end(*state);
    settle(*state);
    assert_calls(places[i].calls);
    close(peer);
  }
}

static void closed_by_its_owner_it_says_nothing(void **state)
{
  int peer = ask(*state, false);
  put(peer, "HTTP/1.1 200 OK\r\n\r\n");
  http_client_close(&asker.c);
  http_client_close(&asker.c);
  passes(*state, 2);
  assert_calls("-");
  close(peer);
}

/* Losses. */

static void a_reset_is_a_loss_wherever_it_comes(void **state)
{
  static const struct {
    const char *text, *calls;
  } places[] = {
      {"", "done lost: "},
      {"HTTP/1.1 2", "done lost: "},
      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "head 200, done lost: abc"},
      {"HTTP/1.0 200 OK\r\n\r\nabc", "head 200, done lost: abc"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "head 200, done whole: abc"},
  };
  for (size_t i = 0; i < LENGTH(places); i++) {
    int peer = ask(*state, true);
    if (*places[i].text)
      put(peer, places[i].text);
    close_with_reset(peer);
    run_to_the_end(*state);
    if (strstr(places[i].calls, "lost"))
      assert_int_equal(asker.c.chat.d.gone, UV_ECONNRESET);
    assert_calls(places[i].calls);
    settle(*state);
  }
}

static void a_read_that_fails_is_a_loss(void **state)
{
  int peer = ask(*state, false);
  script_install(&asker.script, &asker.c.chat.d);
  asker.script.recv_result = UV_ETIMEDOUT;
  put(peer, "H");
  run_to_the_end(*state);
  assert_int_equal(asker.c.chat.d.gone, UV_ETIMEDOUT);
  assert_calls("done lost: ");
  close(peer);
}

/* Closes with the request unread, so that a reset follows what was said. */
static void answer_early(struct reactor *r, const char *text)
{
  size_t left = 64 * MEGABYTE;
  int peer = begin(r, true, false, &ops);
  send_long_body(&left);
  passes(r, 4);
  put(peer, text);
  close(peer);
  run_to_the_end(r);
  settle(r);
}

static void an_answer_that_comes_before_the_request_is_out_is_read(void **state)
{
  answer_early(*state, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nabc");
  assert_calls("head 413, done whole: abc");
  answer_early(*state, "HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\nabc");
  assert_calls("head 413, done lost: abc");
  answer_early(*state, "");
  assert_calls("done lost: ");
}

static void an_answer_is_read_also_where_only_the_send_tells_of_the_loss(void **state)
{
  size_t left = 64 * MEGABYTE;
  int peer = begin(*state, false, false, &ops);
  script_install(&asker.script, &asker.c.chat.d);
  asker.script.send_result = 100;
  send_long_body(&left);
  put(peer, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nabc");
  asker.wants_no_read = true; /* so that it is not read in the same pass */
  asker.script.send_result = UV_EPIPE;
  run_to_the_end(*state);
  assert_calls("head 413, done whole: abc");
  close(peer);
}

/* Not reading. */

static void without_room_nothing_is_read_until_it_changes(void **state)
{
  int peer = ask(*state, false);
  asker.says_body = true;
  put(peer, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
  pass(*state);
  assert_calls("head 200, body abc");
  asker.wants_no_read = true;
  http_client_changed(&asker.c);
  passes(*state, 1);
  put(peer, "def");
  passes(*state, 3);
  assert_calls("-");
  asker.wants_no_read = false;
  passes(*state, 3);
  assert_calls("-");
  http_client_changed(&asker.c);
  run_to_the_end(*state);
  assert_calls("body def, done whole: abcdef");
  close(peer);
}

/* Bulk. */

/* Sends `text` and `n` bytes of the pattern as they are taken, and ends then. */
static void serve_bulk(struct reactor *r, int peer, const char *text, size_t n)
{
  static uint8_t piece[64 * KILOBYTE];
  size_t sent = 0;
  put(peer, text);
  while (sent < n && !asker.c.over) {
    size_t now = n - sent < sizeof piece ? n - sent : sizeof piece;
    fill_pattern(piece, now, sent);
    ssize_t put_now = send(peer, piece, now, MSG_DONTWAIT);
    sent += put_now > 0 ? (size_t)put_now : 0;
    passes(r, 1);
  }
  shutdown(peer, SHUT_WR);
  while (!asker.c.over) {
    assert_pattern(buffer_data(&asker.body), asker.body.length, 0);
    pass(r);
  }
  close(peer);
}

static void assert_moves(struct reactor *r, const char *text, size_t n, const char *calls)
{
  int peer = ask(r, false);
  serve_bulk(r, peer, text, n);
  assert_calls(calls);
  assert_true(asker.moved > n / 2);
  /* What was moved does not pass raw. */
  assert_int_equal(asker.raw.length + asker.moved, strlen(text) + n);
  settle(r);
}

static void bulk_is_moved_unseen(void **state)
{
  assert_moves(*state, "HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n", 4000000,
               "head 200, done whole: 4000000");
  assert_moves(*state, "HTTP/1.0 200 OK\r\n\r\n", 4000000, "head 200, done whole: 4000000");
  assert_moves(*state, "HTTP/1.1 200 OK\r\nContent-Length: 4000001\r\n\r\n", 4000000,
               "head 200, done cut: 4000000");
}

static void no_more_is_moved_than_belongs_to_the_body(void **state)
{
  int peer = ask(*state, false);
  serve_bulk(*state, peer, "HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n", 3100000);
  assert_calls("head 200, done whole: 3000000");
  assert_true(asker.moved > 0);
}

static void small_bodies_and_chunks_are_never_moved(void **state)
{
  int peer = ask(*state, false);
  serve_bulk(*state, peer, "HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n", 500000);
  assert_calls("head 200, done whole: 500000");
  assert_int_equal(asker.asked, 0);
  settle(*state);

  peer = ask(*state, false);
  serve_bulk(*state, peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400000\r\n",
             4000000);
  assert_calls("head 200, done cut: 4000000");
  assert_int_equal(asker.asked, 0);
}

static void what_cannot_be_moved_comes_as_a_body(void **state)
{
  int peer = ask(*state, false);
  asker.never_moves = true;
  serve_bulk(*state, peer, "HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n", 4000000);
  assert_calls("head 200, done whole: 4000000");
  assert_true(asker.asked > 0);
}

static void a_move_that_finds_nothing_is_tried_again(void **state)
{
  int peer = ask(*state, false);
  asker.move_result = UV_EAGAIN;
  serve_bulk(*state, peer, "HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n", 4000000);
  assert_calls("head 200, done whole: 4000000");
  assert_true(asker.moved > 0);
}

static void a_move_that_fails_is_a_loss(void **state)
{
  static const int errors[] = {UV_ECONNRESET, UV_ETIMEDOUT};
  for (size_t i = 0; i < LENGTH(errors); i++) {
    int peer = ask(*state, false);
    asker.move_result = errors[i];
    serve_bulk(*state, peer, "HTTP/1.0 200 OK\r\n\r\n", 4000000);
    assert_int_equal(asker.c.chat.d.gone, errors[i]);
    assert_int_equal(asker.asked, 1);
    settle(*state);
  }
}

static void closed_in_a_move_nothing_follows(void **state)
{
  int peer = ask(*state, false);
  asker.closes_in = "move_body";
  serve_bulk(*state, peer, "HTTP/1.0 200 OK\r\n\r\n", 4000000);
  assert_calls("head 200, close in move_body");
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(nothing_is_read_before_the_request_is_sent),
      TEST(a_body_goes_out_behind_the_head_in_order),
      TEST(a_request_counts_as_sent_once_its_last_byte_is_out),
      TEST(a_head_that_is_larger_than_any_queue_fails),
      TEST(a_body_that_is_larger_than_any_queue_fails),
      TEST(every_response_comes_to_its_end),
      TEST(every_response_comes_to_the_same_end_byte_by_byte),
      TEST(the_answer_to_HEAD_has_no_body),
      TEST(what_follows_a_response_is_nobodys),
      TEST(a_malformed_response_says_why),
      TEST(raw_gets_every_byte_as_it_came),
      TEST(the_defaults_drop_everything_but_the_end),
      TEST(closed_in_a_handler_nothing_follows),
      TEST(closed_by_its_owner_it_says_nothing),
      TEST(a_reset_is_a_loss_wherever_it_comes),
      TEST(a_read_that_fails_is_a_loss),
      TEST(an_answer_that_comes_before_the_request_is_out_is_read),
      TEST(an_answer_is_read_also_where_only_the_send_tells_of_the_loss),
      TEST(without_room_nothing_is_read_until_it_changes),
      TEST(bulk_is_moved_unseen),
      TEST(no_more_is_moved_than_belongs_to_the_body),
      TEST(small_bodies_and_chunks_are_never_moved),
      TEST(what_cannot_be_moved_comes_as_a_body),
      TEST(a_move_that_finds_nothing_is_tried_again),
      TEST(a_move_that_fails_is_a_loss),
      TEST(closed_in_a_move_nothing_follows),
  };
  harness_start();
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  forget();
  return failed;
}
