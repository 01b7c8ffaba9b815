/* What the head of an answer means to who asked. */
#include "tests/unit/lib/harness.h"

#include "cmd/cli/exit_code.h"
#include "cmd/fetch/verdict.h"
#include "core/base/buffer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t now = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */

static struct http_response response;

/* `text` is a head without its version and its last two ends of a line. */
static void answer(const char *text, bool to_head)
{
  static char head[1024];
  int n = snprintf(head, sizeof head, "HTTP/1.1 %s\n\n", text);
  assert_true(n > 0 && (size_t)n < sizeof head);
  if (!http_parse_response(&response, head, (size_t)n, to_head))
    fail_msg("%s: %s", text, response.reason);
}

static void say_failure(struct buffer *out, const struct failure *f)
{
  static const char *const again[] = {
      [FAILURE_FINAL] = "",
      [FAILURE_TRANSIENT] = " transient",
      [FAILURE_INVITED] = " invited",
  };
  buffer_printf(out, " %d%s%s", f->code, again[f->again], f->keeps ? " keeps" : "");
  if (f->wait_ms > 0)
    buffer_printf(out, " in %" PRIu64 " ms", f->wait_ms);
  buffer_printf(out, ": %s", f->error.text);
}

static void say_form(struct buffer *out, const struct judgement *j)
{
  if (j->form.resumes)
    buffer_printf(out, " behind");
  if (j->form.is_coded)
    buffer_printf(out, j->form.coding == HTTP_GZIP ? " gzip" : " deflate");
  if (j->expected != UINT64_MAX)
    buffer_printf(out, " %" PRIu64 " bytes%s", j->expected, j->is_exact ? " exactly" : "");
  if (j->is_error)
    say_failure(out, &j->failure);
}

/* The verdict as a person would say it, into `out`. */
static void judge(struct buffer *out, const struct verdict_question *asked)
{
  static const char *const words[] = {
      [VERDICT_SAVE] = "save",           [VERDICT_COMPLETE] = "complete",
      [VERDICT_NOTHING] = "nothing",     [VERDICT_FOLLOW] = "follow ",
      [VERDICT_START_OVER] = "new part", [VERDICT_FAIL] = "fail",
  };
  struct judgement j;
  enum verdict verdict = verdict_of(asked, &response, now, &j);
  buffer_printf(out, "%s", words[verdict]);
  if (verdict == VERDICT_SAVE || verdict == VERDICT_COMPLETE)
    say_form(out, &j);
  else if (verdict == VERDICT_FAIL)
    say_failure(out, &j.failure);
  else if (verdict == VERDICT_FOLLOW)
    http_url_print(out, &j.to);
  if (j.is_at_most)
    buffer_printf(out, " at most");
  if (j.why && verdict != VERDICT_FAIL)
    buffer_printf(out, " (%s)", j.why);
  if (verdict == VERDICT_FOLLOW)
    http_url_release(&j.to);
}

struct row {
  const char *head, *means;
};

/* `asked` without its URL; GET unless it says something else. */
static void assert_judged(struct verdict_question asked, const struct row *rows, size_t n)
{
  struct http_url url;
  assert_int_equal(http_url_parse(&url, span_of("https://a.example/dir/file"), NULL), 0);
  asked.url = &url;
  asked.method = asked.method ? asked.method : "GET";
  for (size_t i = 0; i < n; i++) {
    struct buffer said = {0};
    answer(rows[i].head, strcmp(asked.method, "HEAD") == 0);
    judge(&said, &asked);
    char *text = buffer_take_text(&said);
    if (strcmp(text, rows[i].means) != 0)
      fail_msg("%s\n%s, not %s", rows[i].head, text, rows[i].means);
    free(text);
  }
  http_url_release(&url);
}

/* Redirects. */

static void a_redirect_is_followed(void **state)
{
  static const struct row rows[] = {
      {"301 Moved\nLocation: other", "follow https://a.example/dir/other"},
      {"302 Found\nLocation: /", "follow https://a.example/"},
      {"303 See Other\nLocation: https://b.example", "follow https://b.example/"},
      {"307 X\nLocation: //b.example:81/x", "follow https://b.example:81/x"},
      {"308 X\nLocation: ?q", "follow https://a.example/dir/file?q"},
      {"302 Found\nLocation: /a\nLocation: /a", "follow https://a.example/a"},
      {"302 Found\nLocation: /a\nLocation: /b", "fail 1: redirect with two different Locations"},
      {"302 Found\nLocation: http://a.example/",
       "fail 1: redirect from https to http is not followed"},
      {"302 Found", "save"}, /* to nowhere: what it shows is all there is */
      {"300 Multiple Choices\nLocation: /a", "save"},
      {"201 Created\nLocation: /a", "save"},
  };
  static const struct row not_followed[] = {
      {"301 Moved\nLocation: other", "save"},
  };
  (void)state;
  assert_judged((struct verdict_question){.follows = true}, rows, LENGTH(rows));
  assert_judged((struct verdict_question){.follows = true, .any_status = true}, rows, 6);
  assert_judged(
      (struct verdict_question){
          .follows = true, .have = 5, .validator = "\"v1\"", .size = UINT64_MAX},
      rows, 6);
  assert_judged((struct verdict_question){.follows = false}, not_followed, 1);
}

static void a_redirect_to_no_place_to_go_says_why(void **state)
{
  struct judgement j;
  struct http_url url;
  (void)state;
  assert_int_equal(http_url_parse(&url, span_of("http://a.example"), NULL), 0);
  answer("302 Found\nLocation: ftp://b.example/", false);
  struct verdict_question asked = {.url = &url, .method = "GET", .follows = true};
  assert_int_equal(verdict_of(&asked, &response, now, &j), VERDICT_FAIL);
  assert_int_equal(j.failure.code, EXIT_FAILED);
  assert_int_equal(j.failure.again, FAILURE_FINAL);
  assert_non_null(strstr(j.failure.error.text, "redirect to an invalid Location: "));
  http_url_release(&url);
}

/* Statuses. */

static void a_status_is_an_answer_or_a_failure(void **state)
{
  static const struct row rows[] = {
      {"200 OK", "save"},
      {"200 OK\nContent-Length: 7", "save"}, /* which is for the framing to say */
      {"204 No Content", "save"},
      {"304 Not Modified", "save"},
      {"101 Switching Protocols", "fail 56: the server switched to another protocol"},
      {"400 Bad Request", "fail 22: HTTP 400 Bad Request"},
      {"404 ", "fail 22: HTTP 404"},
      {"404", "fail 22: HTTP 404"},
      {"416 Range Not Satisfiable", "fail 22: HTTP 416 Range Not Satisfiable"},
      {"501 Not Implemented", "fail 22: HTTP 501 Not Implemented"},
      {"999 Odd", "fail 22: HTTP 999 Odd"},
  };
  (void)state;
  assert_judged((struct verdict_question){0}, rows, LENGTH(rows));
}

static void every_status_is_an_answer_to_who_wants_all(void **state)
{
  static const struct row rows[] = {
      {"200 OK\nContent-Encoding: br", "save"},
      {"404 Not Found", "save"},
      {"503 Busy\nRetry-After: 7", "save"},
      {"101 Switching Protocols", "save"},
      {"301 Moved\nLocation: other", "save"},
      {"206 Part\nContent-Range: bytes 0-1/2", "save"},
      {"304 Not Modified", "save"},
  };
  (void)state;
  assert_judged((struct verdict_question){.any_status = true}, rows, LENGTH(rows));
  assert_judged((struct verdict_question){.any_status = true, .keeps_file = true}, rows,
                LENGTH(rows));
}

static void a_file_that_is_the_same_still_is_left(void **state)
{
  static const struct row rows[] = {{"304 Not Modified\nETag: \"v1\"", "nothing"}};
  (void)state;
  assert_judged((struct verdict_question){.keeps_file = true}, rows, 1);
  assert_judged((struct verdict_question){.keeps_file = true, .range = "0-4"}, rows, 1);
  assert_judged(
      (struct verdict_question){
          .keeps_file = true, .have = 5, .validator = "\"v1\"", .size = UINT64_MAX},
      rows, 1);
}

static void what_speaks_of_now_may_be_asked_again(void **state)
{
  static const struct row rows[] = {
      {"408 Late", "fail 22 transient keeps: HTTP 408 Late"},
      {"500 Oops", "fail 22 transient keeps: HTTP 500 Oops"},
      {"503 Busy", "fail 22 transient keeps: HTTP 503 Busy"},
      {"429 Often", "fail 22 invited keeps: HTTP 429 Often"},
      {"503 Busy\nRetry-After: 7", "fail 22 invited keeps in 7000 ms: HTTP 503 Busy"},
      {"503 Busy\nRetry-After: 0", "fail 22 invited keeps: HTTP 503 Busy"},
      {"429 Often\nRetry-After: Sun, 06 Nov 1994 08:49:47 GMT",
       "fail 22 invited keeps in 10000 ms: HTTP 429 Often"},
      {"404 Not Found\nRetry-After: 7", "fail 22 in 7000 ms: HTTP 404 Not Found"},
  };
  (void)state;
  assert_judged((struct verdict_question){0}, rows, LENGTH(rows));
  assert_judged((struct verdict_question){.error_body = true, .tries_again = true}, rows,
                LENGTH(rows) - 1);
}

/* --error-body, and no try is to follow. */
static void the_body_of_an_error_is_saved_at_the_last_try(void **state)
{
  static const struct row rows[] = {
      {"404 Not Found", "save 22: HTTP 404 Not Found"},
      {"404 Not Found\nContent-Encoding: gzip", "save gzip 22: HTTP 404 Not Found"},
      {"503 Busy\nRetry-After: 7", "save 22 invited keeps in 7000 ms: HTTP 503 Busy"},
      {"404 Not Found\nContent-Encoding: br",
       "fail 56: the server used a content coding that was not requested: br"},
  };
  (void)state;
  assert_judged((struct verdict_question){.error_body = true, .decodes = true}, rows, LENGTH(rows));
  assert_judged((struct verdict_question){.error_body = true, .decodes = true, .range = "0-4"},
                rows, LENGTH(rows));
  assert_judged((struct verdict_question){.error_body = true, .decodes = true, .tries_again = true},
                rows, 2);
}

static const char br[] = "fail 56: the server used a content coding that was not requested: br";

/* The rest of a part. */

static const char not_longer[] = "new part (the server's file is not longer than what is kept)";
static const char changed[] = "new part (the server's file has changed)";
static const char not_the_rest[] =
    "new part (the server did not send just the bytes behind what is kept)";
static const char neither[] = "new part (the server sent neither all of it nor the rest)";

static void the_rest_goes_behind_the_part(void **state)
{
  static const struct row rows[] = {
      {"206 Part\nContent-Range: bytes 5-9/10", "save behind 5 bytes"},
      {"206 Part\nContent-Range: bytes 5-9/10\nContent-Length: 5", "save behind 5 bytes"},
      {"206 Part\nContent-Range: bytes 5-9/10\nTransfer-Encoding: chunked", "save behind 5 bytes"},
      {"206 Part\nContent-Range: bytes 5-9/10\nETag: \"v1\"", "save behind 5 bytes"},
      {"206 Part\nContent-Range: bytes 5-9/10\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
       "save behind 5 bytes"}, /* the tag is what counts */
      {"206 Part\nContent-Range: bytes 5-18446744073709551613/18446744073709551614",
       "save behind 18446744073709551609 bytes"},
      {"206 Part\nContent-Range: bytes 5-9/*", "save behind 5 bytes"},
      {"206 Part\nContent-Range: bytes 5-9/*\nContent-Length: 5", "save behind 5 bytes"},
      {"404 Not Found", "fail 22: HTTP 404 Not Found"},
      {"503 Busy", "fail 22 transient keeps: HTTP 503 Busy"},
  };
  (void)state;
  assert_judged((struct verdict_question){.have = 5, .validator = "\"v1\"", .size = UINT64_MAX},
                rows, LENGTH(rows));
}

static void what_is_not_the_rest_is_started_over(void **state)
{
  static const char *const heads[] = {
      "206 Part",
      "206 Part\nContent-Range: bytes 0-9/10",
      "206 Part\nContent-Range: bytes 4-9/10",
      "206 Part\nContent-Range: bytes 6-9/10",
      "206 Part\nContent-Range: bytes 5-8/10", /* not to the end */
      "206 Part\nContent-Range: bytes 4-9/*",
      "206 Part\nContent-Range: bytes 5-9/*\nContent-Length: 6",
      "206 Part\nContent-Range: bytes */10",
      "206 Part\nContent-Range: bytes 5-9/9",
      "206 Part\nContent-Range: bytes 9-5/10",
      "206 Part\nContent-Range: lines 5-9/10",
      "206 Part\nContent-Range: bytes 5-9/10\nContent-Length: 4",
      "206 Part\nContent-Range: bytes 5-9/10\nContent-Length: 6",
      "206 Part\nContent-Range: bytes 5-9/10\nContent-Range: bytes 5-9/10",
      "206 Part\nContent-Range: bytes 5-9/10\nContent-Encoding: gzip",
      "206 Part\nContent-Type: multipart/byteranges; boundary=x",
      "206 Part\nContent-Range: bytes 5-9/10\nContent-Type: multipart/byteranges; boundary=x",
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(heads); i++) {
    const struct row row = {heads[i], not_the_rest};
    assert_judged((struct verdict_question){.have = 5, .validator = "\"v1\"", .size = UINT64_MAX},
                  &row, 1);
  }
}

static void the_size_of_before_tells_whether_it_is_the_rest(void **state)
{
  static const struct row rows[] = {
      {"206 Part\nContent-Range: bytes 5-9/10", "save behind 5 bytes"},
      {"206 Part\nContent-Range: bytes 5-9/*", "save behind 5 bytes"},
      {"206 Part\nContent-Range: bytes 5-8/*", not_the_rest},
      {"206 Part\nContent-Range: bytes 5-10/*", not_the_rest},
      {"206 Part\nContent-Range: bytes 5-10/11", changed},
      {"416 Beyond\nContent-Range: bytes */5", changed},
  };
  (void)state;
  assert_judged((struct verdict_question){.have = 5, .validator = "\"v1\"", .size = 10}, rows,
                LENGTH(rows));
}

static void a_coding_that_the_name_says_may_stand_at_the_rest(void **state)
{
  static const struct row rows[] = {
      {"206 Part\nContent-Range: bytes 5-9/10\nContent-Encoding: x-gzip", "save behind 5 bytes"},
      {"206 Part\nContent-Range: bytes 5-9/10\nContent-Encoding: gzip, gzip", not_the_rest},
      {"206 Part\nContent-Range: bytes 5-9/10\nContent-Encoding: br", not_the_rest},
  };
  (void)state;
  assert_judged(
      (struct verdict_question){
          .have = 5, .validator = "\"v1\"", .size = UINT64_MAX, .name = span_of("a.tgz")},
      rows, LENGTH(rows));
}

/* RFC 9110 14.4: Content-Range means nothing in a 200, but what has one may be a part. */
static void all_of_it_is_taken_if_its_length_allows(void **state)
{
  static const struct row rows[] = {
      {"200 OK\nContent-Length: 10", "save (the server does not resume it)"},
      {"200 OK\nETag: \"v1\"\nContent-Length: 10",
       "save 10 bytes exactly (the server does not resume it)"},
      {"200 OK\nETag: \"v1\"\nContent-Length: 5", neither},
      {"200 OK\nETag: \"v1\"", "save 10 bytes exactly (the server does not resume it)"},
      {"200 OK\nETag: \"v2\"\nContent-Length: 7", "save (the server's file has changed)"},
      {"200 OK\nContent-Length: 7\nContent-Range: bytes 0-6/7",
       "save 7 bytes exactly (the server does not resume it)"},
      {"200 OK\nContent-Length: 5\nContent-Range: bytes 5-9/10", neither},
      {"200 OK\nContent-Length: 5\nContent-Range: bytes 5-9/*", neither},
      {"200 OK\nContent-Length: 5\nContent-Range: bytes 5-9", neither},
      {"200 OK\nContent-Range: bytes 5-9/10", neither},
      {"200 OK\nETag: \"v1\"\nContent-Range: bytes 0-9/10", neither}, /* cut it would be kept */
      {"200 OK\nETag: \"v2\"\nContent-Length: 5\nContent-Range: bytes 5-9/10", neither},
  };
  static const struct row unknown[] = {
      {"200 OK\nContent-Length: 7", "save"},
      {"200 OK\nContent-Length: 7\nContent-Range: items 0-6/70", "save"},
  };
  static const struct row doubts[] = {
      {"200 OK\nContent-Length: 7", "save"},
      {"200 OK\nContent-Length: 5\nContent-Range: bytes 5-9/10",
       "fail 56: the server sent part of the file as if it were all"},
      {"200 OK\nContent-Length: 10\nContent-Range: bytes 5-9/10", "save 10 bytes exactly"},
  };
  (void)state;
  assert_judged((struct verdict_question){.have = 5, .validator = "\"v1\"", .size = 10}, rows,
                LENGTH(rows));
  assert_judged((struct verdict_question){.seems_whole = 5, .size = UINT64_MAX}, unknown,
                LENGTH(unknown));
  assert_judged((struct verdict_question){.doubts = true, .size = 10}, doubts, LENGTH(doubts));
}

static void a_part_may_be_the_whole_already(void **state)
{
  static const struct row rows[] = {
      {"416 Beyond\nContent-Range: bytes */5", "complete behind"},
      {"416 Beyond\nContent-Range: bytes */5\nETag: \"v1\"", "complete behind"},
      {"416 Beyond\nContent-Range: bytes */4", not_longer},
      {"416 Beyond\nContent-Range: bytes */6", not_longer},
      {"416 Beyond\nContent-Range: bytes 0-4/*", not_longer},
      {"416 Beyond", not_longer},
      {"416 Beyond\nContent-Range: bytes */5\nETag: \"v2\"", changed},
  };
  (void)state;
  assert_judged((struct verdict_question){.have = 5, .validator = "\"v1\"", .size = UINT64_MAX},
                rows, LENGTH(rows));
}

/* FILE is there, and what is behind its 5 bytes was asked for. */
static void a_file_may_be_whole_already(void **state)
{
  static const struct row rows[] = {
      {"416 Beyond\nContent-Range: bytes */5", "nothing (the server's file has the same length)"},
      {"416 Beyond\nContent-Range: bytes */5\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
       "nothing (the server's file has the same length)"},
      {"416 Beyond\nContent-Range: bytes */5\nLast-Modified: Sun, 06 Nov 1994 08:49:38 GMT",
       "new part (the server's file is newer)"},
      {"412 No", "new part (the server's file is newer)"},
      {"416 Beyond\nContent-Range: bytes */4", "new part (the server's file is shorter)"},
      {"416 Beyond", "new part at most"},
      {"206 Part\nContent-Range: bytes 5-9/10", "new part (the server's file is longer)"},
      {"200 OK\nContent-Length: 5", "save"}, /* which it may be, with other bytes */
      {"404 Not Found", "fail 22: HTTP 404 Not Found"},
  };
  (void)state;
  assert_judged((struct verdict_question){.seems_whole = 5, .size = UINT64_MAX, .modified = now},
                rows, LENGTH(rows));
}

/* ... which a server may tell only with all of it. */
static void the_length_of_all_of_it_may_be_that_of_the_file(void **state)
{
  static const struct row rows[] = {
      {"200 OK\nContent-Length: 5", "nothing (the server's file has the same length)"},
      {"200 OK\nContent-Length: 4", "save (the server's file is another one)"},
      {"200 OK", "save (the server's file is another one)"},
      {"200 OK\nContent-Length: 5\nLast-Modified: Sun, 06 Nov 1994 08:49:38 GMT",
       "save (the server's file is another one)"},
      {"200 OK\nContent-Length: 5\nContent-Encoding: br", br},
  };
  (void)state;
  assert_judged((struct verdict_question){.at_most = 5, .doubts = true, .modified = now}, rows,
                LENGTH(rows));
}

static void only_a_newer_file_is_wanted(void **state)
{
  static const struct row rows[] = {
      {"304 Not Modified", "nothing (the server's file is not newer)"},
      {"200 OK\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
       "nothing (the server's file is not newer)"},
      {"200 OK\nLast-Modified: Sun, 06 Nov 1994 08:49:38 GMT", "save"},
      {"200 OK\nLast-Modified: today", "save"},
      {"200 OK", "save"},
      {"404 Not Found", "fail 22: HTTP 404 Not Found"},
  };
  (void)state;
  assert_judged((struct verdict_question){.only_newer = true, .modified = now, .keeps_file = true},
                rows, LENGTH(rows));
}

/* Of a server that knows Range, and not If-Range. */
static void the_rest_of_something_else_is_seen_to_be(void **state)
{
  static const struct row tag[] = {
      {"206 Part\nContent-Range: bytes 5-9/10\nETag: \"v2\"", changed},
      {"206 Part\nContent-Range: bytes 5-9/10\nETag: W/\"v1\"", changed},
      {"206 Part\nContent-Range: bytes 5-9/10\nETag: \"v1", changed},
      {"206 Part\nContent-Range: bytes 0-1/2\nETag: \"v2\"", changed},
  };
  static const struct row date[] = {
      {"206 Part\nContent-Range: bytes 5-9/10\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
       "save behind 5 bytes"},
      {"206 Part\nContent-Range: bytes 5-9/10", "save behind 5 bytes"},
      {"206 Part\nContent-Range: bytes 5-9/10\nETag: \"v2\"", "save behind 5 bytes"},
      {"206 Part\nContent-Range: bytes 5-9/10\nLast-Modified: Sun, 06 Nov 1994 08:49:38 GMT",
       changed},
  };
  (void)state;
  assert_judged((struct verdict_question){.have = 5, .validator = "\"v1\"", .size = UINT64_MAX},
                tag, LENGTH(tag));
  assert_judged((struct verdict_question){.have = 5,
                                          .validator = "Sun, 06 Nov 1994 08:49:37 GMT",
                                          .size = UINT64_MAX},
                date, LENGTH(date));
}

/* Ranges. */

static const char another[] = "fail 56: the server sent another range than requested";
static const char unheeded[] = "fail 1: the server ignores --range and sends the whole file";

static void a_range_is_heeded_or_the_transfer_fails(void **state)
{
  static const struct row rows[] = {
      {"206 Part\nContent-Range: bytes 2-5/10", "save 4 bytes"},
      {"206 Part\nContent-Range: bytes 2-5/10\nContent-Length: 4", "save 4 bytes"},
      {"206 Part\nContent-Range: bytes 2-3/4", "save 2 bytes"}, /* it ends before */
      {"206 Part\nContent-Range: bytes 2-5/*", "save 4 bytes"},
      {"206 Part\nContent-Range: bytes 2-5/10\nContent-Length: 5", another},
      {"206 Part\nContent-Range: bytes 2-4/10", another},
      {"206 Part\nContent-Range: bytes 2-6/10", another},
      {"206 Part\nContent-Range: bytes 3-5/10", another},
      {"206 Part\nContent-Range: bytes */10", another},
      {"206 Part\nContent-Range: bytes 2-5/10\nContent-Range: bytes 2-5/10", another},
      {"206 Part\nContent-Range: bytes 5-2/10", another},
      {"206 Part", another},
      {"200 OK", unheeded},
      {"416 Beyond\nContent-Range: bytes */1", "fail 22: HTTP 416 Beyond"},
  };
  (void)state;
  assert_judged((struct verdict_question){.range = "2-5"}, rows, LENGTH(rows));
}

/* Without the size it is seen from where the range begins, and that it is no longer. */
static void a_range_of_unknown_size_may_be_another_one_too(void **state)
{
  static const struct row two_to_five[] = {
      {"206 Part\nContent-Range: bytes 2-3/*", "save 2 bytes"}, /* it may end there */
      {"206 Part\nContent-Range: bytes 3-5/*", another},
      {"206 Part\nContent-Range: bytes 2-6/*", another},
      {"206 Part\nContent-Range: bytes 12-15/*", another},
  };
  static const struct row from_two[] = {
      {"206 Part\nContent-Range: bytes 2-3/*", "save 2 bytes"},
      {"206 Part\nContent-Range: bytes 0-3/*", another},
  };
  static const struct row last_two[] = {
      {"206 Part\nContent-Range: bytes 7-8/*", "save 2 bytes"}, /* nobody can tell */
      {"206 Part\nContent-Range: bytes 0-18446744073709551615/*", another},
  };
  (void)state;
  assert_judged((struct verdict_question){.range = "2-5"}, two_to_five, LENGTH(two_to_five));
  assert_judged((struct verdict_question){.range = "2-"}, from_two, LENGTH(from_two));
  assert_judged((struct verdict_question){.range = "-2"}, last_two, LENGTH(last_two));
  assert_judged((struct verdict_question){.range = " -2"}, last_two, LENGTH(last_two));
}

static void a_range_that_cannot_be_is_not_answered_by_another(void **state)
{
  static const struct row rows[] = {
      {"206 Part\nContent-Range: bytes 0-9/10", another},
      {"206 Part\nContent-Range: bytes 20-29/30", "save 10 bytes"},
  };
  (void)state;
  assert_judged((struct verdict_question){.range = "20-29"}, rows, LENGTH(rows));
}

static void the_end_of_it_may_be_asked_for(void **state)
{
  static const struct row last_three[] = {
      {"206 Part\nContent-Range: bytes 7-9/10", "save 3 bytes"},
      {"206 Part\nContent-Range: bytes 0-1/2", "save 2 bytes"},
      {"206 Part\nContent-Range: bytes 6-9/10", another},
      {"206 Part\nContent-Range: bytes 0-3/10", another},
      {"200 OK\nContent-Length: 2", unheeded},
  };
  static const struct row from_three[] = {
      {"206 Part\nContent-Range: bytes 3-9/10", "save 7 bytes"},
      {"206 Part\nContent-Range: bytes 3-8/10", another},
  };
  (void)state;
  assert_judged((struct verdict_question){.range = "-3"}, last_three, LENGTH(last_three));
  assert_judged((struct verdict_question){.range = "3-"}, from_three, LENGTH(from_three));
}

static void several_ranges_come_in_parts_or_as_one(void **state)
{
  static const struct row rows[] = {
      {"206 Part\nContent-Type: multipart/byteranges; boundary=x", "save"},
      {"206 Part\nContent-Range: bytes 0-1/2", "save 2 bytes"}, /* the only one there is */
      {"206 Part\nContent-Range: bytes */10", another},
      {"206 Part\nContent-Range: bytes 0-1/10\nContent-Length: 3", another},
      {"200 OK", unheeded},
  };
  (void)state;
  assert_judged((struct verdict_question){.range = "0-1,5-6"}, rows, LENGTH(rows));
}

static void the_answer_to_HEAD_brings_no_part(void **state)
{
  static const struct row rows[] = {
      {"200 OK\nContent-Length: 10", "save"},
      {"206 Part\nContent-Range: bytes 2-5/10\nContent-Length: 4", "save"},
      {"206 Part\nContent-Range: bytes 0-9/10", another},
  };
  (void)state;
  assert_judged((struct verdict_question){.method = "HEAD", .range = "2-5"}, rows, LENGTH(rows));
}

static void a_part_that_nobody_asked_for_is_refused(void **state)
{
  static const struct row rows[] = {
      {"206 Part\nContent-Range: bytes 0-9/10",
       "fail 56: the server sent part of the file, unasked"},
      {"206 Part", "fail 56: the server sent part of the file, unasked"},
  };
  static const struct row own[] = {
      {"206 Part\nContent-Range: bytes 0-9/10", "save"},
      {"206 Part\nContent-Range: lines 1-2/10", "save"},
      {"206 Part", "save"},
      {"200 OK", "save"},
  };
  (void)state;
  assert_judged((struct verdict_question){0}, rows, LENGTH(rows));
  assert_judged((struct verdict_question){.own_range = true}, own,
                LENGTH(own)); /* -H 'Range: ...' */
}

/* Codings. */

static const char twice[] = "fail 56: the server used a content coding that was not requested: "
                            "gzip, deflate";

static void the_codings_that_were_asked_for_are_taken_off(void **state)
{
  static const struct row rows[] = {
      {"200 OK\nContent-Encoding: gzip", "save gzip"},
      {"200 OK\nContent-Encoding: X-GZip", "save gzip"},
      {"200 OK\nContent-Encoding: deflate", "save deflate"},
      {"200 OK\nContent-Encoding: identity", "save"},
      {"200 OK\nContent-Encoding: ", "save"},
      {"200 OK\nContent-Encoding: identity, gzip", "save gzip"},
      {"200 OK\nContent-Encoding: gzip, identity", "save gzip"},
      {"200 OK\nContent-Encoding: br", br},
      {"200 OK\nContent-Encoding: gzip, deflate", twice},
      {"200 OK\nContent-Encoding: gzip;q=1",
       "fail 56: the server used a content coding that was not requested: gzip;q=1"},
      {"204 No Content\nContent-Encoding: br", "save"}, /* of no body */
  };
  static const struct row head[] = {{"200 OK\nContent-Encoding: br", "save"}};
  (void)state;
  assert_judged((struct verdict_question){.decodes = true}, rows, LENGTH(rows));
  assert_judged((struct verdict_question){.decodes = true, .method = "HEAD"}, head, 1);
}

static void a_coding_that_was_not_asked_for_is_refused(void **state)
{
  static const struct row rows[] = {
      {"200 OK\nContent-Encoding: gzip",
       "fail 56: the server used a content coding that was not requested: gzip"},
      {"200 OK\nContent-Encoding: br", br},
      {"200 OK\nContent-Encoding: identity", "save"},
  };
  static const struct row own[] = {
      {"200 OK\nContent-Encoding: gzip", "save"},
      {"200 OK\nContent-Encoding: br", "save"},
      {"200 OK\nContent-Encoding: gzip, deflate", "save"},
  };
  (void)state;
  assert_judged((struct verdict_question){0}, rows, LENGTH(rows));
  assert_judged((struct verdict_question){.have = 5, .validator = "\"v1\"", .size = UINT64_MAX},
                rows, LENGTH(rows) - 1);
  assert_judged((struct verdict_question){.own_coding = true}, own, LENGTH(own));
}

static void a_gzip_file_stays_one(void **state)
{
  static const struct row rows[] = {
      {"200 OK\nContent-Encoding: gzip\nContent-Type: application/gzip", "save"},
      {"200 OK\nContent-Encoding: x-gzip\nContent-Type: application/x-gzip", "save"},
      {"200 OK\nContent-Encoding: gzip\nContent-Type: Application/X-TGZ; a=b", "save"},
      {"200 OK\nContent-Encoding: gzip\nContent-Type: application/x-tar", "save gzip"},
      {"200 OK\nContent-Encoding: deflate\nContent-Type: application/gzip", "save deflate"},
      {"200 OK\nContent-Encoding: gzip, deflate\nContent-Type: application/gzip", "save deflate"},
      {"200 OK\nContent-Encoding: deflate, gzip\nContent-Type: application/gzip", "save deflate"},
      {"200 OK\nContent-Encoding: br\nContent-Type: application/gzip", br},
  };
  (void)state;
  assert_judged((struct verdict_question){.decodes = true}, rows, LENGTH(rows));
  assert_judged((struct verdict_question){0}, rows, 3);
}

/* RFC 9110 5.3: a list may be spread over several fields. */
static void the_codings_may_stand_in_several_fields(void **state)
{
  static const struct row rows[] = {
      {"200 OK\nContent-Encoding: identity\nContent-Encoding: gzip", "save gzip"},
      {"200 OK\nContent-Encoding: gzip\nContent-Encoding: br", br},
      {"200 OK\nContent-Encoding: gzip\nContent-Encoding: deflate",
       "fail 56: the server used a content coding that was not requested: deflate"},
  };
  (void)state;
  assert_judged((struct verdict_question){.decodes = true}, rows, LENGTH(rows));
}

/* Validators. */

static void a_strong_validator_is_found_or_none(void **state)
{
  static const char minute[] = "Sun, 06 Nov 1994 08:48:37 GMT";
  static const struct {
    const char *head, *validator;
  } rows[] = {
      {"200 OK\nETag: \"v1\"", "\"v1\""},
      {"200 OK\nETag: \"\"", "\"\""},
      {"200 OK\nETag: \"v1\"\nDate: Sun, 06 Nov 1994 08:49:37 GMT\n"
       "Last-Modified: Sun, 06 Nov 1994 08:48:37 GMT",
       "\"v1\""},
      {"200 OK\nETag: W/\"v1\"", NULL},
      {"200 OK\nETag: v1", NULL},
      {"200 OK\nETag: \"", NULL},
      {"200 OK\nETag: W/\"v1\"\nDate: Sun, 06 Nov 1994 08:49:37 GMT\n"
       "Last-Modified: Sun, 06 Nov 1994 08:48:37 GMT",
       NULL}, /* RFC 9110 13.1.5: the date is for files without a tag */
      {"200 OK\nDate: Sun, 06 Nov 1994 08:49:37 GMT\n"
       "Last-Modified: Sun, 06 Nov 1994 08:48:37 GMT",
       minute},
      {"200 OK\nDate: Sun, 06 Nov 1994 08:49:37 GMT\n"
       "Last-Modified: Sun, 06 Nov 1994 08:49:36 GMT",
       "Sun, 06 Nov 1994 08:49:36 GMT"}, /* a second is enough (RFC 9110 8.8.2.2) */
      {"200 OK\nDate: Sun, 06 Nov 1994 08:49:37 GMT\n"
       "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
       NULL}, /* it may change again within it */
      {"200 OK\nDate: Sun, 06 Nov 1994 08:49:37 GMT\n"
       "Last-Modified: Sun, 06 Nov 1994 08:49:38 GMT",
       NULL},
      {"200 OK\nLast-Modified: Sun, 06 Nov 1994 08:48:37 GMT", NULL}, /* by whose clock? */
      {"200 OK\nDate: today\nLast-Modified: Sun, 06 Nov 1994 08:48:37 GMT", NULL},
      {"200 OK\nDate: Sun, 06 Nov 1994 08:49:37 GMT\nLast-Modified: yesterday", NULL},
      {"200 OK", NULL},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    answer(rows[i].head, false);
    struct span found = verdict_validator(&response, now);
    if (rows[i].validator ? !found.data || !span_is(found, rows[i].validator) : found.data != NULL)
      fail_msg("%s\n%.*s", rows[i].head, (int)found.length, found.data ? found.data : "");
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_redirect_is_followed),
      TEST(a_redirect_to_no_place_to_go_says_why),
      TEST(a_status_is_an_answer_or_a_failure),
      TEST(every_status_is_an_answer_to_who_wants_all),
      TEST(a_file_that_is_the_same_still_is_left),
      TEST(what_speaks_of_now_may_be_asked_again),
      TEST(the_body_of_an_error_is_saved_at_the_last_try),
      TEST(the_rest_goes_behind_the_part),
      TEST(what_is_not_the_rest_is_started_over),
      TEST(the_size_of_before_tells_whether_it_is_the_rest),
      TEST(a_coding_that_the_name_says_may_stand_at_the_rest),
      TEST(all_of_it_is_taken_if_its_length_allows),
      TEST(a_part_may_be_the_whole_already),
      TEST(a_file_may_be_whole_already),
      TEST(the_length_of_all_of_it_may_be_that_of_the_file),
      TEST(only_a_newer_file_is_wanted),
      TEST(the_rest_of_something_else_is_seen_to_be),
      TEST(a_range_is_heeded_or_the_transfer_fails),
      TEST(a_range_of_unknown_size_may_be_another_one_too),
      TEST(a_range_that_cannot_be_is_not_answered_by_another),
      TEST(the_end_of_it_may_be_asked_for),
      TEST(several_ranges_come_in_parts_or_as_one),
      TEST(the_answer_to_HEAD_brings_no_part),
      TEST(a_part_that_nobody_asked_for_is_refused),
      TEST(the_codings_that_were_asked_for_are_taken_off),
      TEST(a_coding_that_was_not_asked_for_is_refused),
      TEST(a_gzip_file_stays_one),
      TEST(the_codings_may_stand_in_several_fields),
      TEST(a_strong_validator_is_found_or_none),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
