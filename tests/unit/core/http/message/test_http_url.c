/* URLs as people type them and as servers send them. */
#include "tests/unit/lib/harness.h"

#include "core/http/message/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

/* All of a URL: "https host 443 /path?query user|password", an IPv6 host in brackets. */
static const char *describe(const struct http_url *u)
{
  static char text[2048];
  int n = snprintf(text, sizeof text, "%s %s%s%s %u %s", u->tls ? "https" : "http",
                   u->bracketed ? "[" : "", u->host, u->bracketed ? "]" : "", (unsigned)u->port,
                   u->target);
  if (u->has_user)
    snprintf(text + n, sizeof text - (size_t)n, " %s|%s", u->user, u->password);
  else
    assert_int_equal(strlen(u->user) + strlen(u->password), 0);
  assert_int_equal(u->path_length, strcspn(u->target, "?"));
  return text;
}

/* That, or the error. */
static const char *parse(const char *text)
{
  static struct error e;
  struct http_url u;
  int err = http_url_parse(&u, span_of(text), &e);
  if (err) {
    assert_int_equal(err, UV_EINVAL);
    assert_int_equal(e.code, UV_EINVAL);
    return e.text;
  }
  const char *made = describe(&u);
  http_url_release(&u);
  assert_null(u.memory);
  return made;
}

struct row {
  const char *text, *made;
};

static void assert_makes(const struct row *rows, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    const char *made = parse(rows[i].text);
    if (strcmp(made, rows[i].made) != 0)
      fail_msg("%s: %s, not %s", rows[i].text, made, rows[i].made);
  }
}

/* Each `made` is the reason at the end of the error, which quotes the whole text before it. */
static void assert_refused(const struct row *rows, size_t n)
{
  char want[512];
  for (size_t i = 0; i < n; i++) {
    const char *made = parse(rows[i].text);
    snprintf(want, sizeof want, "%s: %s", rows[i].text, rows[i].made);
    if (strcmp(made, want) != 0)
      fail_msg("%s, not %s", made, want);
  }
}

static void URLs_are_taken_apart(void **state)
{
  static const struct row rows[] = {
      {"http://example.com/a/b?c=d", "http example.com 80 /a/b?c=d"},
      {"https://example.com/", "https example.com 443 /"},
      {"HTTP://EXAMPLE.com/A", "http example.com 80 /A"},
      {"hTTps://example.com", "https example.com 443 /"},
      {"example.com", "http example.com 80 /"},
      {"example.com/x", "http example.com 80 /x"},
      {"localhost:8000/x", "http localhost 8000 /x"},
      {"localhost:8000", "http localhost 8000 /"},
      {"localhost:", "http localhost 80 /"},
      {"127.0.0.1:8080/x", "http 127.0.0.1 8080 /x"},
      {"http://192.0.2.1", "http 192.0.2.1 80 /"},
      {"http://example.com:/x", "http example.com 80 /x"},
      {"https://example.com:80/x", "https example.com 80 /x"},
      {"http://example.com:1", "http example.com 1 /"},
      {"http://example.com:65535", "http example.com 65535 /"},
      {"http://example.com:00080", "http example.com 80 /"},
      {"http://host?query", "http host 80 /?query"},
      {"http://host?", "http host 80 /?"},
      {"host?a/b:c@d", "http host 80 /?a/b:c@d"},
      {"http://host/a?b?c", "http host 80 /a?b?c"},
      {"http://host#fragment", "http host 80 /"},
      {"http://host/a#b?c/d@e", "http host 80 /a"},
      {"http://host/a?b#c", "http host 80 /a?b"},
      {"http://host//a//b/", "http host 80 //a//b/"},
      {"http://host/a@b:c", "http host 80 /a@b:c"},
      {"http://host/http://other/", "http host 80 /http://other/"},
      {"host/http://other/", "http host 80 /http://other/"},
      {"http://a_b.example.", "http a_b.example. 80 /"},
  };
  (void)state;
  assert_makes(rows, LENGTH(rows));
}

static void IPv6_addresses_stand_in_brackets_maybe_with_a_zone(void **state)
{
  static const struct row rows[] = {
      {"http://[::1]/", "http [::1] 80 /"},
      {"[::1]:8080/x", "http [::1] 8080 /x"},
      {"[::1]", "http [::1] 80 /"},
      {"http://[2001:DB8::A]:/", "http [2001:db8::a] 80 /"},
      {"http://[::ffff:192.0.2.1]", "http [::ffff:192.0.2.1] 80 /"},
      {"http://[fe80::1%25eth0]:81/", "http [fe80::1%eth0] 81 /"},
      {"http://[fe80::1%eth0]/", "http [fe80::1%eth0] 80 /"},
      {"http://[FE80::1%25Eth0]/", "http [fe80::1%Eth0] 80 /"},
      {"http://[fe80::1%251]/", "http [fe80::1%1] 80 /"},
      {"http://[fe80::1%1]/", "http [fe80::1%1] 80 /"},
      {"http://[fe80::1%25]/", "http [fe80::1%25] 80 /"},
      {"http://[fe80::1%25a%2Db]/", "http [fe80::1%a-b] 80 /"},
      {"http://u:p@[::1]:1/", "http [::1] 1 / u|p"},
  };
  static const char none[] = "what stands in brackets is no IPv6 address";
  static const struct row refused[] = {
      {"http://::1/", "two colons: an IPv6 address stands in brackets"},
      {"2001:db8::a", "two colons: an IPv6 address stands in brackets"},
      {"http://[::1", "a bracket without its pair"},
      {"http://[::1/", "a bracket without its pair"},
      {"http://[]/", none},
      {"http://[:::1]/", none},
      {"http://[127.0.0.1]/", none},
      {"http://[v1.a]/", none},
      {"http://[%3A:1]/", none},
      {"http://[host]/", none},
      {"http://[%25eth0]/", none},
      {"http://[fe80::1%]/", "the zone is empty"},
      {"http://[fe80::1%25a%2Fb]/", "a character that no zone has"},
      {"http://[fe80::1%25a%00]/", "a character that no zone has"},
      {"http://[fe80::1%25\xc3\xa9]/", "a character that no zone has"},
      {"http://[::1]x/", "something between the host and the port"},
      {"http://[::1]8080/", "something between the host and the port"},
      {"http://[::1]:x/", "the port is none of 1 to 65535"},
      {"http://x[::1]/", "two colons: an IPv6 address stands in brackets"},
      {"http://a]/", "a character that no host has"},
  };
  (void)state;
  assert_makes(rows, LENGTH(rows));
  assert_refused(refused, LENGTH(refused));
}

static void user_information_is_decoded_and_ends_at_the_last_at_sign(void **state)
{
  static const struct row rows[] = {
      {"http://user@host/", "http host 80 / user|"},
      {"http://user:@host/", "http host 80 / user|"},
      {"http://:password@host/", "http host 80 / |password"},
      {"http://@host/", "http host 80 / |"},
      {"http://:@host/", "http host 80 / |"},
      {"http://user:pass@host:81/a", "http host 81 /a user|pass"},
      {"user:pass@host:81/a", "http host 81 /a user|pass"},
      {"http://us%3Aer:p%40ss%3a@host/", "http host 80 / us:er|p@ss:"},
      {"http://user:p@ss@host/", "http host 80 / user|p@ss"},
      {"http://us@er:p@host/", "http host 80 / us@er|p"},
      {"http://user:p:a:s@host/", "http host 80 / user|p:a:s"},
      {"http://user:100%@host/", "http host 80 / user|100%"},
      {"http://user:%zz%4@host/", "http host 80 / user|%zz%4"},
      {"http://user:a%20b%2F%5C@host/", "http host 80 / user|a b/\\"},
      {"http://\xc3\xbcser:p\xc3\xa4ss@host/", "http host 80 / \xc3\xbcser|p\xc3\xa4ss"},
      {"http://User:PASS@HOST/", "http host 80 / User|PASS"},
      {"http://user:[x]@host/", "http host 80 / user|[x]"},
      {"http://host/a@b", "http host 80 /a@b"},
      {"http://host?a@b", "http host 80 /?a@b"},
      {"http://host#a@b", "http host 80 /"},
  };
  (void)state;
  assert_makes(rows, LENGTH(rows));
}

static void an_error_never_tells_a_password(void **state)
{
  static const struct row rows[] = {
      {"http://user:secret@host:x/", "http://...@host:x/: the port is none of 1 to 65535"},
      {"http://user:secret@/", "http://...@/: the host is missing"},
      {"user:secret@h\\ost/", "...@h\\\\ost/: a backslash before the path"},
      {"http://user:se%00cret@host",
       "http://...@host: an escaped control character in the user information"},
      {"http://us%0aer:secret@host",
       "http://...@host: an escaped control character in the user information"},
      {"http://user:secret%7f@host",
       "http://...@host: an escaped control character in the user information"},
      {"http://user:sec ret@host", "http://...@host: a space before the path"},
      {"http://user:sec\\ret@host", "http://...@host: a backslash before the path"},
      {"ftp://user:secret@host/", "...@host/: ftp URLs are not supported"},
      {"https:user:secret@host", "https://...@host: no // behind the scheme"},
      {"http://user:secret@h\x01", "http://...@h\\x01: a control character in the URL"},
      /* A password that has ended the authority. */
      {"http://user:se/cret@host/", "http://...@host/: the port is none of 1 to 65535"},
      {"http://user:se?cret@host/", "http://...@host/: the port is none of 1 to 65535"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_null(strstr(parse(rows[i].text), "cret"));
  assert_makes(rows, LENGTH(rows));
}

static void hosts_are_decoded_and_held_to_what_a_host_has(void **state)
{
  static const char bad[] = "a character that no host has";
  static const struct row rows[] = {
      {"http://ex%61mple.c%6Fm/", "http example.com 80 /"},
      {"http://EX%41MPLE/", "http example 80 /"},
      {"http://b\xc3\xbc"
       "cher.example/",
       "http b\xc3\xbc"
       "cher.example 80 /"},
      {"http://B%C3%BCcher.example/", "http b\xc3\xbc"
                                      "cher.example 80 /"},
      {"http://\xe4\xbe\x8b.\xe6\xb5\x8b\xe8\xaf\x95",
       "http \xe4\xbe\x8b.\xe6\xb5\x8b\xe8\xaf\x95 80 /"},
      {"http://a-b_c~d!$&'()*+,;=/", "http a-b_c~d!$&'()*+,;= 80 /"},
  };
  static const struct row refused[] = {
      {"", "the host is missing"},
      {"/", "the host is missing"},
      {"/path", "the host is missing"},
      {"//host/path", "the host is missing"},
      {"?q", "the host is missing"},
      {"#f", "the host is missing"},
      {":80", "the host is missing"},
      {"http://", "the host is missing"},
      {"http:///path", "the host is missing"},
      {"http://?q", "the host is missing"},
      {"http://:80/", "the host is missing"},
      {"http://a%00b/", bad},
      {"http://a%0Ab/", bad},
      {"http://a%0d%0aX:b/", bad},
      {"http://a%7Fb/", bad},
      {"http://a%20b/", bad},
      {"http://a%2Fb/", bad},
      {"http://a%5Cb/", bad},
      {"http://a%40b/", bad},
      {"http://a%3Ab/", bad},
      {"http://a%3Fb/", bad},
      {"http://a%23b/", bad},
      {"http://a%25b/", bad},
      {"http://a%5Bb/", bad},
      {"http://a%/", bad},
      {"http://a%4/", bad},
      {"http://a%zz/", bad},
      {"http://a|b/", bad},
      {"http://a<b>/", bad},
      {"http://a\"b/", bad},
      {"http://a^b/", bad},
      {"http://a`b/", bad},
      {"http://a{b}/", bad},
      {"http://a%ff/", "the host is not UTF-8"},
      {"http://a%C3/", "the host is not UTF-8"},
      {"http://a%ed%a0%80/", "the host is not UTF-8"},
      {"http://a b/", "a space before the path"},
      {" http://a/", "a space before the path"},
      {"http:// a/", "a space before the path"},
  };
  (void)state;
  assert_makes(rows, LENGTH(rows));
  assert_refused(refused, LENGTH(refused));
  assert_string_equal(parse("http://a\\b/"), "http://a\\\\b/: a backslash before the path");
  assert_string_equal(parse("http://a\\@b/"), "http://...@b/: a backslash before the path");
  assert_string_equal(parse("http://a\xff/"), "http://a\\xff/: the host is not UTF-8");
}

static void an_ipv4_address_is_four_numbers(void **state)
{
  static const char bad[] = "not an IPv4 address";
  static const struct row rows[] = {
      {"http://127.1/", bad},         {"http://0177.0.0.1/", bad}, {"http://2130706433/", bad},
      {"http://0x7f.1/", bad},        {"http://0x7f000001/", bad}, {"http://127.0.0.1./", bad},
      {"http://127.0.0.256/", bad},   {"http://1.2.3.4.5/", bad},  {"http://host.1/", bad},
      {"http://%31%32%37.1/", bad},   {"http://host.0X/", bad},    {"http://0/", bad},
      {"http://127.0.0.0x1:80", bad}, {"127.1:80", bad},
  };
  (void)state;
  assert_refused(rows, LENGTH(rows));
  assert_string_equal(parse("http://127.0.0.1/"), "http 127.0.0.1 80 /");
  assert_string_equal(parse("http://0x7f.example/"), "http 0x7f.example 80 /");
  assert_string_equal(parse("http://1.example./"), "http 1.example. 80 /");
}

static void ports_are_1_to_65535(void **state)
{
  static const char bad[] = "the port is none of 1 to 65535";
  static const struct row rows[] = {
      {"http://host:0/", bad},
      {"http://host:000/", bad},
      {"http://host:65536/", bad},
      {"http://host:99999999999999999999999/", bad},
      {"http://host:-1/", bad},
      {"http://host:+1/", bad},
      {"http://host:1x/", bad},
      {"http://host:%31/", bad},
      {"http://host:http/", bad},
      {"localhost:x", bad},
      {"mailto:somebody", bad},
      {"http://host:1:2/", "two colons: an IPv6 address stands in brackets"},
  };
  (void)state;
  assert_refused(rows, LENGTH(rows));
}

static void other_schemes_are_refused_by_name(void **state)
{
  static const struct row rows[] = {
      {"ftp://host/a", "ftp URLs are not supported"},
      {"FTP://host/a", "FTP URLs are not supported"},
      {"file:///etc/passwd", "file URLs are not supported"},
      {"git+ssh://host/a", "git+ssh URLs are not supported"},
      {"httpx://host/a", "httpx URLs are not supported"},
      {"a-scheme-that-is-much-too-long-to-be-said://a",
       "a-scheme-that-is-muc URLs are not supported"},
      {"http:host/a", "no // behind the scheme"},
      {"http:/host/a", "no // behind the scheme"},
      {"https:", "no // behind the scheme"},
  };
  (void)state;
  assert_refused(rows, LENGTH(rows));
}

static void a_target_has_only_what_may_go_on_the_wire(void **state)
{
  static const struct row rows[] = {
      {"http://h/a b?c d", "http h 80 /a%20b?c%20d"},
      {"http://h/ ", "http h 80 /%20"},
      {"http://h/\"<>^`{|}", "http h 80 /%22%3C%3E%5E%60%7B%7C%7D"},
      {"http://h/[]?[]", "http h 80 /%5B%5D?%5B%5D"},
      {"http://h/a\\b?c\\d", "http h 80 /a%5Cb?c%5Cd"},
      {"http://h/\xc3\xa9?\xff", "http h 80 /%C3%A9?%FF"},
      {"http://h/!$&'()*+,;=:@-._~/?!$&'()*+,;=:@-._~/?",
       "http h 80 /!$&'()*+,;=:@-._~/?!$&'()*+,;=:@-._~/?"},
      {"http://h/%41%2f%2F%00?%0a", "http h 80 /%41%2f%2F%00?%0a"},
      {"http://h/%?%4?%zz", "http h 80 /%?%4?%zz"},
      {"http://h/*", "http h 80 /*"},
  };
  static const struct row refused[] = {
      {"http://h/a\nb", "http://h/a\\nb: a control character in the URL"},
      {"http://h/a\r\nX: b", "http://h/a\\r\\nX: b: a control character in the URL"},
      {"http://h/?\t", "http://h/?\\t: a control character in the URL"},
      {"http://h/#\x7f", "http://h/#\\x7f: a control character in the URL"},
      {"\thttp://h/", "\\thttp://h/: a control character in the URL"},
  };
  (void)state;
  assert_makes(rows, LENGTH(rows));
  assert_makes(refused, LENGTH(refused));

  struct http_url u;
  struct error e;
  assert_int_equal(http_url_parse(&u, (struct span){"http://h/a\0b", 12}, &e), UV_EINVAL);
  assert_non_null(strstr(e.text, "a control character in the URL"));
  assert_int_equal(http_url_parse(&u, (struct span){NULL, 0}, &e), UV_EINVAL);
  assert_string_equal(e.text, ": the host is missing");
  assert_int_equal(http_url_parse(&u, span_of("ftp://h"), NULL), UV_EINVAL);
}

static void dot_segments_are_removed(void **state)
{
  static const struct row rows[] = {
      {"h/.", "http h 80 /"},
      {"h/..", "http h 80 /"},
      {"h/./", "http h 80 /"},
      {"h/../", "http h 80 /"},
      {"h/../../a", "http h 80 /a"},
      {"h/a/./b", "http h 80 /a/b"},
      {"h/a/../b", "http h 80 /b"},
      {"h/a/..", "http h 80 /"},
      {"h/a/b/..", "http h 80 /a/"},
      {"h/a/b/.", "http h 80 /a/b/"},
      {"h/a/b/c/./../../g", "http h 80 /a/g"}, /* RFC 3986 5.2.4 */
      {"h//../a", "http h 80 /a"},
      {"h/a//../b", "http h 80 /a/b"},
      {"h/.../..a/.b/c.", "http h 80 /.../..a/.b/c."},
      {"h/a?b/../c", "http h 80 /a?b/../c"},
      {"h/%2e%2e/a", "http h 80 /%2e%2e/a"},
      {"h/a/..\\b", "http h 80 /a/..%5Cb"},
  };
  (void)state;
  assert_makes(rows, LENGTH(rows));
}

static void a_URL_has_a_longest_length(void **state)
{
  static const char start[] = "http://h/";
  size_t n = HTTP_LONGEST_URL;
  char *text = malloc(n + 1);
  struct http_url u;
  struct error e;
  (void)state;
  assert_non_null(text);
  memset(text, 'x', n + 1);
  memcpy(text, start, sizeof start - 1);
  assert_int_equal(http_url_parse(&u, (struct span){text, n}, &e), 0);
  assert_int_equal(strlen(u.target), n - 8);
  http_url_release(&u);
  assert_int_equal(http_url_parse(&u, (struct span){text, n + 1}, &e), UV_EINVAL);
  assert_non_null(strstr(e.text, "xxx...: the URL is too long"));
  /* It grows by what is escaped. */
  memset(text + 9, ' ', n - 9);
  assert_int_equal(http_url_parse(&u, (struct span){text, n}, &e), UV_EINVAL);
  assert_int_equal(http_url_parse(&u, (struct span){text, n / 3}, &e), 0);
  http_url_release(&u);
  /* The reason stands whole behind a text that is escaped itself. */
  memset(text + 7, '\xff', 500);
  assert_int_equal(http_url_parse(&u, (struct span){text, 507}, &e), UV_EINVAL);
  assert_non_null(strstr(e.text, "...: the host is not UTF-8"));
  free(text);
}

static struct http_url url(const char *text)
{
  struct http_url u;
  assert_int_equal(http_url_parse(&u, span_of(text), NULL), 0);
  return u;
}

/* Appended to and given as a text until the next call. */
static const char *printed(int (*print)(struct buffer *, const struct http_url *),
                           const struct http_url *u)
{
  static char text[1024];
  struct buffer out = {0};
  assert_int_equal(print(&out, u), 0);
  assert_true(out.length < sizeof text);
  memcpy(text, buffer_data(&out), out.length);
  text[out.length] = '\0';
  buffer_release(&out);
  return text;
}

/* What a reference leads to as a whole, or the error. */
static const char *resolve(const char *base_text, const char *reference)
{
  static struct error e;
  struct http_url base = url(base_text), u;
  int err = http_url_resolve(&u, &base, span_of(reference), &e);
  http_url_release(&base);
  if (err) {
    assert_int_equal(err, e.code);
    return e.text;
  }
  assert_false(u.has_user);
  assert_string_equal(u.user, "");
  assert_string_equal(u.password, "");
  assert_int_equal(u.path_length, strcspn(u.target, "?"));
  const char *text = printed(http_url_print, &u);
  http_url_release(&u);
  return text;
}

static void assert_leads(const char *base, const struct row *rows, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    const char *made = resolve(base, rows[i].text);
    if (strcmp(made, rows[i].made) != 0)
      fail_msg("%s: %s, not %s", rows[i].text, made, rows[i].made);
  }
}

/* RFC 3986 5.4.1 and 5.4.2; fragments are dropped, and a URL of another scheme is refused. */
static void the_examples_of_the_standard_are_resolved(void **state)
{
  static const struct row rows[] = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"}, /* an empty path is a slash: RFC 9110 4.2.3 */
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q"},
      {"g#s", "http://a/b/c/g"},
      {"g?y#s", "http://a/b/c/g?y"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/./x", "http://a/b/c/g"},
      {"g#s/../x", "http://a/b/c/g"},
      {"g:h", "g:h: g URLs are not supported"},
      {"http:g", "http:g: no // behind the scheme"},
  };
  (void)state;
  assert_leads("http://a/b/c/d;p?q", rows, LENGTH(rows));
}

static void what_servers_send_in_Location_is_resolved(void **state)
{
  static const struct row rows[] = {
      {"https://other/x", "https://other/x"},
      {"HTTP://OTHER:80/x", "http://other/x"},
      {"//other:81/x?y", "https://other:81/x?y"},
      {"//other?y", "https://other/?y"},
      {"?q", "https://h:444/d/f?q"},
      {"?", "https://h:444/d/f?"},
      {"", "https://h:444/d/f?a"},
      {"#x", "https://h:444/d/f?a"},
      {"/a b\"c", "https://h:444/a%20b%22c"},
      {"\xc3\xbc?\xc3\xbc", "https://h:444/d/%C3%BC?%C3%BC"},
      {"a\\b", "https://h:444/d/a%5Cb"},
      {"/\\other", "https://h:444/%5Cother"},
      {"./x:y", "https://h:444/d/x:y"},
      {"1x:y", "https://h:444/d/1x:y"},
      {"/x:y", "https://h:444/x:y"},
      {"http://u:secret@other/x", "http://other/x"},
      {"//u:secret@other", "https://other/"},
      {"//b\xc3\xbc"
       "cher/",
       "https://b\xc3\xbc"
       "cher/"},
      {"//[fe80::1%25eth0]:1/", "https://[fe80::1]:1/"},
      {"javascript:alert(1)", "javascript:alert(1): javascript URLs are not supported"},
      {"ftp://u:secret@other/", "...@other/: ftp URLs are not supported"},
      {"http:///x", "http:///x: the host is missing"},
      {"//", "//: the host is missing"},
      {"///x", "///x: the host is missing"},
      {"//u:secret@h:x", "...@h:x: the port is none of 1 to 65535"},
      {"/\r\n", "/\\r\\n: a control character in the URL"},
      {"\\\\other\\x", "https://h:444/d/%5C%5Cother%5Cx"},
  };
  struct error e;
  struct http_url base = url("https://u:p@h:444/d/f?a"), u;
  (void)state;
  assert_leads("https://u:p@h:444/d/f?a", rows, LENGTH(rows));
  assert_int_equal(http_url_resolve(&u, &base, span_of("ftp://x"), &e), UV_EPROTONOSUPPORT);
  assert_int_equal(http_url_resolve(&u, &base, span_of("//x:0"), &e), UV_EINVAL);
  assert_int_equal(http_url_resolve(&u, &base, (struct span){NULL, 0}, &e), 0);
  assert_string_equal(describe(&u), "https h 444 /d/f?a");
  http_url_release(&u);
  http_url_release(&base);

  base = url("http://[fe80::1%25eth0]:1/a");
  assert_int_equal(http_url_resolve(&u, &base, span_of("b"), &e), 0);
  assert_string_equal(describe(&u), "http [fe80::1%eth0] 1 /b");
  http_url_release(&u);
  http_url_release(&base);
}

static void a_reference_cannot_make_a_URL_longer_than_the_longest(void **state)
{
  static const char start[] = "http://h/";
  size_t n = HTTP_LONGEST_URL - 100;
  char *text = malloc(n);
  struct http_url base, u;
  struct error e;
  (void)state;
  assert_non_null(text);
  memset(text, 'x', n);
  memcpy(text, start, sizeof start - 1);
  text[n - 1] = '/';
  assert_int_equal(http_url_parse(&base, (struct span){text, n}, &e), 0);
  assert_int_equal(http_url_resolve(&u, &base, (struct span){text + 9, 50}, &e), 0);
  http_url_release(&u);
  assert_int_equal(http_url_resolve(&u, &base, (struct span){text + 9, 200}, &e), UV_EINVAL);
  assert_non_null(strstr(e.text, ": the URL is too long"));
  http_url_release(&base);
  free(text);
}

static void the_authority_is_printed_as_Host_wants_it(void **state)
{
  static const struct row rows[] = {
      {"http://h/a", "h"},
      {"http://h:80/", "h"},
      {"http://h:443/", "h:443"},
      {"https://h:443/", "h"},
      {"https://h:80/", "h:80"},
      {"http://u:p@h:65535/", "h:65535"},
      {"http://[::1]/", "[::1]"},
      {"http://[::1]:8080/", "[::1]:8080"},
      {"http://[fe80::1%25eth0]:81/", "[fe80::1]:81"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct http_url u = url(rows[i].text);
    assert_string_equal(printed(http_url_print_authority, &u), rows[i].made);
    http_url_release(&u);
  }
}

static void a_URL_is_printed_without_user_information(void **state)
{
  struct http_url u = url("user:secret@HOST:81/a b?c#d");
  (void)state;
  assert_string_equal(printed(http_url_print, &u), "http://host:81/a%20b?c");
  http_url_release(&u);
  u = url("https://h");
  assert_string_equal(printed(http_url_print, &u), "https://h/");
  *u.target = '*'; /* OPTIONS of the server as a whole */
  assert_string_equal(printed(http_url_print, &u), "https://h");
  http_url_release(&u);
}

static void an_origin_is_scheme_host_and_port(void **state)
{
  static const struct {
    const char *a, *b;
    bool same;
  } rows[] = {
      {"http://h/a", "http://u:p@H:80/b?c", true},
      {"https://h", "https://h:443", true},
      {"http://h", "https://h", false},
      {"http://h:443", "https://h", false},
      {"http://h", "http://h:81", false},
      {"http://h", "http://h.", false},
      {"http://h", "http://hh", false},
      {"http://[fe80::1%25a]", "http://[fe80::1%25b]", false},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct http_url a = url(rows[i].a), b = url(rows[i].b);
    assert_int_equal(http_url_same_origin(&a, &b), rows[i].same);
    assert_int_equal(http_url_same_origin(&b, &a), rows[i].same);
    http_url_release(&a);
    http_url_release(&b);
  }
}

static void a_copy_is_its_own_and_may_get_another_host(void **state)
{
  struct http_url u = url("https://u:p@b\xc3\xbc"
                          "cher:1/a?b"),
                  copy;
  (void)state;
  assert_int_equal(http_url_copy(&copy, &u), 0);
  assert_int_equal(http_url_set_host(&u, "xn--bcher-kva"), 0);
  assert_string_equal(describe(&u), "https xn--bcher-kva 1 /a?b u|p");
  assert_int_equal(http_url_set_host(&u, u.host), 0);
  assert_string_equal(describe(&u), "https xn--bcher-kva 1 /a?b u|p");
  http_url_release(&u);
  assert_string_equal(describe(&copy), "https b\xc3\xbc"
                                       "cher 1 /a?b u|p");
  http_url_release(&copy);
  http_url_release(&copy);
}

static void the_last_segment_names_a_file(void **state)
{
  static const struct row rows[] = {
      {"h/a/b.tar.gz?x=/y", "b.tar.gz"},
      {"h/a", "a"},
      {"h", "index.html"},
      {"h/", "index.html"},
      {"h/a/", "index.html"},
      {"h/a/..", "index.html"},
      {"h/?a", "index.html"},
      {"h/a%20b", "a b"},
      {"h/a b", "a b"},
      {"h/%C3%BC", "\xc3\xbc"},
      {"h/\xc3\xbc", "\xc3\xbc"},
      {"h/100%", "100%"},
      {"h/%zz%41", "%zzA"},
      {"h/a%5Cb", "a\\b"},
      {"h/.a", ".a"},
      {"h/...", "..."},
      {"h/a%2Fb", "a%2Fb"},
      {"h/..%2f..%2fetc%2fpasswd", "..%2f..%2fetc%2fpasswd"},
      {"h/%2e", "%2e"},
      {"h/%2e%2e", "%2e%2e"},
      {"h/.%2E", ".%2E"},
      {"h/a%00", "a%00"},
      {"h/a%0Ab", "a%0Ab"},
      {"h/%1b[31m", "%1b%5B31m"},
      {"h/%7f", "%7f"},
      {"h/%C2%85", "%C2%85"},
      {"h/%ff%41", "%ff%41"},
      {"h/%C3", "%C3"},
      {"h/%2f", "%2f"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct http_url u = url(rows[i].text);
    assert_string_equal(printed(http_url_print_file_name, &u), rows[i].made);
    http_url_release(&u);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(URLs_are_taken_apart),
      TEST(IPv6_addresses_stand_in_brackets_maybe_with_a_zone),
      TEST(user_information_is_decoded_and_ends_at_the_last_at_sign),
      TEST(an_error_never_tells_a_password),
      TEST(hosts_are_decoded_and_held_to_what_a_host_has),
      TEST(an_ipv4_address_is_four_numbers),
      TEST(ports_are_1_to_65535),
      TEST(other_schemes_are_refused_by_name),
      TEST(a_target_has_only_what_may_go_on_the_wire),
      TEST(dot_segments_are_removed),
      TEST(a_URL_has_a_longest_length),
      TEST(the_examples_of_the_standard_are_resolved),
      TEST(what_servers_send_in_Location_is_resolved),
      TEST(a_reference_cannot_make_a_URL_longer_than_the_longest),
      TEST(the_authority_is_printed_as_Host_wants_it),
      TEST(a_URL_is_printed_without_user_information),
      TEST(an_origin_is_scheme_host_and_port),
      TEST(a_copy_is_its_own_and_may_get_another_host),
      TEST(the_last_segment_names_a_file),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
