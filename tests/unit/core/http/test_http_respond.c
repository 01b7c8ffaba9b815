/* Responses as the peer gets them: heads, bodies, pages, and what is sent to HEAD. */
#include "tests/unit/lib/http_pair.h"

#include "core/http/respond.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
  const struct CMUnitTest tests[] = {
      HTTP_TEST(a_page_says_the_status_and_why),
      HTTP_TEST(a_page_without_a_reason_says_the_status_again),
      HTTP_TEST(a_page_has_room_for_a_reason_of_any_length),
      HTTP_TEST(a_page_shows_markup_in_its_reason_as_text),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
