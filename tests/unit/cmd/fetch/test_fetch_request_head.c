/* The heads that fetch sends, to the byte, and what may not stand in them. */
#include "tests/unit/lib/harness.h"

#include "cmd/fetch/request_body.h"
#include "cmd/fetch/request_head.h"

#include <stdio.h>

#define AGENT "User-Agent: anet/" ANET_VERSION "\r\n"

static const char *const none[] = {NULL};

static struct error error;

static struct fetch_options no_options(void)
{
  return (struct fetch_options){.headers = none, .data = none, .json = none, .form = none};
}

/* Heads. */

/* A request of the URL, with everything that a test may change. */
struct request_case {
  struct fetch_options options;
  struct request_body body;
  struct http_url url, origin, proxy;
  struct request_head request;
};

static void parse(struct http_url *u, const char *text)
{
  if (http_url_parse(u, span_of(text), &error))
    fail_msg("%s", error.text);
}

static void ask(struct request_case *a, const char *url)
{
  *a = (struct request_case){.options = no_options()};
  parse(&a->url, url);
  parse(&a->origin, url);
  a->request = (struct request_head){
      .options = &a->options, .url = &a->url, .origin = &a->origin, .method = "GET"};
}

static void go_to(struct request_case *a, const char *url)
{
  http_url_release(&a->url);
  parse(&a->url, url);
}

static void through(struct request_case *a, const char *proxy)
{
  parse(&a->proxy, proxy);
  a->request.proxy = &a->proxy;
}

static void assert_prints(struct request_case *a, const char *want)
{
  struct buffer out = {0};
  assert_int_equal(request_head_check(&a->options, &error), 0);
  assert_int_equal(request_head_print(&out, &a->request), 0);
  buffer_append(&out, "", 1);
  assert_string_equal((const char *)buffer_data(&out), want);
  buffer_release(&out);
}

static void done_with(struct request_case *a)
{
  http_url_release(&a->url);
  http_url_release(&a->origin);
  if (a->request.proxy)
    http_url_release(&a->proxy);
}

static void a_URL_is_asked_for(void **state)
{
  struct request_case a;
  (void)state;
  ask(&a, "http://Example.com/a%20b?c=d#e");
  assert_prints(&a, "GET /a%20b?c=d HTTP/1.1\r\n"
                    "Host: example.com\r\n" AGENT "Accept: */*\r\n"
                    "Accept-Encoding: identity\r\n"
                    "Connection: close\r\n\r\n");
  done_with(&a);
}

static void the_host_has_the_port_unless_it_is_the_schemes(void **state)
{
  static const struct {
    const char *url, *host;
  } rows[] = {
      {"http://a:80/", "Host: a\r\n"},   {"http://a:443/", "Host: a:443\r\n"},
      {"https://a:443/", "Host: a\r\n"}, {"http://[::1]:8080/", "Host: [::1]:8080\r\n"},
      {"http://u:p@a/", "Host: a\r\n"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct request_case a;
    struct buffer out = {0};
    ask(&a, rows[i].url);
    assert_int_equal(request_head_print(&out, &a.request), 0);
    buffer_append(&out, "", 1);
    const char *host = strstr((const char *)buffer_data(&out), "Host:");
    assert_non_null(host);
    assert_memory_equal(host, rows[i].host, strlen(rows[i].host));
    buffer_release(&out);
    done_with(&a);
  }
}

static void a_raw_request_is_as_short_as_can_be(void **state)
{
  struct request_case a;
  (void)state;
  ask(&a, "http://a/b");
  a.request.raw = true;
  assert_prints(&a, "GET /b HTTP/1.0\r\nHost: a\r\n\r\n");
  a.options.agent = "me/1";
  assert_prints(&a, "GET /b HTTP/1.0\r\nHost: a\r\nUser-Agent: me/1\r\n\r\n");
  done_with(&a);
}

static void options_change_the_head(void **state)
{
  struct request_case a;
  (void)state;
  ask(&a, "http://a/");
  a.options.http10 = true;
  a.options.agent = "me/1";
  a.options.range = "0-99";
  a.request.method = "PURGE";
  a.request.decodes = true;
  assert_prints(&a, "PURGE / HTTP/1.0\r\nHost: a\r\nUser-Agent: me/1\r\nAccept: */*\r\n"
                    "Accept-Encoding: gzip, deflate\r\nConnection: close\r\n"
                    "Range: bytes=0-99\r\n\r\n");
  done_with(&a);
}

static void own_fields_add_replace_and_remove(void **state)
{
  static const char *const headers[] = {"X-One: 1",
                                        "x-two:2 ",
                                        "X-Empty;",
                                        "Accept:",
                                        "Accept-Language:   en, de\t",
                                        "user-agent: me",
                                        "HOST: other:1",
                                        "X-One: again",
                                        "connection: keep-alive",
                                        NULL};
  struct request_case a;
  (void)state;
  ask(&a, "http://a/");
  a.options.headers = headers;
  assert_prints(&a, "GET / HTTP/1.1\r\n"
                    "Accept-Encoding: identity\r\n"
                    "X-One: 1\r\n"
                    "x-two: 2\r\n"
                    "X-Empty: \r\n"
                    "Accept-Language: en, de\r\n"
                    "user-agent: me\r\n"
                    "HOST: other:1\r\n"
                    "X-One: again\r\n"
                    "connection: keep-alive\r\n\r\n");
  assert_true(request_head_has_own(&a.options, "accept"));
  assert_true(request_head_has_own(&a.options, "x-empty"));
  assert_false(request_head_has_own(&a.options, "accept-encoding"));
  done_with(&a);
}

static void a_part_is_asked_for_the_rest(void **state)
{
  struct request_case a;
  (void)state;
  ask(&a, "http://a/");
  a.request.raw = true; /* for a short head */
  a.request.resume_from = 5000000000;
  a.request.if_range = "\"v1\"";
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\nRange: bytes=5000000000-\r\n"
                    "If-Range: \"v1\"\r\n\r\n");
  done_with(&a);
}

/* `Aladdin:open sesame` of RFC 7617 2. */
static void credentials_of_the_URL_or_the_option_are_sent(void **state)
{
  struct request_case a;
  (void)state;
  ask(&a, "http://Aladdin:open%20sesame@a/");
  a.request.raw = true;
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\n"
                    "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
  a.options.user = "a:b"; /* before those of the URL */
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\nAuthorization: Basic YTpi\r\n\r\n");
  a.options.user = "a:";
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\nAuthorization: Basic YTo=\r\n\r\n");
  a.options.headers = (const char *const[]){"Authorization: Bearer x", NULL};
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\nAuthorization: Bearer x\r\n\r\n");
  a.options.headers = (const char *const[]){"Authorization:", NULL};
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  done_with(&a);
  ask(&a, "http://u@a/");
  a.request.raw = true;
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\nAuthorization: Basic dTo=\r\n\r\n");
  done_with(&a);
}

static void what_is_meant_for_the_origin_goes_nowhere_else(void **state)
{
  static const char *const places[] = {"http://b/c", "http://a:81/c", "https://a/c",
                                       "http://u:p@b/c"};
  static const char *const hosts[] = {"b", "a:81", "a", "b"};
  static const char *const headers[] = {"authorization: x", "COOKIE: x", "Proxy-Authorization: x",
                                        "Host: x",          "X-Y: z",    NULL};
  struct request_case a;
  char want[128];
  (void)state;
  ask(&a, "http://u:p@a/");
  a.request.raw = true;
  for (size_t i = 0; i < LENGTH(places); i++) {
    go_to(&a, places[i]);
    a.options = no_options();
    a.options.user = "u:p";
    snprintf(want, sizeof want, "GET /c HTTP/1.0\r\nHost: %s\r\n\r\n", hosts[i]);
    assert_prints(&a, want);
    a.options.headers = headers;
    snprintf(want, sizeof want, "GET /c HTTP/1.0\r\nHost: %s\r\nX-Y: z\r\n\r\n", hosts[i]);
    assert_prints(&a, want);
  }
  go_to(&a, "http://A:80/c"); /* and back */
  a.options.headers = none;
  assert_prints(&a, "GET /c HTTP/1.0\r\nHost: a\r\nAuthorization: Basic dTpw\r\n\r\n");
  done_with(&a);
}

static void a_proxy_is_asked_for_the_whole_URL(void **state)
{
  struct request_case a;
  (void)state;
  ask(&a, "http://u:p@a:8080/b?c");
  a.request.raw = true;
  through(&a, "http://proxy:3128");
  assert_prints(&a, "GET http://a:8080/b?c HTTP/1.0\r\nHost: a:8080\r\n"
                    "Authorization: Basic dTpw\r\n\r\n");
  done_with(&a);

  ask(&a, "http://a/");
  a.request.raw = true;
  through(&a, "http://x:y@proxy:3128");
  assert_prints(&a, "GET http://a/ HTTP/1.0\r\nHost: a\r\nProxy-Authorization: Basic eDp5\r\n\r\n");
  go_to(&a, "http://b/"); /* the proxy is the same */
  assert_prints(&a, "GET http://b/ HTTP/1.0\r\nHost: b\r\nProxy-Authorization: Basic eDp5\r\n\r\n");
  done_with(&a);
}

static void own_credentials_for_a_proxy_replace_those_of_its_URL(void **state)
{
  struct request_case a;
  (void)state;
  ask(&a, "http://a/");
  a.request.raw = true;
  through(&a, "http://x:y@proxy:3128");
  a.options.headers = (const char *const[]){"Proxy-Authorization: Bearer z", NULL};
  assert_prints(&a, "GET http://a/ HTTP/1.0\r\nHost: a\r\nProxy-Authorization: Bearer z\r\n\r\n");
  a.options.headers = (const char *const[]){"proxy-authorization:", NULL};
  assert_prints(&a, "GET http://a/ HTTP/1.0\r\nHost: a\r\n\r\n");
  done_with(&a);
}

static void a_body_is_announced(void **state)
{
  char type[] = "text/x";
  struct request_case a;
  (void)state;
  ask(&a, "http://a/");
  a.request.raw = true;
  a.body = (struct request_body){.present = true, .length = 5000000000, .content_type = type};
  a.request.method = "POST";
  assert_prints(&a, "POST / HTTP/1.0\r\nHost: a\r\n\r\n"); /* a redirect took it away */
  a.request.body = &a.body;
  assert_prints(&a, "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5000000000\r\n"
                    "Content-Type: text/x\r\n\r\n");
  a.options.headers = (const char *const[]){"content-type: own", NULL};
  assert_prints(&a, "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5000000000\r\n"
                    "content-type: own\r\n\r\n");
  a.options.headers = none;
  a.body = (struct request_body){.present = true};
  a.request.accept = "application/json";
  assert_prints(&a, "POST / HTTP/1.0\r\nHost: a\r\nAccept: application/json\r\n"
                    "Content-Length: 0\r\n\r\n");
  done_with(&a);
}

/* What may not stand in a head. */

static void assert_refused(const struct fetch_options *o, const char *option)
{
  int err = request_head_check(o, &error);
  if (err != UV_EINVAL || strncmp(error.text, option, strlen(option)) != 0)
    fail_msg("%d %s: %s", err, option, err ? error.text : "passes");
  for (const char *at = error.text; *at; at++)
    assert_true(*at != '\r');
}

static void fields_that_are_none_are_refused(void **state)
{
  static const char *const headers[] = {
      "",
      "x",
      ":",
      ": x",
      "X Y: z",
      "X : z",
      " X: z",
      "X: a\r\nY: b",
      "X: a\nb",
      "X: a\rb",
      "X\r\n: y",
      "X: \x01",
      "X: \x7f",
      "X;y",
      "\xc3\xa9: x",
      "Content-Length: 3",
      "content-length:",
      "Content-Length;",
      "TRANSFER-ENCODING: chunked",
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(headers); i++) {
    struct fetch_options o = no_options();
    o.headers = (const char *const[]){"X-Fine: x", headers[i], NULL};
    assert_refused(&o, "--header");
  }
}

static void other_options_are_held_to_what_a_head_takes(void **state)
{
  static const char *const methods[] = {"", "GET /x", "A\r\nB", "G(T", "\xc3\xa9"};
  static const char *const agents[] = {"a\r\nb", "a\nb", " a", "a ", "a\x1b"};
  static const char *const users[] = {"", "name", "a:b\r\nX: y", "a\n:b"};
  static const char *const ranges[] = {"", "5", "a-b", "0-9\r\nX: y", "bytes=0-9", "0-9;"};
  struct fetch_options o;
  (void)state;
  for (size_t i = 0; i < LENGTH(methods); i++) {
    o = no_options();
    o.method = methods[i];
    assert_refused(&o, "--method");
  }
  for (size_t i = 0; i < LENGTH(agents); i++) {
    o = no_options();
    o.agent = agents[i];
    assert_refused(&o, "--user-agent");
  }
  for (size_t i = 0; i < LENGTH(users); i++) {
    o = no_options();
    o.user = users[i];
    assert_refused(&o, "--user");
  }
  for (size_t i = 0; i < LENGTH(ranges); i++) {
    o = no_options();
    o.range = ranges[i];
    assert_refused(&o, "--range");
  }
}

static void what_may_stand_there_passes(void **state)
{
  struct fetch_options o = no_options();
  (void)state;
  assert_int_equal(request_head_check(&o, &error), 0);
  o.method = "M-SEARCH";
  o.agent = "a b\t\xc3\xa9";
  o.user = "a:b:c d";
  o.range = "0-9,20-, -5";
  o.headers = (const char *const[]){"X:", "X;", "X: a: b; c", "X: \xff", "!#$%: x", NULL};
  assert_int_equal(request_head_check(&o, &error), 0);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_URL_is_asked_for),
      TEST(the_host_has_the_port_unless_it_is_the_schemes),
      TEST(a_raw_request_is_as_short_as_can_be),
      TEST(options_change_the_head),
      TEST(own_fields_add_replace_and_remove),
      TEST(a_part_is_asked_for_the_rest),
      TEST(credentials_of_the_URL_or_the_option_are_sent),
      TEST(what_is_meant_for_the_origin_goes_nowhere_else),
      TEST(a_proxy_is_asked_for_the_whole_URL),
      TEST(own_credentials_for_a_proxy_replace_those_of_its_URL),
      TEST(a_body_is_announced),
      TEST(fields_that_are_none_are_refused),
      TEST(other_options_are_held_to_what_a_head_takes),
      TEST(what_may_stand_there_passes),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
