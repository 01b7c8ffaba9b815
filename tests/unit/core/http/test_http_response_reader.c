/* A response read as it comes, cut anywhere. */
#include "tests/unit/lib/harness.h"

#include "core/http/response_reader.h"

#include <stdio.h>
#include <stdlib.h>

/* What came of a stream: "interim 103, head 200, [hello], whole", with what the end said when it
 * was not whole before; and how much was left unused. */
struct story {
  char text[1024];
  size_t length, left;
  bool in_body; /* the last thing told was a piece of the body */
};

static void tell(struct story *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(struct story *s, const char *format, ...)
{
  va_list args;
  const char *comma = s->length > 0 ? ", " : "";
  s->length += (size_t)snprintf(s->text + s->length, sizeof s->text - s->length, "%s", comma);
  va_start(args, format);
  s->length += (size_t)vsnprintf(s->text + s->length, sizeof s->text - s->length, format, args);
  va_end(args);
  assert_true(s->length < sizeof s->text);
  s->in_body = false;
}

/* Pieces of the body that follow each other are one. */
static void tell_piece(struct story *s, struct span piece)
{
  assert_true(piece.length > 0);
  if (s->in_body)
    s->text[--s->length] = '\0'; /* the bracket */
  else
    tell(s, "[");
  size_t room = sizeof s->text - s->length;
  s->length += (size_t)snprintf(s->text + s->length, room, "%.*s]", (int)piece.length, piece.data);
  s->in_body = true;
}

/* False when nothing more comes. */
static bool tell_event(struct story *s, const struct http_response_reader *r, enum http_event event,
                       struct span piece)
{
  switch (event) {
  case HTTP_INTERIM:
    tell(s, "interim %u", r->response.status);
    return true;
  case HTTP_HEAD_CAME:
    tell(s, "head %u", r->response.status);
    return true;
  case HTTP_BODY_CAME:
    tell_piece(s, piece);
    return true;
  case HTTP_WHOLE:
    tell(s, "whole");
    return false;
  case HTTP_MALFORMED:
    tell(s, "%s", r->reason);
    return false;
  default:
    return true;
  }
}

static const char *const endings[] = {
    [HTTP_ENDED_WHOLE] = "ended whole",
    [HTTP_ENDED_EMPTY] = "ended empty",
    [HTTP_ENDED_IN_HEAD] = "ended in head",
    [HTTP_ENDED_IN_BODY] = "ended in body",
};

/* One piece of the stream; false when nothing more comes. */
static bool feed(struct story *s, struct http_response_reader *r, const char *data, size_t n,
                 size_t *used)
{
  enum http_event event;
  *used = 0;
  do {
    struct span piece;
    size_t taken;
    event = http_response_reader_next(r, data + *used, n - *used, &taken, &piece);
    assert_true(taken <= n - *used);
    if (event == HTTP_BODY_CAME) {
      assert_true(piece.data >= data + *used);
      assert_true(piece.data + piece.length <= data + *used + taken);
    }
    *used += taken;
    if (!tell_event(s, r, event, piece))
      return false;
  } while (event != HTTP_NEEDS_MORE);
  assert_int_equal(*used, n);
  return true;
}

/* Reads `n` bytes that come as so many at first and then in pieces of `step`. */
static void read_stream(struct story *s, const char *data, size_t n, bool to_head, size_t first,
                        size_t step)
{
  static struct http_response_reader r;
  size_t at = 0, given = first < n ? first : n, used;
  memset(&r, 0xa5, sizeof r);
  memset(s, 0, sizeof *s);
  http_response_reader_init(&r, to_head);
  bool more = true;
  while (more && at < n) {
    more = feed(s, &r, data + at, given, &used);
    at += used;
    given = n - at < step ? n - at : step;
  }
  s->left = n - at;
  if (more)
    tell(s, "%s", endings[http_response_reader_end(&r)]);
  else if (!r.reason)
    assert_int_equal(http_response_reader_end(&r), HTTP_ENDED_WHOLE);
  http_response_reader_release(&r);
}

struct row {
  const char *stream, *story;
  size_t left;
};

static void assert_tells(const struct row *row, const struct story *s, const char *how)
{
  if (strcmp(s->text, row->story) != 0)
    fail_msg("%s, %s: %s", row->story, how, s->text);
}

/* At once, cut in two at every byte, and byte by byte. */
static void assert_stories(const struct row *rows, size_t count, bool to_head)
{
  static struct story s;
  for (size_t i = 0; i < count; i++) {
    size_t n = strlen(rows[i].stream);
    for (size_t first = 0; first <= n; first++) {
      read_stream(&s, rows[i].stream, n, to_head, first > 0 ? first : n, n);
      assert_tells(&rows[i], &s, "cut in two");
    }
    read_stream(&s, rows[i].stream, n, to_head, 1, 1);
    assert_tells(&rows[i], &s, "byte by byte");
    read_stream(&s, rows[i].stream, n, to_head, n, n);
    if (strstr(rows[i].story, "whole"))
      assert_int_equal(s.left, rows[i].left);
  }
}

#define OK      "HTTP/1.1 200 OK\r\n"
#define LENGTH5 OK "Content-Length: 5\r\n\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

static void a_body_ends_where_its_head_says(void **state)
{
  static const struct row rows[] = {
      {LENGTH5 "hello", "head 200, [hello], whole", 0},
      {LENGTH5 "hellox", "head 200, [hello], whole", 1},
      {LENGTH5 "helloHTTP/1.1 200 OK\r\n\r\n", "head 200, [hello], whole", 19},
      {"HTTP/1.1 404 No\nContent-Length: 5\n\nhello", "head 404, [hello], whole", 0},
      {OK "Content-Length: 0\r\n\r\n", "head 200, whole", 0},
      {OK "Content-Length: 0\r\n\r\nx", "head 200, whole", 1},
      {CHUNKED "0\r\n\r\n", "head 200, whole", 0},
      {CHUNKED "0\r\n\r\nx", "head 200, whole", 1},
      {CHUNKED "2\r\nhe\r\n3;x\r\nllo\r\n0\r\n\r\n", "head 200, [hello], whole", 0},
      {CHUNKED "5\r\nhello\r\n0\r\nA: b\r\n\r\n", "head 200, [hello], whole", 0},
      {OK "\r\n", "head 200, ended whole", 0},
      {OK "\r\nhello", "head 200, [hello], ended whole", 0},
      {"HTTP/1.0 200 OK\r\n\r\nhello\r\n", "head 200, [hello\r\n], ended whole", 0},
      {"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello", "head 204, whole", 5},
      {"HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "head 304, whole", 3},
  };
  static const struct row to_head[] = {
      {OK "\r\nhello", "head 200, whole", 5},
      {LENGTH5, "head 200, whole", 0},
      {LENGTH5 "hello", "head 200, whole", 5},
      {CHUNKED, "head 200, whole", 0},
      {"HTTP/1.1 103 A\r\n\r\n" LENGTH5, "interim 103, head 200, whole", 0},
  };
  (void)state;
  assert_stories(rows, LENGTH(rows), false);
  assert_stories(to_head, LENGTH(to_head), true);
}

static void interim_responses_come_before_the_final_one(void **state)
{
  static const struct row rows[] = {
      {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" LENGTH5 "hello",
       "interim 103, head 200, [hello], whole", 0},
      {"HTTP/1.1 100\r\n\r\nHTTP/1.1 100 \n\nHTTP/1.1 102 A\r\nContent-Length: 5\r\n\r\n" LENGTH5
       "hello",
       "interim 100, interim 100, interim 102, head 200, [hello], whole", 0},
      {"HTTP/1.1 101 Switching\r\nUpgrade: a\r\n\r\nhello", "head 101, whole", 5},
      {"HTTP/1.1 100 A\r\n\r\n", "interim 100, ended empty", 0},
      {"HTTP/1.1 100 A\r\n\r\nHT", "interim 100, ended in head", 0},
      {"HTTP/1.1 100 A\r\n\r\n\r\n", "interim 100, no status line: HTTP/0.9, or not HTTP", 0},
      {"HTTP/1.1 100 A\r\nContent-Length: x\r\n\r\n", "malformed Content-Length", 0},
  };
  (void)state;
  assert_stories(rows, LENGTH(rows), false);
}

static void an_end_that_came_too_early_is_told_by_where(void **state)
{
  static const struct row rows[] = {
      {"H", "ended in head", 0},
      {"HTTP/1.1 200 OK", "ended in head", 0},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "ended in head", 0},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r", "ended in head", 0},
      {LENGTH5, "head 200, ended in body", 0},
      {LENGTH5 "hell", "head 200, [hell], ended in body", 0},
      {CHUNKED, "head 200, ended in body", 0},
      {CHUNKED "5", "head 200, ended in body", 0},
      {CHUNKED "5\r\nhel", "head 200, [hel], ended in body", 0},
      {CHUNKED "5\r\nhello", "head 200, [hello], ended in body", 0},
      {CHUNKED "5\r\nhello\r\n", "head 200, [hello], ended in body", 0},
      {CHUNKED "5\r\nhello\r\n0\r\n", "head 200, [hello], ended in body", 0},
      {CHUNKED "5\r\nhello\r\n0\r\nA: b\r\n", "head 200, [hello], ended in body", 0},
      {CHUNKED "5\r\nhello\r\n0\r\n\r", "head 200, [hello], ended in body", 0},
  };
  static struct story s;
  (void)state;
  assert_stories(rows, LENGTH(rows), false);
  read_stream(&s, "", 0, false, 0, 1);
  assert_string_equal(s.text, "ended empty");
}

static void what_is_malformed_is_told_by_its_reason(void **state)
{
  static const struct row rows[] = {
      {"<html>hello", "no status line: HTTP/0.9, or not HTTP", 0},
      {"\r\n" LENGTH5, "no status line: HTTP/0.9, or not HTTP", 0},
      {"\x15\x03\x01", "this is TLS, not HTTP", 0},
      {"HTTP/2 200\r\n\r\n", "a version of HTTP other than 1", 0},
      {"HTTP/1.1 20 OK\r\n\r\n", "malformed status", 0},
      {OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "two Content-Lengths that differ",
       0},
      {"HTTP/1.1 200 OK\r\n A: b\r\n\r\n", "a line that begins with white space", 0},
      {CHUNKED "x\r\n", "head 200, malformed chunk size", 0},
      {CHUNKED "2\r\nhello", "head 200, [he], no end of line after a chunk", 0},
      {CHUNKED "2\r\nhe\r\n0\r\nA\r\n", "head 200, [he], malformed trailer field", 0},
  };
  (void)state;
  assert_stories(rows, LENGTH(rows), false);
}

static void a_head_without_end_is_refused_at_its_longest(void **state)
{
  static const char end[] = "\r\n\r\nhi";
  static struct story s;
  size_t n = HTTP_LONGEST_RESPONSE_HEAD * 4;
  char *data = malloc(n);
  (void)state;
  assert_non_null(data);
  memset(data, 'x', n);
  memcpy(data, OK "A: ", sizeof OK + 2);
  read_stream(&s, data, n, false, n, n);
  assert_string_equal(s.text, "the head is too long");
  assert_int_equal(n - s.left, HTTP_LONGEST_RESPONSE_HEAD + 1);
  read_stream(&s, data, n, false, 1, 1000);
  assert_string_equal(s.text, "the head is too long");
  assert_int_equal(n - s.left, HTTP_LONGEST_RESPONSE_HEAD + 1);
  /* The longest that passes. */
  memcpy(data + HTTP_LONGEST_RESPONSE_HEAD - 4, end, sizeof end - 1);
  read_stream(&s, data, HTTP_LONGEST_RESPONSE_HEAD + 2, false, 7, 999);
  assert_string_equal(s.text, "head 200, [hi], ended whole");
  free(data);
}

static void lines_without_end_are_refused_by_the_thousand(void **state)
{
  static struct story s;
  static char data[HTTP_LONGEST_RESPONSE_HEAD + 8];
  size_t n = (size_t)snprintf(data, sizeof data, OK);
  (void)state;
  while (n + 4 < sizeof data)
    n += (size_t)snprintf(data + n, sizeof data - n, "a:\r\n");
  read_stream(&s, data, n, false, 5, 11);
  assert_string_equal(s.text, "the head is too long");
}

static size_t start(struct http_response_reader *r, const char *head)
{
  struct span piece;
  size_t used;
  http_response_reader_init(r, false);
  assert_int_equal(http_response_reader_bulk(r), 0);
  assert_int_equal(http_response_reader_next(r, head, strlen(head), &used, &piece), HTTP_HEAD_CAME);
  return used;
}

/* How many events of interim responses come of `count` of them, and what the last event is. */
static enum http_event interim_events(unsigned count, unsigned *came)
{
  static const char one[] = "HTTP/1.1 103 Early Hints\r\n\r\n";
  struct http_response_reader r;
  enum http_event event = HTTP_NEEDS_MORE;
  http_response_reader_init(&r, false);
  *came = 0;
  for (unsigned i = 0; i < count && event != HTTP_MALFORMED; i++) {
    struct span piece;
    size_t used;
    event = http_response_reader_next(&r, one, sizeof one - 1, &used, &piece);
    *came += event == HTTP_INTERIM;
  }
  if (event == HTTP_MALFORMED)
    assert_string_equal(r.reason, "too many interim responses");
  http_response_reader_release(&r);
  return event;
}

static void interim_responses_do_not_come_for_ever(void **state)
{
  unsigned came;
  (void)state;
  assert_int_equal(interim_events(HTTP_MOST_INTERIM, &came), HTTP_INTERIM);
  assert_int_equal(came, HTTP_MOST_INTERIM);
  assert_int_equal(interim_events(HTTP_MOST_INTERIM + 5, &came), HTTP_MALFORMED);
  assert_int_equal(came, HTTP_MOST_INTERIM);
}

static void bytes_of_the_body_may_be_moved_unseen(void **state)
{
  static struct http_response_reader r;
  struct span piece;
  size_t used;
  (void)state;

  start(&r, LENGTH5);
  assert_int_equal(http_response_reader_bulk(&r), 5);
  assert_int_equal(http_response_reader_next(&r, "he", 2, &used, &piece), HTTP_BODY_CAME);
  assert_int_equal(http_response_reader_bulk(&r), 3);
  assert_int_equal(http_response_reader_moved(&r, 0), HTTP_NEEDS_MORE);
  assert_int_equal(http_response_reader_moved(&r, 2), HTTP_NEEDS_MORE);
  assert_int_equal(http_response_reader_end(&r), HTTP_ENDED_IN_BODY);
  assert_int_equal(http_response_reader_moved(&r, 1), HTTP_WHOLE);
  assert_int_equal(http_response_reader_bulk(&r), 0);
  assert_int_equal(r.body, 5);
  assert_int_equal(http_response_reader_end(&r), HTTP_ENDED_WHOLE);
  http_response_reader_release(&r);

  start(&r, OK "\r\n");
  assert_true(http_response_reader_bulk(&r) == UINT64_MAX);
  assert_int_equal(http_response_reader_moved(&r, 7), HTTP_NEEDS_MORE);
  assert_true(http_response_reader_bulk(&r) == UINT64_MAX);
  assert_int_equal(http_response_reader_end(&r), HTTP_ENDED_WHOLE);
  assert_int_equal(r.body, 7);
  http_response_reader_release(&r);

  start(&r, CHUNKED);
  assert_int_equal(http_response_reader_bulk(&r), 0);
  assert_int_equal(http_response_reader_next(&r, "5\r\nhe", 5, &used, &piece), HTTP_BODY_CAME);
  assert_int_equal(http_response_reader_bulk(&r), 0);
  assert_int_equal(r.body, 2);
  http_response_reader_release(&r);

  start(&r, "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n");
  assert_int_equal(http_response_reader_bulk(&r), 0);
  assert_int_equal(http_response_reader_next(&r, NULL, 0, &used, &piece), HTTP_WHOLE);
  http_response_reader_release(&r);
}

static void the_last_head_stays_until_the_next_begins(void **state)
{
  static const char stream[] = "HTTP/1.1 103 A\r\nLink: b\r\n\r\n" LENGTH5 "hello";
  static struct http_response_reader r;
  struct span piece;
  size_t used, at;
  (void)state;
  http_response_reader_init(&r, false);
  assert_int_equal(http_response_reader_next(&r, stream, sizeof stream - 1, &at, &piece),
                   HTTP_INTERIM);
  assert_int_equal(http_response_reader_next(&r, stream + at, 0, &used, &piece), HTTP_NEEDS_MORE);
  assert_true(span_is(r.response.line, "HTTP/1.1 103 A"));
  assert_int_equal(r.head.length, strlen("HTTP/1.1 103 A\r\nLink: b\r\n\r\n"));
  assert_int_equal(
      http_response_reader_next(&r, stream + at, sizeof stream - 1 - at, &used, &piece),
      HTTP_HEAD_CAME);
  at += used;
  assert_int_equal(http_response_reader_next(&r, stream + at, 5, &used, &piece), HTTP_BODY_CAME);
  assert_true(span_is(r.response.line, "HTTP/1.1 200 OK"));
  assert_int_equal(r.head.length, strlen(LENGTH5));
  assert_memory_equal(buffer_data(&r.head), LENGTH5, r.head.length);
  http_response_reader_release(&r);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_body_ends_where_its_head_says),
      TEST(interim_responses_come_before_the_final_one),
      TEST(an_end_that_came_too_early_is_told_by_where),
      TEST(what_is_malformed_is_told_by_its_reason),
      TEST(a_head_without_end_is_refused_at_its_longest),
      TEST(lines_without_end_are_refused_by_the_thousand),
      TEST(interim_responses_do_not_come_for_ever),
      TEST(bytes_of_the_body_may_be_moved_unseen),
      TEST(the_last_head_stays_until_the_next_begins),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
