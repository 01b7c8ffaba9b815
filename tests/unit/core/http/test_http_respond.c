/* Responses as the peer gets them: heads, bodies, pages, and what is sent to HEAD. */
#include "tests/unit/lib/http_pair.h"

#include "core/http/respond.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static const char *why;
static char got[256 * 1024];

static void refuse_with_page(struct http_exchange *x, const struct http_request *r)
{
  (void)r;
  http_respond_error(x, 404, why);
}

/* What follows the head of what the peer got, and its Content-Length. */
static const char *body_of(unsigned long *length)
{
  const char *end = strstr(got, "\r\n\r\n"), *field = strstr(got, "Content-Length: ");
  assert_non_null(end);
  assert_non_null(field);
  *length = strtoul(field + strlen("Content-Length: "), NULL, 10);
  return end + 4;
}

static void ask(void **state, const char *method)
{
  char text[64];
  snprintf(text, sizeof text, "%s / HTTP/1.1\r\nHost: a\r\n\r\n", method);
  http_pair_says(state, text);
  http_pair_gets(state, got, sizeof got);
}

static void a_page_says_the_status_and_why(void **state)
{
  unsigned long length;
  why = "nothing is there";
  http_pair.request = refuse_with_page;
  ask(state, "GET");
  const char *page = body_of(&length);
  assert_int_equal(length, strlen(page));
  assert_non_null(strstr(page, "<h1>404 Not Found</h1>\n<p>Nothing is there.\n"));
}

static void a_page_without_a_reason_says_the_status_again(void **state)
{
  unsigned long length;
  why = NULL;
  http_pair.request = refuse_with_page;
  ask(state, "GET");
  assert_non_null(strstr(body_of(&length), "<p>Not Found.\n"));
}

static void a_page_has_room_for_a_reason_of_any_length(void **state)
{
  char text[3000];
  unsigned long length;
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  why = text;
  http_pair.request = refuse_with_page;
  ask(state, "GET");
  const char *page = body_of(&length);
  assert_int_equal(length, strlen(page));
  assert_non_null(strstr(page, "<p>Xxxx"));
  assert_string_equal(page + length - strlen("xxxx.\n</html>\n"), "xxxx.\n</html>\n");
}

static void a_page_shows_markup_in_its_reason_as_text(void **state)
{
  unsigned long length;
  why = "<b>\"you\" & me";
  http_pair.request = refuse_with_page;
  ask(state, "GET");
  assert_non_null(strstr(body_of(&length), "<p>&lt;b&gt;&quot;you&quot; &amp; me.\n"));
}

/* Bodies. */

enum { LONG = 200 * 1024 }; /* more than leaves in one piece with the head */

static void (*finish_with)(struct http_exchange *x);
static unsigned status;

static void start_long(struct http_exchange *x, const struct http_request *r)
{
  (void)r;
  http_respond_start(x, status);
  http_respond_length(x, LONG);
  finish_with(x);
}

static uint8_t *pattern(void)
{
  static uint8_t data[LONG];
  fill_pattern(data, LONG, 0);
  return data;
}

static void finish_with_copy(struct http_exchange *x)
{
  http_respond_copy(x, pattern(), LONG);
}

static void finish_with_shared(struct http_exchange *x)
{
  struct shared_bytes *b = shared_bytes_new(pattern(), LONG);
  http_respond_shared(x, b, 0, LONG);
  shared_bytes_drop(b);
}

static void finish_with_producer(struct http_exchange *x)
{
  http_respond_producer(x, producer_bytes(pattern(), LONG));
}

static void finish_with_producers(struct http_exchange *x)
{
  struct list parts;
  struct producer *p;
  list_init(&parts);
  list_append(&parts, &producer_bytes(pattern(), LONG / 2)->link);
  list_append(&parts, &producer_bytes(pattern() + LONG / 2, LONG / 2)->link);
  http_respond_producers(x, &parts);
  struct list *node;
  while ((node = list_pop(&parts)) != NULL) {
    p = container_of(node, struct producer, link);
    producer_release(p);
  }
}

static void (*const ways[])(struct http_exchange *x) = {
    finish_with_copy, finish_with_shared, finish_with_producer, finish_with_producers};

/* All of a response with a body of LONG bytes, of which it returns the first. */
static const uint8_t *get_long(void **state)
{
  size_t n = 0;
  const char *end = NULL;
  put(http_pair.peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  while (!end || n < (size_t)(end + 4 - got) + LONG) {
    passes(*state, 1);
    if (is_readable(http_pair.peer))
      n += take(http_pair.peer, got + n, sizeof got - 1 - n);
    got[n] = '\0';
    end = strstr(got, "\r\n\r\n");
  }
  assert_int_equal(n, (size_t)(end + 4 - got) + LONG);
  return (const uint8_t *)end + 4;
}

static void each_way_sends_a_body_of_any_length(void **state)
{
  http_pair.request = start_long;
  status = 200;
  for (size_t i = 0; i < LENGTH(ways); i++) {
    finish_with = ways[i];
    assert_pattern(get_long(state), LONG, 0);
    assert_int_equal(http_pair.ended, i + 1);
    assert_int_equal(http_pair.outcome.bytes, LONG);
  }
}

static void no_way_sends_a_body_to_head(void **state)
{
  http_pair.request = start_long;
  status = 200;
  for (size_t i = 0; i < LENGTH(ways); i++) {
    unsigned long length;
    finish_with = ways[i];
    ask(state, "HEAD");
    assert_string_equal(body_of(&length), "");
    assert_int_equal(length, LONG);
    assert_int_equal(http_pair.outcome.bytes, 0);
  }
}

static void finish_without_memory(struct http_exchange *x)
{
  http_respond_producer(x, NULL);
}

static void finish_with_no_producers(struct http_exchange *x)
{
  struct list none;
  list_init(&none);
  http_respond_producers(x, &none);
}

static void a_response_that_fails_cuts_the_connection(void **state)
{
  http_pair.request = start_long;
  status = 200;
  finish_with = finish_without_memory;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(error_of_read(http_pair.peer), UV_ECONNRESET);
  assert_int_equal(http_pair.server.counters->failed, 1);
}

static void so_does_one_of_an_empty_list(void **state)
{
  http_pair.request = start_long;
  status = 200;
  finish_with = finish_with_no_producers;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(error_of_read(http_pair.peer), UV_ECONNRESET);
  assert_int_equal(http_pair.server.counters->failed, 1);
}

static void finish_with_an_error(struct http_exchange *x)
{
  writer_note(&http_exchange_server(x)->writer, UV_ENOMEM);
  http_respond_producer(x, producer_bytes("x", 1));
}

static void so_does_one_whose_head_found_no_memory(void **state)
{
  http_pair.request = start_long;
  status = 200;
  finish_with = finish_with_an_error;
  http_pair_says(state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(error_of_read(http_pair.peer), UV_ECONNRESET);
  assert_int_equal(http_pair.server.counters->failed, 1);
}

/* Heads. */

static void say_document(struct http_exchange *x, const struct http_request *r)
{
  (void)r;
  http_respond_start(x, status);
  http_respond_document(x, span_is(r->path, "/json"));
  http_respond_field(x, "X-Number", "%d", 42);
  http_respond_lines(x, "X-Line: a\r\n", strlen("X-Line: a\r\n"));
  http_respond_length(x, 0);
  http_respond_nothing(x);
}

static void a_head_has_the_fields_in_their_order(void **state)
{
  http_pair.request = say_document;
  status = 201;
  http_pair_says(state, "GET /json HTTP/1.1\r\nHost: a\r\n\r\n");
  http_pair_gets(state, got, sizeof got);
  assert_memory_equal(got, "HTTP/1.1 201 Created\r\nServer: anet/", 35);
  const char *date = strstr(got, "\r\nDate: ");
  assert_non_null(date);
  assert_string_equal(strchr(date + 2, '\n') + 1,
                      "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
                      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
                      "form-action 'self'\r\nX-Number: 42\r\nX-Line: a\r\n"
                      "Content-Length: 0\r\n\r\n");
}

static void a_document_is_html_unless_json_is_asked_for(void **state)
{
  http_pair.request = say_document;
  status = 200;
  ask(state, "GET");
  assert_non_null(strstr(got, "Content-Type: text/html; charset=utf-8\r\n"));
}

static void a_head_says_whether_the_connection_is_kept(void **state)
{
  static const struct {
    const char *request, *field;
  } cases[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", NULL},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "\r\nConnection: keep-alive\r\n"},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "\r\nConnection: close\r\n"},
  };
  for (size_t i = 0; i < LENGTH(cases); i++) {
    http_pair_says(state, cases[i].request);
    http_pair_gets(state, got, sizeof got);
    if (cases[i].field)
      assert_non_null(strstr(got, cases[i].field));
    else
      assert_null(strstr(got, "Connection:"));
  }
  passes(*state, 1);
  assert_int_equal(http_pair.server.open, 0);
}

static void a_status_without_a_name_has_that_of_its_class(void **state)
{
  (void)state;
  assert_string_equal(http_status_words(404), "Not Found");
  assert_string_equal(http_status_words(299), "Success");
  assert_string_equal(http_status_words(599), "Server Error");
  assert_string_equal(http_status_words(700), "Unknown");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      HTTP_TEST(a_page_says_the_status_and_why),
      HTTP_TEST(a_page_without_a_reason_says_the_status_again),
      HTTP_TEST(a_page_has_room_for_a_reason_of_any_length),
      HTTP_TEST(a_page_shows_markup_in_its_reason_as_text),
      HTTP_TEST(each_way_sends_a_body_of_any_length),
      HTTP_TEST(no_way_sends_a_body_to_head),
      HTTP_TEST(a_response_that_fails_cuts_the_connection),
      HTTP_TEST(so_does_one_of_an_empty_list),
      HTTP_TEST(so_does_one_whose_head_found_no_memory),
      HTTP_TEST(a_head_has_the_fields_in_their_order),
      HTTP_TEST(a_document_is_html_unless_json_is_asked_for),
      HTTP_TEST(a_head_says_whether_the_connection_is_kept),
      HTTP_TEST(a_status_without_a_name_has_that_of_its_class),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
