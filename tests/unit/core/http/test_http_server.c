/* A connection of the HTTP server: which deadline it has in each of its phases, and what happens
 * when that is over. No test waits for a clock: a deadline is made older, and its queue told to
 * look. */
#include "tests/unit/lib/http_pair.h"

#include "core/http/respond.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void ask_for_body(struct http_exchange *x, const struct http_request *r)
{
  (void)r;
  assert_true(http_body_read(x, 10));
}

static bool is_in(const struct deadline_queue *q)
{
  return deadline_first(q) == &http_pair_conn()->deadline;
}

/* The first of the queue has been there for as long as it may. */
static void due(struct deadline_queue *q)
{
  struct deadline *d = deadline_first(q);
  assert_non_null(d);
  d->since_ms -= q->length_ms;
  q->timer.fire(&q->timer);
}

static void one_that_says_nothing_can_be_spared_after_a_second(void **state)
{
  (void)state;
  assert_true(is_in(&http_pair.http.fresh));
  assert_null(http_server_resting(&http_pair.http));
  due(&http_pair.http.fresh);
  assert_ptr_equal(http_server_resting(&http_pair.http), &http_pair_conn()->conn);
  due(&http_pair.http.resting);
  assert_true(dispatcher_is_closing(&http_pair_conn()->chat.d));
}

static void each_phase_has_its_deadline(void **state)
{
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\nContent-Le");
  assert_true(is_in(&http_pair.http.heads));
  http_pair_says(state, "ngth: 5\r\n\r\n");
  http_pair_answered("HTTP/1.1 200 ");
  assert_true(is_in(&http_pair.http.pace)); /* the body is still to come, and to be dropped */
  http_pair_says(state, "12345");
  assert_true(is_in(&http_pair.http.resting));
  http_pair_says(state, "\r\n"); /* some clients end a body so */
  assert_true(is_in(&http_pair.http.resting));
  assert_calls("begin GET / HTTP/1.1, end 200");
}

/* So much time passes of the only response or body there is, with looks in it. */
static void pace_ages(uint64_t ms)
{
  struct http_pace *p = &http_pair_conn()->pace;
  p->since_ms -= ms;
  p->moved_ms -= ms;
  due(&http_pair.http.pace);
}

static void a_body_that_never_comes_is_cut(void **state)
{
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  http_pair_says(state, "1");
  due(&http_pair.http.pace);
  assert_true(is_in(&http_pair.http.pace));
  pace_ages(HTTP_PACE_FROM_MS);
  assert_true(dispatcher_is_closing(&http_pair_conn()->chat.d));
  assert_calls("begin GET / HTTP/1.1, end 200");
}

static void a_late_head_is_told_so(void **state)
{
  http_pair_says(state, "\r\nGET /slow HTTP/1.1\r\nHo");
  due(&http_pair.http.heads);
  http_pair_answered("HTTP/1.1 408 ");
  assert_calls("begin GET /slow HTTP/1.1, end 408");
}

static void a_client_that_waits_is_told_to_go_on(void **state)
{
  http_pair.request = ask_for_body;
  http_pair_says(state, "PUT /a HTTP/1.1\r\nHost: a\r\nExpect: 100-con");
  http_pair_says(state, "tinue\r\nContent-Length: 3\r\n\r\n");
  http_pair_answered("HTTP/1.1 100 Continue\r\n\r\n");
  assert_true(is_in(&http_pair.http.pace));
  http_pair_says(state, "abc");
  http_pair_answered("HTTP/1.1 200 ");
  assert_calls("begin PUT /a HTTP/1.1, body abc, end 200");
}

static void a_client_that_did_not_wait_is_not(void **state)
{
  http_pair.request = ask_for_body;
  http_pair_says(
      state, "PUT /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
  http_pair_answered("HTTP/1.1 200 ");
  assert_calls("begin PUT /a HTTP/1.1, body abc, end 200");
}

static void a_body_that_is_too_long_is_refused(void **state)
{
  http_pair.request = ask_for_body;
  http_pair_says(state, "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
  http_pair_answered("HTTP/1.1 413 ");
  assert_calls("begin PUT /a HTTP/1.1, end 413");
}

/* More of bodies. */

static const char chunked_put[] =
    "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

static void a_chunked_body_comes_without_its_chunks(void **state)
{
  http_pair.request = ask_for_body;
  http_pair_says(state, chunked_put);
  http_pair_says(state, "3\r\nabc\r\n2\r\nde");
  http_pair_says(state, "\r\n0\r\n\r\n");
  http_pair_answered("HTTP/1.1 200 ");
  assert_calls("begin PUT /a HTTP/1.1, body abc, body de, end 200");
}

static void a_chunked_body_that_is_too_long_is_refused(void **state)
{
  http_pair.request = ask_for_body;
  http_pair_says(state, chunked_put);
  http_pair_says(state, "b\r\n01234567890\r\n0\r\n\r\n");
  http_pair_answered("HTTP/1.1 413 ");
  assert_calls("begin PUT /a HTTP/1.1, end 413");
}

static void a_malformed_chunk_is_refused(void **state)
{
  http_pair.request = ask_for_body;
  http_pair_says(state, chunked_put);
  http_pair_says(state, "z\r\n");
  http_pair_answered("HTTP/1.1 400 ");
  assert_calls("begin PUT /a HTTP/1.1, end 400");
}

static void a_chunked_body_that_nobody_wants_is_dropped(void **state)
{
  http_pair_says(state, chunked_put);
  http_pair_answered("HTTP/1.1 200 ");
  http_pair_says(state, "3\r\nabc\r\n0\r\n\r\n");
  assert_true(is_in(&http_pair.http.resting));
  assert_calls("begin PUT /a HTTP/1.1, end 200");
}

static void a_malformed_chunk_of_it_ends_the_connection(void **state)
{
  http_pair_says(state, chunked_put);
  http_pair_answered("HTTP/1.1 200 ");
  http_pair_says(state, "z\r\n");
  assert_int_equal(error_of_read(http_pair.peer), 0);
  assert_calls("begin PUT /a HTTP/1.1, end 200");
}

static void so_does_more_of_it_than_is_dropped(void **state)
{
  static char text[HTTP_DROPPED_BODY + 64];
  int n = sprintf(text, "%x\r\n", HTTP_DROPPED_BODY + 1);
  memset(text + n, 'x', HTTP_DROPPED_BODY + 1);
  http_pair_says(state, chunked_put);
  http_pair_answered("HTTP/1.1 200 ");
  put(http_pair.peer, text);
  passes(*state, 5);
  assert_int_equal(error_of_read(http_pair.peer), 0);
}

static void a_body_too_long_to_be_dropped_is_not_waited_for(void **state)
{
  http_pair_says(state, "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n");
  http_pair_answered("HTTP/1.1 200 OK\r\n");
  assert_int_equal(error_of_read(http_pair.peer), 0);
}

static void nor_is_one_that_the_client_holds_back(void **state)
{
  http_pair_says(state, "PUT /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                        "Content-Length: 3\r\n\r\n");
  http_pair_answered("HTTP/1.1 200 OK\r\n");
  assert_int_equal(error_of_read(http_pair.peer), 0);
}

static void no_body_is_there_to_ask_for(struct http_exchange *x, const struct http_request *r)
{
  (void)r;
  assert_false(http_body_read(x, 10));
  http_respond_error(x, 404, NULL);
}

static void a_request_without_a_body_says_so(void **state)
{
  http_pair.request = no_body_is_there_to_ask_for;
  http_pair_says(state, "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  http_pair_answered("HTTP/1.1 404 ");
}

/* Heads that are wrong. */

static void a_malformed_head_is_refused(void **state)
{
  http_pair_says(state, "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  http_pair_answered("HTTP/1.1 400 ");
  assert_int_equal(error_of_read(http_pair.peer), 0);
  assert_calls("begin GET /\x01 HTTP/1.1, end 400");
}

static void something_else_than_http_is_refused_at_once(void **state)
{
  http_pair_says(state, "\x16\x03\x01\x02");
  http_pair_answered("HTTP/1.1 400 ");
}

/* A handler closes. */

static void close_it(struct http_exchange *x, const struct http_request *r)
{
  (void)r;
  dispatcher_abort(&x->conn->chat.d);
}

static void a_handler_may_close_the_connection(void **state)
{
  http_pair.request = close_it;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(http_pair.server.open, 0);
  assert_calls("begin GET / HTTP/1.1, end 0");
}

static void close_at_end(struct http_exchange *x)
{
  dispatcher_abort(&x->conn->chat.d);
}

static void the_handler_of_the_body_s_end_too(void **state)
{
  http_pair.request = ask_for_body;
  http_pair.body_end = close_at_end;
  http_pair_says(state, "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  assert_int_equal(http_pair.server.open, 0);
  assert_calls("begin PUT /a HTTP/1.1, body x, end 0");
}

/* A response that comes later, or takes longer. */

static struct http_exchange *waiting;

static void keep_waiting(struct http_exchange *x, const struct http_request *r)
{
  (void)r;
  waiting = x;
}

static void say_no_content(struct http_exchange *x)
{
  http_respond_start(x, 204);
  http_respond_nothing(x);
}

static void a_request_waits_until_the_one_before_has_its_response(void **state)
{
  http_pair.request = keep_waiting;
  http_pair_says(state, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  passes(*state, 2);
  assert_calls("begin GET /1 HTTP/1.1");
  say_no_content(waiting);
  assert_calls("end 204, begin GET /2 HTTP/1.1");
  say_no_content(waiting);
  assert_calls("end 204");
}

static void a_response_to_a_client_that_left_fails(void **state)
{
  http_pair.request = keep_waiting;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  close_with_reset(http_pair.peer);
  http_pair.peer = http_pair_connect();
  say_no_content(waiting);
  passes(*state, 2);
  assert_int_equal(http_pair.server.counters->failed, 1);
  assert_calls("begin GET / HTTP/1.1, end 204");
}

static void a_client_that_leaves_within_a_body_ends_the_exchange(void **state)
{
  http_pair.request = ask_for_body;
  http_pair_says(state, "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nx");
  close(http_pair.peer);
  while (http_pair.server.open > 0)
    pass(*state);
  assert_calls("begin PUT /a HTTP/1.1, body x, end 0");
  http_pair.peer = http_pair_connect();
}

static void one_that_leaves_at_rest_has_not_failed(void **state)
{
  passes(*state, 1);
  due(&http_pair.http.fresh);
  close(http_pair.peer);
  while (http_pair.server.open > 0)
    pass(*state);
  assert_int_equal(http_pair.server.counters->failed, 0);
  http_pair.peer = http_pair_connect();
}

static void a_server_that_stops_keeps_no_connection(void **state)
{
  http_pair.server.signalled = true;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  http_pair_answered("HTTP/1.1 200 OK\r\n");
  assert_int_equal(error_of_read(http_pair.peer), 0);
}

static void it_closes_those_that_rest(void **state)
{
  http_server_stopping(&http_pair.http);
  passes(*state, 1);
  assert_int_equal(error_of_read(http_pair.peer), 0);
}

static void one_that_rests_is_closed_in_good_order(void **state)
{
  http_conn_close(&http_pair_conn()->conn);
  passes(*state, 1);
  assert_int_equal(error_of_read(http_pair.peer), 0);
}

static void one_that_does_not_is_reset(void **state)
{
  http_pair.request = keep_waiting;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  http_conn_close(&http_pair_conn()->conn);
  passes(*state, 1);
  assert_int_equal(error_of_read(http_pair.peer), UV_ECONNRESET);
}

enum { HUGE = 32 * 1024 * 1024 }; /* more than the kernel holds for a peer that does not read */

static void say_much(struct http_exchange *x, const struct http_request *r)
{
  static char data[HUGE];
  (void)r;
  http_respond_start(x, 200);
  http_respond_length(x, HUGE);
  http_respond_copy(x, data, HUGE);
}

static void take_some(void **state, size_t n)
{
  static char data[64 * 1024];
  while (n > 0) {
    passes(*state, 1);
    wait_readable(http_pair.peer);
    size_t got = take(http_pair.peer, data, sizeof data);
    n -= got < n ? got : n;
  }
}

static void a_client_that_takes_its_response_keeps_the_pace(void **state)
{
  http_pair.request = say_much;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_true(is_in(&http_pair.http.pace));
  take_some(state, 8 * 1024 * 1024);
  due(&http_pair.http.pace);
  assert_true(is_in(&http_pair.http.pace));
  assert_false(dispatcher_is_closing(&http_pair_conn()->chat.d));
}

enum { STALL_MS = 360000 };

static int open_with_stalls(void **state)
{
  static const struct http_server_options options = {.stall_ms = STALL_MS};
  return http_pair_open_with(state, &options);
}

/* A response of which the kernel holds as much as it takes, and the peer reads nothing. */
static void stall(void **state)
{
  http_pair.request = say_much;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  uint64_t sent;
  do {
    sent = http_pair_conn()->chat.sent;
    passes(*state, 20);
  } while (http_pair_conn()->chat.sent > sent);
  due(&http_pair.http.pace); /* the peer's kernel has acknowledged some of it */
  assert_false(dispatcher_is_closing(&http_pair_conn()->chat.d));
}

static void one_that_takes_nothing_for_long_is_cut(void **state)
{
  stall(state);
  http_pair_conn()->pace.moved = UINT64_MAX; /* with all the credit there can be */
  pace_ages(STALL_MS);
  assert_string_equal(http_pair_conn()->conn.reason, "stalled");
}

static void one_that_takes_it_in_bursts_is_not(void **state)
{
  enum { BURST = 4 * 1024 * 1024 };
  stall(state);
  for (int i = 0; i < 3; i++) {
    take_some(state, BURST);
    due(&http_pair.http.pace);
    pace_ages(100 * 1000); /* 40 KB/s, of which nothing is acknowledged meanwhile */
    assert_true(is_in(&http_pair.http.pace));
  }
}

static void one_that_takes_less_than_the_pace_is_cut(void **state)
{
  int small = 4096;
  assert_int_equal(
      setsockopt(http_pair.peer, SOL_SOCKET, SO_RCVBUF, &small, (socklen_t)sizeof small), 0);
  stall(state);
  pace_ages(STALL_MS / 2);
  assert_string_equal(http_pair_conn()->conn.reason, "too slow");
}

static void what_a_unix_socket_took_counts_as_acknowledged(void **state)
{
  http_pair_conn()->conn.peer.ss_family = AF_UNIX;
  stall(state);
  assert_int_equal(http_pair_conn()->pace.moved, http_pair_conn()->chat.sent);
  pace_ages(100 * 1000);
  assert_true(is_in(&http_pair.http.pace));
  pace_ages(STALL_MS);
  assert_string_equal(http_pair_conn()->conn.reason, "stalled");
}

static void ask_for_much(struct http_exchange *x, const struct http_request *r)
{
  (void)r;
  assert_true(http_body_read(x, UINT64_MAX));
}

static void a_body_that_comes_in_bursts_is_waited_for(void **state)
{
  static char burst[200 * 1024 + 1];
  http_pair.request = ask_for_much;
  http_pair.silent = true;
  http_pair_says(state, "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
  memset(burst, 'x', sizeof burst - 1);
  for (uint64_t i = 1; i <= 3; i++) {
    put(http_pair.peer, burst);
    while (http_pair_conn()->chat.received < i * (sizeof burst - 1))
      passes(*state, 1);
    pace_ages(100 * 1000);
    pace_ages(50 * 1000);
    assert_true(is_in(&http_pair.http.pace));
  }
  pace_ages(STALL_MS);
  assert_string_equal(http_pair_conn()->conn.reason, "stalled");
}

/* Looks at the pace until that of `c` is behind, or no more. */
static void look_until(const struct http_conn *c, bool behind)
{
  while (list_empty(&c->pace.link) == behind)
    due(&http_pair.http.pace);
}

static void those_that_stalled_longest_make_room_first(void **state)
{
  stall(state);
  struct http_conn *first = http_pair_conn();
  int other = http_pair_connect();
  put(other, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  passes(*state, 40);
  struct http_conn *second =
      http_conn_of(container_of(http_pair.server.conns.prev, struct server_conn, link));
  first->pace.moved = second->pace.moved = UINT64_MAX; /* nothing more can be seen to move */
  look_until(first, true);
  look_until(second, true);
  assert_ptr_equal(http_server_resting(&http_pair.http), &first->conn);
  first->pace.moved = 0; /* it has caught up */
  look_until(first, false);
  assert_ptr_equal(http_server_resting(&http_pair.http), &second->conn);
  http_conn_close(&second->conn);
  assert_null(http_server_resting(&http_pair.http));
  close(other);
}

/* At rest after a response of which the kernel still has most, with a peer that reads
 * slowly. */
static void say_some(struct http_exchange *x, const struct http_request *r)
{
  static char data[300 * 1024];
  (void)r;
  http_respond_start(x, 200);
  http_respond_length(x, sizeof data);
  http_respond_copy(x, data, sizeof data);
}

static void rest_with_unsent(void **state)
{
  int small = 4096;
  assert_int_equal(
      setsockopt(http_pair.peer, SOL_SOCKET, SO_RCVBUF, &small, (socklen_t)sizeof small), 0);
  http_pair.request = say_some;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  while (!is_in(&http_pair.http.resting))
    passes(*state, 1);
  due(&http_pair.http.resting);
  assert_true(is_in(&http_pair.http.resting));
}

static int open_with_half_a_minute(void **state)
{
  static const struct http_server_options options = {.idle_ms = 30000, .stall_ms = STALL_MS};
  return http_pair_open_with(state, &options);
}

static void a_client_that_still_takes_its_response_is_not_idle(void **state)
{
  rest_with_unsent(state);
  take_some(state, 32 * 1024);
  due(&http_pair.http.resting);
  assert_true(is_in(&http_pair.http.resting));
}

static void one_that_does_not_is_closed(void **state)
{
  rest_with_unsent(state);
  due(&http_pair.http.resting);
  assert_true(is_in(&http_pair.http.resting)); /* it may take its time */
  http_pair_conn()->pace.moved_ms -= STALL_MS;
  due(&http_pair.http.resting);
  assert_string_equal(http_pair_conn()->conn.reason, "stalled");
}

/* Rates. */

static void say_4000(struct http_exchange *x, const struct http_request *r)
{
  static char data[4000];
  (void)r;
  http_respond_start(x, 200);
  http_respond_length(x, sizeof data);
  http_respond_copy(x, data, sizeof data);
}

static int open_slow(void **state)
{
  static const struct http_server_options options = {.limit_rate = 1000};
  return http_pair_open_with(state, &options);
}

static int open_faster(void **state)
{
  static const struct http_server_options options = {.limit_rate = 10000};
  return http_pair_open_with(state, &options);
}

static size_t came(void **state)
{
  char got[8192];
  return http_pair_gets(state, got, sizeof got);
}

static void next_allowance(void)
{
  struct timer *t = &http_pair_conn()->throttle;
  t->fire(t);
}

static void a_slow_rate_is_given_by_the_second(void **state)
{
  http_pair.request = say_4000;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(came(state), 1000);
  next_allowance();
  assert_int_equal(came(state), 1000);
}

static void a_faster_one_by_the_tenth_of_a_second(void **state)
{
  http_pair.request = say_4000;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(came(state), 1000);
  assert_true(is_in(&http_pair.http.pace));
  due(&http_pair.http.pace); /* the peer took less than it may, and less than it must */
}

static void the_limit_ends_with_the_response(void **state)
{
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_true(came(state) > 0);
  assert_true(http_pair_conn()->chat.allowance < 1000);
  next_allowance();
  assert_true(http_pair_conn()->chat.allowance == UINT64_MAX);
}

/* Handlers that are missing, or close at the beginning. */

static void a_command_need_not_handle_more_than_requests(void **state)
{
  http_pair.request = ask_for_body;
  http_pair_says(state, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab");
  http_respond_error(&http_pair_conn()->exchange, 404, NULL);
  http_pair_answered("HTTP/1.1 404 ");
  put(http_pair.peer, "GET\r\n\r\n");
  passes(*state, 2);
  http_pair_answered("HTTP/1.1 400 ");
}

static void a_handler_may_close_at_the_beginning(void **state)
{
  http_pair.begin = close_at_end;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_calls("begin GET / HTTP/1.1, end 0");
}

static void also_of_a_request_that_is_malformed(void **state)
{
  http_pair.begin = close_at_end;
  http_pair_says(state, "GET\r\n\r\n");
  assert_calls("begin GET, end 0");
  assert_int_equal(error_of_read(http_pair.peer), UV_ECONNRESET);
}

/* `n` requests in one piece. */
static void says_many(int n)
{
  char text[128 * 64];
  size_t length = 0;
  for (int i = 0; i < n; i++)
    length += (size_t)sprintf(text + length, "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
  put(http_pair.peer, text);
}

static void many_requests_at_once_are_all_answered(void **state)
{
  http_pair.silent = true;
  says_many(100);
  while (http_pair.ended < 100)
    pass(*state);
  assert_true(is_in(&http_pair.http.resting));
  assert_int_equal(http_pair_conn()->input.length, 0);
}

static unsigned ended_before;

static void note_other(struct http_exchange *x, const struct http_request *r)
{
  if (span_is(r->path, "/other"))
    ended_before = http_pair.ended;
  http_respond_start(x, 204);
  http_respond_nothing(x);
}

/* Both connections have input when the pass begins, the pipeline first. */
static void a_long_pipeline_lets_others_have_their_turn(void **state)
{
  int other = http_pair_connect();
  passes(*state, 2);
  http_pair.silent = true;
  http_pair.request = note_other;
  ended_before = 0;
  says_many(100);
  put(other, "GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
  while (http_pair.ended < 101)
    pass(*state);
  assert_int_equal(ended_before, 64);
  close(other);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      HTTP_TEST(one_that_says_nothing_can_be_spared_after_a_second),
      HTTP_TEST(each_phase_has_its_deadline),
      HTTP_TEST(a_body_that_never_comes_is_cut),
      HTTP_TEST(a_late_head_is_told_so),
      HTTP_TEST(a_client_that_waits_is_told_to_go_on),
      HTTP_TEST(a_client_that_did_not_wait_is_not),
      HTTP_TEST(a_body_that_is_too_long_is_refused),
      HTTP_TEST(a_chunked_body_comes_without_its_chunks),
      HTTP_TEST(a_chunked_body_that_is_too_long_is_refused),
      HTTP_TEST(a_malformed_chunk_is_refused),
      HTTP_TEST(a_chunked_body_that_nobody_wants_is_dropped),
      HTTP_TEST(a_malformed_chunk_of_it_ends_the_connection),
      HTTP_TEST(so_does_more_of_it_than_is_dropped),
      HTTP_TEST(a_body_too_long_to_be_dropped_is_not_waited_for),
      HTTP_TEST(nor_is_one_that_the_client_holds_back),
      HTTP_TEST(a_request_without_a_body_says_so),
      HTTP_TEST(a_malformed_head_is_refused),
      HTTP_TEST(something_else_than_http_is_refused_at_once),
      HTTP_TEST(a_handler_may_close_the_connection),
      HTTP_TEST(the_handler_of_the_body_s_end_too),
      HTTP_TEST(a_request_waits_until_the_one_before_has_its_response),
      HTTP_TEST(a_response_to_a_client_that_left_fails),
      HTTP_TEST(a_client_that_leaves_within_a_body_ends_the_exchange),
      HTTP_TEST(one_that_leaves_at_rest_has_not_failed),
      HTTP_TEST(a_server_that_stops_keeps_no_connection),
      HTTP_TEST(it_closes_those_that_rest),
      HTTP_TEST(one_that_rests_is_closed_in_good_order),
      HTTP_TEST(one_that_does_not_is_reset),
      HTTP_TEST(a_client_that_takes_its_response_keeps_the_pace),
      cmocka_unit_test_setup_teardown(one_that_takes_nothing_for_long_is_cut, open_with_stalls,
                                      http_pair_close),
      cmocka_unit_test_setup_teardown(one_that_takes_it_in_bursts_is_not, open_with_stalls,
                                      http_pair_close),
      cmocka_unit_test_setup_teardown(one_that_takes_less_than_the_pace_is_cut, open_with_stalls,
                                      http_pair_close),
      cmocka_unit_test_setup_teardown(what_a_unix_socket_took_counts_as_acknowledged,
                                      open_with_stalls, http_pair_close),
      cmocka_unit_test_setup_teardown(a_body_that_comes_in_bursts_is_waited_for, open_with_stalls,
                                      http_pair_close),
      cmocka_unit_test_setup_teardown(those_that_stalled_longest_make_room_first, open_with_stalls,
                                      http_pair_close),
      cmocka_unit_test_setup_teardown(a_client_that_still_takes_its_response_is_not_idle,
                                      open_with_half_a_minute, http_pair_close),
      cmocka_unit_test_setup_teardown(one_that_does_not_is_closed, open_with_half_a_minute,
                                      http_pair_close),
      cmocka_unit_test_setup_teardown(a_slow_rate_is_given_by_the_second, open_slow,
                                      http_pair_close),
      cmocka_unit_test_setup_teardown(a_faster_one_by_the_tenth_of_a_second, open_faster,
                                      http_pair_close),
      cmocka_unit_test_setup_teardown(the_limit_ends_with_the_response, open_slow, http_pair_close),
      cmocka_unit_test_setup_teardown(a_command_need_not_handle_more_than_requests,
                                      http_pair_open_bare, http_pair_close),
      HTTP_TEST(a_handler_may_close_at_the_beginning),
      HTTP_TEST(also_of_a_request_that_is_malformed),
      HTTP_TEST(many_requests_at_once_are_all_answered),
      HTTP_TEST(a_long_pipeline_lets_others_have_their_turn),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
