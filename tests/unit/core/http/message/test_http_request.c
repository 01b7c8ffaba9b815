/* The head of a request held to RFC 9112, and a server's limits. */
#include "tests/unit/lib/harness.h"

#include "core/http/message/request.h"

#include <stdio.h>
#include <stdlib.h>

/* Parses a copy that ends where the head does, so that a byte read behind it is noticed. Free
 * `*copy` when done with the spans. */
static bool parse(struct http_request *r, const char *head, size_t n, char **copy)
{
  *copy = malloc(n ? n : 1);
  assert_non_null(*copy);
  memcpy(*copy, head, n);
  memset(r, 0xa5, sizeof *r); /* what is not written is not to be read */
  return http_parse_request(r, *copy, n);
}

/* The head is refused so, or with status 0 taken. */
static void assert_verdict(const char *head, size_t n, unsigned status, const char *reason)
{
  struct http_request r;
  char *copy;
  bool fine = parse(&r, head, n, &copy);
  if (r.status != status)
    fail_msg("%.200s: %u, %s", head, r.status, r.reason ? r.reason : "taken");
  assert_int_equal(fine, status == 0);
  if (status != 0 && strcmp(r.reason, reason) != 0)
    fail_msg("%.200s: %s", head, r.reason);
  free(copy);
}

static void assert_span(const char *what, const char *of, struct span s, const char *want)
{
  if (!s.data || !span_is(s, want))
    fail_msg("%s: %s '%.*s'", of, what, (int)s.length, s.data);
}

/* Request lines, before `Host: h`. */

static const char no_token[] = "the method is not a token";
static const char no_target[] = "the target is missing";
static const char no_version[] = "the version is missing";
static const char bad_version[] = "malformed version";
static const char other_version[] = "a version of HTTP other than 1";
static const char bad_character[] = "a character that no target has";
static const char no_form[] = "the target is neither a path nor an http URL";
static const char asterisk[] = "the asterisk is for OPTIONS alone";
static const char bad_authority[] = "malformed authority in the target";
static const char no_port[] = "CONNECT without a host and a port";

static void a_request_line_is_taken_or_refused(void **state)
{
  static const struct {
    const char *line;
    unsigned status;
    const char *reason;
  } rows[] = {
      /* The words and the spaces between them. */
      {"GET / HTTP/1.1", 0, NULL},
      {"GET / HTTP/1.0", 0, NULL},
      {"get / HTTP/1.1", 0, NULL},
      {"BREW / HTTP/1.1", 0, NULL},
      {"!#$%&'*+-.^_`|~ / HTTP/1.1", 0, NULL},
      {" GET / HTTP/1.1", 400, no_token},
      {"\tGET / HTTP/1.1", 400, no_token},
      {"G(T / HTTP/1.1", 400, no_token},
      {"GET: / HTTP/1.1", 400, no_token},
      {"GET,/ HTTP/1.1", 400, no_token},
      {"\"GET\" / HTTP/1.1", 400, no_token},
      {"G\xc3\xa9T / HTTP/1.1", 400, no_token},
      {"GET\t/ HTTP/1.1", 400, no_token},
      {"GET\x0b/ HTTP/1.1", 400, no_token},
      {"GET\r/ HTTP/1.1", 400, no_token},
      {"/ HTTP/1.1", 400, no_token},
      {"GET", 400, no_target},
      {"GET ", 400, no_target},
      {"GET  / HTTP/1.1", 400, no_target},
      {"GET  HTTP/1.1", 400, no_target},
      {"GET \t/ HTTP/1.1", 400, bad_character},
      {"GET /", 400, no_version},
      {"GET HTTP/1.1", 400, no_version},
      {"GET / ", 400, bad_version},
      {"GET /  HTTP/1.1", 400, bad_version},
      {"GET /\tHTTP/1.1", 400, bad_character},
      {"GET / HTTP/1.1 ", 400, bad_version},
      {"GET / HTTP/1.1\t", 400, bad_version},
      {"GET / HTTP/1.1\r", 400, bad_version},
      {"GET / HTTP/1.1 x", 400, bad_version},
      {"GET /a b HTTP/1.1", 400, bad_version},
      /* Versions. */
      {"GET / HTTP/1.2", 0, NULL},
      {"GET / HTTP/1.9", 0, NULL},
      {"GET / HTTP/0.9", 505, other_version},
      {"GET / HTTP/2.0", 505, other_version},
      {"GET / HTTP/3.0", 505, other_version},
      {"GET / HTTP/9.9", 505, other_version},
      {"PRI * HTTP/2.0", 505, other_version},
      {"GET / HTTP/1", 400, bad_version},
      {"GET / HTTP/2", 400, bad_version},
      {"GET / HTTP/1.", 400, bad_version},
      {"GET / HTTP/.1", 400, bad_version},
      {"GET / HTTP/1,1", 400, bad_version},
      {"GET / HTTP/11", 400, bad_version},
      {"GET / HTTP/1.10", 400, bad_version},
      {"GET / HTTP/01.1", 400, bad_version},
      {"GET / HTTP/1.1x", 400, bad_version},
      {"GET / HTTP/1.x", 400, bad_version},
      {"GET / HTTP/x.1", 400, bad_version},
      {"GET / HTTP/-1.1", 400, bad_version},
      {"GET / HTTP/ 1.1", 400, bad_version},
      {"GET / HTTP 1.1", 400, bad_version},
      {"GET / http/1.1", 400, bad_version},
      {"GET / Http/1.1", 400, bad_version},
      {"GET / HTTPS/1.1", 400, bad_version},
      {"GET / XTTP/1.1", 400, bad_version},
      {"GET / ICY/1.1", 400, bad_version},
      /* Origin-form. */
      {"GET /a/b.c?d=e&f HTTP/1.1", 0, NULL},
      {"GET // HTTP/1.1", 0, NULL},
      {"GET /../etc/passwd HTTP/1.1", 0, NULL},
      {"GET /? HTTP/1.1", 0, NULL},
      {"GET /%41%zz HTTP/1.1", 0, NULL},
      {"GET /[a]{b}|c\\d^e`f\"g<h> HTTP/1.1", 0, NULL},
      {"GET /caf\xc3\xa9 HTTP/1.1", 0, NULL},
      {"GET /\x80\xff HTTP/1.1", 0, NULL},
      {"GET /http://h/ HTTP/1.1", 0, NULL},
      {"GET /a#b HTTP/1.1", 400, bad_character},
      {"GET /?a#b HTTP/1.1", 400, bad_character},
      {"GET /a\x01 HTTP/1.1", 400, bad_character},
      {"GET /a\x1f HTTP/1.1", 400, bad_character},
      {"GET /a\x7f HTTP/1.1", 400, bad_character},
      {"GET /a\r HTTP/1.1", 400, bad_character},
      {"GET index.html HTTP/1.1", 400, no_form},
      {"GET ?a HTTP/1.1", 400, no_form},
      {"GET . HTTP/1.1", 400, no_form},
      {"GET \\ HTTP/1.1", 400, no_form},
      /* Absolute-form. */
      {"GET http://a/ HTTP/1.1", 0, NULL},
      {"GET http://a HTTP/1.1", 0, NULL},
      {"GET http://a?b HTTP/1.1", 0, NULL},
      {"GET HTTP://A:80/b?c HTTP/1.1", 0, NULL},
      {"GET https://a/ HTTP/1.1", 421, "https was asked for on a connection without TLS"},
      {"GET HttpS://[::1]:443/ HTTP/1.1", 421, "https was asked for on a connection without TLS"},
      {"OPTIONS http://a HTTP/1.1", 0, NULL},
      {"GET http:// HTTP/1.1", 400, bad_authority},
      {"GET http:/// HTTP/1.1", 400, bad_authority},
      {"GET http://?a HTTP/1.1", 400, bad_authority},
      {"GET http://:80/ HTTP/1.1", 400, bad_authority},
      {"GET http://u@a/ HTTP/1.1", 400, bad_authority},
      {"GET http://u:p@a/ HTTP/1.1", 400, bad_authority},
      {"GET http://a:65536/ HTTP/1.1", 400, bad_authority},
      {"GET http://a:b/ HTTP/1.1", 400, bad_authority},
      {"GET http://a\\b/ HTTP/1.1", 400, bad_authority},
      {"GET http://\xc3\xa9/ HTTP/1.1", 400, bad_authority},
      {"GET http:/a HTTP/1.1", 400, no_form},
      {"GET http:a HTTP/1.1", 400, no_form},
      {"GET http HTTP/1.1", 400, no_form},
      {"GET ftp://a/ HTTP/1.1", 400, no_form},
      {"GET file:///etc/passwd HTTP/1.1", 400, no_form},
      {"GET ws://a/ HTTP/1.1", 400, no_form},
      {"GET ://a/ HTTP/1.1", 400, no_form},
      /* The asterisk-form. */
      {"OPTIONS * HTTP/1.1", 0, NULL},
      {"GET * HTTP/1.1", 400, asterisk},
      {"BREW * HTTP/1.1", 400, asterisk},
      {"options * HTTP/1.1", 400, asterisk},
      {"OPTIONS ** HTTP/1.1", 400, no_form},
      {"OPTIONS *?a HTTP/1.1", 400, no_form},
      {"OPTIONS /* HTTP/1.1", 0, NULL},
      /* The authority-form. */
      {"CONNECT a:443 HTTP/1.1", 0, NULL},
      {"CONNECT [::1]:443 HTTP/1.1", 0, NULL},
      {"CONNECT 192.0.2.1:443 HTTP/1.0", 0, NULL},
      {"CONNECT a HTTP/1.1", 400, no_port},
      {"CONNECT a: HTTP/1.1", 400, no_port},
      {"CONNECT :443 HTTP/1.1", 400, no_port},
      {"CONNECT a:65536 HTTP/1.1", 400, no_port},
      {"CONNECT a:443/ HTTP/1.1", 400, no_port},
      {"CONNECT u@a:443 HTTP/1.1", 400, no_port},
      {"CONNECT / HTTP/1.1", 400, no_port},
      {"CONNECT * HTTP/1.1", 400, no_port},
      {"CONNECT http://a:443/ HTTP/1.1", 400, no_port},
      {"GET a:443 HTTP/1.1", 400, no_form},
      {"connect a:443 HTTP/1.1", 400, no_form},
      {"OPTIONS a:443 HTTP/1.1", 400, no_form},
  };
  static const char *const ends[] = {"\r\nHost: h\r\n\r\n", "\nHost: h\n\n"};
  (void)state;
  for (size_t i = 0; i < 2 * LENGTH(rows); i++) {
    const char *line = rows[i / 2].line;
    char head[256];
    /* A CR at the end of the line would be the CRLF's with a bare LF. */
    if (i % 2 == 1 && line[strlen(line) - 1] == '\r')
      continue;
    snprintf(head, sizeof head, "%s%s", line, ends[i % 2]);
    assert_verdict(head, strlen(head), rows[i / 2].status, rows[i / 2].reason);
  }
}

/* Fields, behind `POST / HTTP/1.1` and its Host. */

static const char bad_length[] = "malformed Content-Length";
static const char two_lengths[] = "two Content-Length fields";
static const char both[] = "Content-Length with Transfer-Encoding";
static const char bad_coding[] = "malformed Transfer-Encoding";
static const char not_last[] = "the last transfer coding is not chunked";
static const char twice[] = "chunked twice";
static const char other_coding[] = "a transfer coding other than chunked";
static const char expectation[] = "an expectation other than 100-continue";
static const char control[] = "a control character in a field";
static const char folded[] = "a line that begins with white space";
static const char space[] = "white space before the colon";
static const char name[] = "malformed field name";
static const char no_colon[] = "a field without a colon";

static void the_fields_are_taken_or_refused(void **state)
{
  static const struct {
    const char *fields;
    unsigned status;
    const char *reason;
  } rows[] = {
      {"", 0, NULL},
      {"A: b\r\n", 0, NULL},
      {"A:\r\n", 0, NULL},
      {"A: b\nC: d\r\n", 0, NULL},
      {"A: \tb\xff \r\n", 0, NULL},
      {"A: b\rc\r\n", 400, control},
      {"A: b\r\r\n", 400, control},
      {"A: b\x7f\r\n", 400, control},
      {"A: b\x08\r\n", 400, control},
      {"A: b\r\n c\r\n", 400, folded},
      {"A: b\r\n\tc\r\n", 400, folded},
      {"A : b\r\n", 400, space},
      {"Transfer-Encoding : chunked\r\n", 400, space},
      {"Content-Length\t: 5\r\n", 400, space},
      {": b\r\n", 400, name},
      {"A B: c\r\n", 400, name},
      {"Content-Length\x0b: 5\r\n", 400, name},
      {"A\r\n", 400, no_colon},
      {"\rA\r\n", 400, no_colon},
      /* Content-Length. */
      {"Content-Length: 0\r\n", 0, NULL},
      {"content-length:5\r\n", 0, NULL},
      {"Content-Length: 005\r\n", 0, NULL},
      {"Content-Length: 18446744073709551615\r\n", 0, NULL},
      {"Content-Length: 18446744073709551616\r\n", 400, bad_length},
      {"Content-Length: 99999999999999999999999\r\n", 400, bad_length},
      {"Content-Length:\r\n", 400, bad_length},
      {"Content-Length: +5\r\n", 400, bad_length},
      {"Content-Length: -5\r\n", 400, bad_length},
      {"Content-Length: 5 5\r\n", 400, bad_length},
      {"Content-Length: 0x5\r\n", 400, bad_length},
      {"Content-Length: 5.\r\n", 400, bad_length},
      {"Content-Length: five\r\n", 400, bad_length},
      {"Content-Length: \"5\"\r\n", 400, bad_length},
      {"Content-Length: 5,5\r\n", 400, bad_length},
      {"Content-Length: 5, 5\r\n", 400, bad_length},
      {"Content-Length: 5,\r\n", 400, bad_length},
      {"Content-Length: 5;a\r\n", 400, bad_length},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", 400, two_lengths},
      {"Content-Length: 5\r\ncontent-length: 6\r\n", 400, two_lengths},
      {"Content-Length: 5\r\nContent-Length:\r\n", 400, two_lengths},
      {"Content_Length: 5\r\nContent-Length: 6\r\n", 0, NULL},
      /* Transfer-Encoding. */
      {"Transfer-Encoding: chunked\r\n", 0, NULL},
      {"transfer-encoding:CHUNKED\r\n", 0, NULL},
      {"Transfer-Encoding: ,chunked,\r\n", 0, NULL},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400, both},
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400, both},
      {"Content-Length: 5\r\nTransfer-Encoding: gzip\r\n", 400, both},
      {"Content-Length: x\r\nTransfer-Encoding: chunked\r\n", 400, both},
      {"Transfer-Encoding:\r\n", 400, bad_coding},
      {"Transfer-Encoding: ,\r\n", 400, bad_coding},
      {"Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", 400, bad_coding},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n", 400, bad_coding},
      {"Transfer-Encoding: \"chunked\"\r\n", 400, bad_coding},
      {"Transfer-Encoding: gzip chunked\r\n", 400, bad_coding},
      {"Transfer-Encoding: =, chunked\r\n", 400, bad_coding},
      {"Transfer-Encoding: ;q=1, chunked\r\n", 400, bad_coding},
      {"Transfer-Encoding: gzip\r\n", 400, not_last},
      {"Transfer-Encoding: identity\r\n", 400, not_last},
      {"Transfer-Encoding: xchunked\r\n", 400, not_last},
      {"Transfer-Encoding: chunkedx\r\n", 400, not_last},
      {"Transfer-Encoding: chunked;q=1\r\n", 400, not_last},
      {"Transfer-Encoding: chunked, gzip\r\n", 400, not_last},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400, not_last},
      {"Transfer-Encoding: \xe2\x80\x8b"
       "chunked\r\n",
       400, bad_coding},
      {"Transfer-Encoding: chunked, chunked\r\n", 400, twice},
      {"Transfer-Encoding: chunked, gzip, chunked\r\n", 400, twice},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400, twice},
      {"Transfer-Encoding: gzip, chunked\r\n", 501, other_coding},
      {"Transfer-Encoding: gzip;q=\"a,b\", chunked\r\n", 501, other_coding},
      {"Transfer-Encoding: identity, chunked\r\n", 501, other_coding},
      {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 501, other_coding},
      /* Expect. */
      {"Expect: 100-continue\r\n", 0, NULL},
      {"Expect: 100-Continue\r\n", 0, NULL},
      {"Expect: 100-continue\r\nExpect: 100-continue\r\n", 0, NULL},
      {"Expect: 200-ok\r\n", 417, expectation},
      {"Expect:\r\n", 417, expectation},
      {"Expect: 100-continue;a=b\r\n", 417, expectation},
      {"Expect: 100-continue, more\r\n", 417, expectation},
      {"Expect: more, 100-continue\r\n", 417, expectation},
      {"Expect: 100-continue\r\nExpect: more\r\n", 417, expectation},
      {"Expect: more\r\nContent-Length: x\r\n", 400, bad_length},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    char head[256];
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: h\r\n%s\r\n", rows[i].fields);
    assert_verdict(head, strlen(head), rows[i].status, rows[i].reason);
  }
}

static void a_head_is_taken_or_refused_as_a_whole(void **state)
{
  static const char no_host[] = "no Host field", two_hosts[] = "two Host fields";
  static const char bad_host[] = "malformed Host field";
  static const char two_lines[] = "two empty lines before the request";
  static const char no_end[] = "no empty line at the end of the head";
  static const struct {
    const char *head;
    unsigned status;
    const char *reason;
  } rows[] = {
      {"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 0, NULL},
      {"\nGET / HTTP/1.1\nHost: h\n\n", 0, NULL},
      {"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, two_lines},
      {"\n\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, two_lines},
      {"\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, two_lines},
      {"\rGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, no_token},
      {"\r\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, no_token},
      {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400, folded},
      {"GET / HTTP/1.1\r\n\r\n", 400, no_host},
      {"GET / HTTP/1.2\r\n\r\n", 400, no_host},
      {"GET / HTTP/1.0\r\n\r\n", 0, NULL},
      {"GET http://h/ HTTP/1.1\r\n\r\n", 400, no_host},
      {"CONNECT h:80 HTTP/1.1\r\n\r\n", 400, no_host},
      {"GET / HTTP/1.1\r\nX-Host: h\r\n\r\n", 400, no_host},
      {"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400, two_hosts},
      {"GET / HTTP/1.1\r\nHost: h\r\nhost: i\r\n\r\n", 400, two_hosts},
      {"GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n", 400, two_hosts},
      {"GET http://h/ HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400, two_hosts},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, bad_host},
      {"GET / HTTP/1.0\r\nHost: \r\n\r\n", 400, bad_host},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, bad_host},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, bad_host},
      {"GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400, bad_host},
      {"GET / HTTP/1.1\r\nHost: h:x\r\n\r\n", 400, bad_host},
      {"GET / HTTP/1.1\r\nHost: http://h\r\n\r\n", 400, bad_host},
      {"GET http://h/ HTTP/1.1\r\nHost: a b\r\n\r\n", 400, bad_host},
      {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
       "Transfer-Encoding in HTTP/1.0"},
      {"GET / HTTP/1.0\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400,
       "Transfer-Encoding in HTTP/1.0"},
      {"GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", 0, NULL},
      {"GET / HTTP/1.0\r\nExpect: more\r\n\r\n", 417, expectation},
      {"GET / HTTP/1.1\r\nHost: h\r\n", 400, no_end},
      {"GET / HTTP/1.1\r\nHost: h\r\n\r\n\r\n", 400, no_end},
      {"GET / HTTP/1.1\r\n", 400, no_end},
      {"GET / HTTP/1.1", 400, "the request line has no end"},
      {"\r\n", 400, "the request line has no end"},
      {"", 400, "the request line has no end"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_verdict(rows[i].head, strlen(rows[i].head), rows[i].status, rows[i].reason);
}

/* Wherever it stands, there is no request with a NUL in its head, nor with any other control. */
static void a_control_character_is_refused_wherever_it_stands(void **state)
{
  static const char head[] = "GET /a?b HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\nX: y\r\n\r\n";
  static const char controls[] = {0, 1, 8, 0x0b, 0x0c, '\r', 0x1b, 0x1f, 0x7f};
  (void)state;
  for (size_t at = 0; at < sizeof head - 1; at++) {
    for (size_t i = 0; i < sizeof controls; i++) {
      struct http_request r;
      char text[sizeof head], *copy;
      memcpy(text, head, sizeof head);
      text[at] = controls[i];
      if (text[at] == head[at])
        continue;
      if (parse(&r, text, sizeof head - 1, &copy))
        fail_msg("%#x at %zu", controls[i], at);
      assert_int_equal(r.status, 400);
      free(copy);
    }
  }
}

static void the_parts_of_a_request_are_told(void **state)
{
  static const struct {
    const char *head, *line, *method, *target, *path, *query, *host; /* query: NULL for none */
    enum http_method id;
    unsigned minor;
  } rows[] = {
      {"GET / HTTP/1.1\r\nHost: h:80\r\n\r\n", "GET / HTTP/1.1", "GET", "/", "/", NULL, "h:80",
       HTTP_GET, 1},
      {"\r\nHEAD /a?b HTTP/1.0\r\n\r\n", "HEAD /a?b HTTP/1.0", "HEAD", "/a?b", "/a", "b", "",
       HTTP_HEAD, 0},
      {"POST /a? HTTP/1.9\nHost: h\n\n", "POST /a? HTTP/1.9", "POST", "/a?", "/a", "", "h",
       HTTP_POST, 1},
      {"PUT /a?b?c/d HTTP/1.1\r\nHost: h\r\n\r\n", "PUT /a?b?c/d HTTP/1.1", "PUT", "/a?b?c/d", "/a",
       "b?c/d", "h", HTTP_PUT, 1},
      {"DELETE http://a:1/b?c HTTP/1.1\r\nHost: h\r\n\r\n", "DELETE http://a:1/b?c HTTP/1.1",
       "DELETE", "http://a:1/b?c", "/b", "c", "a:1", HTTP_DELETE, 1},
      {"PATCH HTTP://a HTTP/1.1\r\nHost: h\r\n\r\n", "PATCH HTTP://a HTTP/1.1", "PATCH", "HTTP://a",
       "/", NULL, "a", HTTP_PATCH, 1},
      {"TRACE http://a?/b HTTP/1.0\r\n\r\n", "TRACE http://a?/b HTTP/1.0", "TRACE", "http://a?/b",
       "/", "/b", "a", HTTP_TRACE, 0},
      {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * HTTP/1.1", "OPTIONS", "*", "*", NULL,
       "h", HTTP_OPTIONS, 1},
      {"CONNECT a:443 HTTP/1.1\r\nHost: h\r\n\r\n", "CONNECT a:443 HTTP/1.1", "CONNECT", "a:443",
       "", NULL, "a:443", HTTP_CONNECT, 1},
      {"get / HTTP/1.1\r\nHost: [::1]\r\n\r\n", "get / HTTP/1.1", "get", "/", "/", NULL, "[::1]",
       HTTP_METHOD_UNKNOWN, 1},
      {"GETS / HTTP/1.1\r\nHost: h\r\n\r\n", "GETS / HTTP/1.1", "GETS", "/", "/", NULL, "h",
       HTTP_METHOD_UNKNOWN, 1},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct http_request r;
    char *copy;
    if (!parse(&r, rows[i].head, strlen(rows[i].head), &copy))
      fail_msg("%s: %s", rows[i].head, r.reason);
    assert_span("line", rows[i].head, r.line, rows[i].line);
    assert_span("method", rows[i].head, r.method_name, rows[i].method);
    assert_span("target", rows[i].head, r.target, rows[i].target);
    assert_span("path", rows[i].head, r.path, rows[i].path);
    assert_span("host", rows[i].head, r.host, rows[i].host);
    assert_int_equal(r.query.data == NULL, rows[i].query == NULL);
    if (rows[i].query)
      assert_span("query", rows[i].head, r.query, rows[i].query);
    assert_int_equal(r.method, rows[i].id);
    assert_int_equal(r.minor, rows[i].minor);
    free(copy);
  }
}

static void what_the_fields_say_of_the_connection_and_the_body_is_told(void **state)
{
  static const struct {
    unsigned minor;
    const char *fields;
    bool keep_alive, expects, chunked;
    uint64_t length;
  } rows[] = {
      {1, "", true, false, false, 0},
      {0, "", false, false, false, 0},
      {1, "Connection: close\r\n", false, false, false, 0},
      {1, "Connection: Upgrade, CLOSE\r\n", false, false, false, 0},
      {1, "Connection: a\r\nConnection: close\r\n", false, false, false, 0},
      {1, "Connection: keep-alive\r\n", true, false, false, 0},
      {1, "Connection: Upgrade\r\n", true, false, false, 0},
      {1, "Connection:\r\n", true, false, false, 0},
      {1, "Connection: close, keep-alive\r\n", false, false, false, 0},
      {0, "Connection: keep-alive\r\n", true, false, false, 0},
      {0, "Connection: Keep-Alive\r\n", true, false, false, 0},
      {0, "Connection: close\r\n", false, false, false, 0},
      {0, "Connection: keep-alive, close\r\n", false, false, false, 0},
      {0, "Connection: keep-alive\r\nConnection: close\r\n", false, false, false, 0},
      {0, "Connection: a\r\n", false, false, false, 0},
      {0, "Keep-Alive: 5\r\n", false, false, false, 0},
      {1, "Proxy-Connection: close\r\n", true, false, false, 0},
      {1, "Expect: 100-continue\r\nContent-Length: 5\r\n", true, true, false, 5},
      {1, "Expect: 100-CONTINUE\r\n", true, true, false, 0},
      {0, "Expect: 100-continue\r\nContent-Length: 5\r\n", false, false, false, 5},
      {1, "Transfer-Encoding: Chunked\r\n", true, false, true, 0},
      {1, "Content-Length: 18446744073709551615\r\n", true, false, false, UINT64_MAX},
      {1, "Content-Length: 007\r\n", true, false, false, 7},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct http_request r;
    char head[256], *copy;
    snprintf(head, sizeof head, "POST / HTTP/1.%u\r\nHost: h\r\n%s\r\n", rows[i].minor,
             rows[i].fields);
    if (!parse(&r, head, strlen(head), &copy))
      fail_msg("%s: %s", head, r.reason);
    bool right = r.keep_alive == rows[i].keep_alive && r.expects_continue == rows[i].expects &&
                 r.chunked == rows[i].chunked && r.length == rows[i].length;
    if (!right)
      fail_msg("row %zu: %s", i, rows[i].fields);
    free(copy);
  }
}

static void the_line_of_a_refused_request_is_told(void **state)
{
  static const struct {
    const char *head, *line;
  } rows[] = {
      {"G(T / HTTP/1.1\r\n\r\n", "G(T / HTTP/1.1"},
      {"\r\nGET\r\n\r\n", "GET"},
      {"\x16\x03\x01\n\n", "\x16\x03\x01"},
      {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1"},
      {"GET / HTTP/1.1", "GET / HTTP/1.1"},
      {"\r\n\r\n\r\n", ""},
      {"", ""},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct http_request r;
    char *copy;
    assert_false(parse(&r, rows[i].head, strlen(rows[i].head), &copy));
    assert_span("line", rows[i].head, r.line, rows[i].line);
    free(copy);
  }
}

/* Limits. */

/* `before`, so many of a letter, `after`. */
static char *long_text(const char *before, char letter, size_t n, const char *after)
{
  size_t size = strlen(before) + n + strlen(after) + 1;
  char *text = malloc(size);
  assert_non_null(text);
  char *end = stpcpy(text, before);
  memset(end, letter, n);
  strcpy(end + n, after);
  return text;
}

static void each_length_has_its_limit(void **state)
{
  static const struct {
    const char *before, *after;
    size_t n; /* letters between them; one more is too long */
    unsigned status;
    const char *reason;
  } rows[] = {
      {"GET /", " HTTP/1.1\r\nHost: h\r\n\r\n", 8191, 414, "the target is too long"},
      {"GET /?", " HTTP/1.0\r\n\r\n", 8190, 414, "the target is too long"},
      {"GET http://h/", " HTTP/1.0\r\n\r\n", 8183, 414, "the target is too long"},
      {"", " / HTTP/1.0\r\n\r\n", HTTP_LONGEST_LINE - 11, 501, "a method longer than any"},
      {"GET / HTTP/1.0\r\nA:", "\r\n\r\n", 32768 - 22, 431, "the head is too long"},
      {"GET / HTTP/1.0\r\n", ":\r\n\r\n", 32768 - 21, 431, "the head is too long"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    char *text = long_text(rows[i].before, 'x', rows[i].n, rows[i].after);
    assert_verdict(text, strlen(text), 0, NULL);
    free(text);
    text = long_text(rows[i].before, 'x', rows[i].n + 1, rows[i].after);
    assert_verdict(text, strlen(text), rows[i].status, rows[i].reason);
    free(text);
  }
}

static void a_request_has_at_most_a_hundred_fields(void **state)
{
  char head[1024], *end = stpcpy(head, "GET / HTTP/1.1\r\nHost: h\r\n");
  (void)state;
  for (int i = 1; i < 100; i++)
    end = stpcpy(end, "A: b\r\n");
  strcpy(end, "\r\n");
  assert_verdict(head, strlen(head), 0, NULL);
  strcpy(end, "A: b\r\n\r\n");
  assert_verdict(head, strlen(head), 431, "too many fields");
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_request_line_is_taken_or_refused),
      TEST(the_fields_are_taken_or_refused),
      TEST(a_head_is_taken_or_refused_as_a_whole),
      TEST(a_control_character_is_refused_wherever_it_stands),
      TEST(the_parts_of_a_request_are_told),
      TEST(what_the_fields_say_of_the_connection_and_the_body_is_told),
      TEST(the_line_of_a_refused_request_is_told),
      TEST(each_length_has_its_limit),
      TEST(a_request_has_at_most_a_hundred_fields),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
