/* A connection of the HTTP server: which deadline it has in each of its phases, and what happens
 * when that is over. No test waits for a clock: a deadline is made older, and its queue told to
 * look. */
#include "tests/unit/lib/http_pair.h"

#include "core/http/respond.h"

#include <stdio.h>
#include <string.h>
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

static void a_body_that_never_comes_is_cut(void **state)
{
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  http_pair_says(state, "1");
  due(&http_pair.http.pace);
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
      HTTP_TEST(many_requests_at_once_are_all_answered),
      HTTP_TEST(a_long_pipeline_lets_others_have_their_turn),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
