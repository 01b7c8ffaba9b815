/* The path of a target made a path of files, and back; text made fit for HTML. */
#include "tests/unit/lib/harness.h"

#include "core/codec/html.h"
#include "core/http/message/path.h"

#include <stdlib.h>

#define A64   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A1024 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64

enum { NO_FLAGS = 0, FOLDER = 1, HIDDEN = 2, EXACT = 4 };

static int flags(const struct http_path *p)
{
  return (p->folder ? FOLDER : 0) | (p->hidden ? HIDDEN : 0) | (p->exact ? EXACT : 0);
}

struct path_row {
  const char *path, *text;
  int flags;
};

static void assert_paths(const struct path_row *rows, size_t n)
{
  struct http_path p;
  memset(&p, 0xaa, sizeof p); /* what was there before does not matter */
  for (size_t i = 0; i < n; i++) {
    const char *reason = NULL;
    if (!http_path_parse(&p, span_of(rows[i].path), &reason))
      fail_msg("%s: %s", rows[i].path, reason);
    if (strcmp(p.text, rows[i].text) != 0 || p.length != strlen(rows[i].text) ||
        flags(&p) != rows[i].flags)
      fail_msg("%s: '%s' of %zu, flags %d", rows[i].path, p.text, p.length, flags(&p));
  }
}

static void a_plain_path_loses_its_slashes(void **state)
{
  static const struct path_row rows[] = {
      {"/", "", FOLDER | EXACT},
      {"/a", "a", EXACT},
      {"/a/", "a", FOLDER | EXACT},
      {"/a/b", "a/b", EXACT},
      {"/a/b/c.txt", "a/b/c.txt", EXACT},
      {"/a/b/", "a/b", FOLDER | EXACT},
      {"/a.", "a.", EXACT},
      {"/a..b", "a..b", EXACT},
      {"/a..", "a..", EXACT},
      {"/-._~!$&'()*+,;=:@", "-._~!$&'()*+,;=:@", EXACT},
      {"/C:\\x", "C:\\x", EXACT},
      {"/a+b", "a+b", EXACT}, /* a space only in forms */
      {"/\xc3\xa9", "\xc3\xa9", EXACT},
      {"/\xff\x80", "\xff\x80", EXACT},
      {"/" A1024, A1024, EXACT},
  };
  (void)state;
  assert_paths(rows, LENGTH(rows));
}

/* RFC 3986 2.1. */
static void escapes_are_decoded_once(void **state)
{
  static const struct path_row rows[] = {
      {"/%61", "a", EXACT},
      {"/a%20b", "a b", EXACT},
      {"/%C3%A9/%c3%a9", "\xc3\xa9/\xc3\xa9", EXACT},
      {"/%ff", "\xff", EXACT},
      {"/%80", "\x80", EXACT},
      {"/%2541", "%41", EXACT},
      {"/%252F", "%2F", EXACT},
      {"/%25", "%", EXACT},
      {"/%25%32%46", "%2F", EXACT},
      {"/%3F%23", "?#", EXACT},
      {"/%5C", "\\", EXACT},
      {"/..%5C", "..\\", HIDDEN | EXACT},
      {"/a%2Eb", "a.b", EXACT},
      {"/%7E", "~", EXACT},
      {"/%20/", " ", FOLDER | EXACT},
      {"/%41%42%43/d", "ABC/d", EXACT},
  };
  (void)state;
  assert_paths(rows, LENGTH(rows));
}

/* RFC 3986 5.2.4 with its examples, and slashes that collapse. */
static void dot_segments_and_empty_ones_go(void **state)
{
  static const struct path_row rows[] = {
      {"/a/b/c/./../../g", "a/g", NO_FLAGS},
      {"/mid/content=5/../6", "mid/6", NO_FLAGS},
      {"/b/c/./g", "b/c/g", NO_FLAGS}, /* 5.4.1 and 5.4.2, merged */
      {"/b/c/.", "b/c", FOLDER},
      {"/b/c/./", "b/c", FOLDER},
      {"/b/c/..", "b", FOLDER},
      {"/b/c/../", "b", FOLDER},
      {"/b/c/../g", "b/g", NO_FLAGS},
      {"/b/c/../..", "", FOLDER},
      {"/b/c/../../", "", FOLDER},
      {"/b/c/../../g", "g", NO_FLAGS},
      {"/b/c/g.", "b/c/g.", EXACT},
      {"/b/c/..g", "b/c/..g", HIDDEN | EXACT},
      {"/b/c/g..", "b/c/g..", EXACT},
      {"/b/c/./g/.", "b/c/g", FOLDER},
      {"/b/c/g;x=1/../y", "b/c/y", NO_FLAGS},
      {"/.", "", FOLDER},
      {"/./", "", FOLDER},
      {"/a/..", "", FOLDER},
      {"/a/../", "", FOLDER},
      {"//", "", FOLDER},
      {"///", "", FOLDER},
      {"//a", "a", NO_FLAGS},
      {"/a//", "a", FOLDER},
      {"/a//b", "a/b", NO_FLAGS},
      {"/a//../b", "b", NO_FLAGS},
      {"//a/../b/", "b", FOLDER},
      {"/a/./b/../c//d/", "a/c/d", FOLDER},
      {"/%2e", "", FOLDER},
      {"/%2E/a", "a", NO_FLAGS},
      {"/a/%2e%2E", "", FOLDER},
      {"/a/.%2e/b", "b", NO_FLAGS},
      {"/a/%2e./b", "b", NO_FLAGS},
      {"/a/%252e%252e/b", "a/%2e%2e/b", EXACT},
  };
  (void)state;
  assert_paths(rows, LENGTH(rows));
}

static void a_segment_that_begins_with_a_dot_is_hidden(void **state)
{
  static const struct path_row rows[] = {
      {"/.git", ".git", HIDDEN | EXACT},
      {"/.git/config", ".git/config", HIDDEN | EXACT},
      {"/a/.b/c", "a/.b/c", HIDDEN | EXACT},
      {"/a/.b/", "a/.b", FOLDER | HIDDEN | EXACT},
      {"/%2egit", ".git", HIDDEN | EXACT},
      {"/...", "...", HIDDEN | EXACT},
      {"/..a", "..a", HIDDEN | EXACT},
      {"/.well-known", ".well-known", EXACT},
      {"/.well-known/a", ".well-known/a", EXACT},
      {"/%2ewell-known/a", ".well-known/a", EXACT},
      {"/.well-known/.a", ".well-known/.a", HIDDEN | EXACT},
      {"/.well-known2", ".well-known2", HIDDEN | EXACT},
      {"/.well-know", ".well-know", HIDDEN | EXACT},
      {"/.git/../a", "a", NO_FLAGS},
      {"/a.b", "a.b", EXACT},
  };
  (void)state;
  assert_paths(rows, LENGTH(rows));
}

static void what_could_mislead_is_refused(void **state)
{
  static const struct {
    struct span path;
    const char *reason; /* a word of it */
  } rows[] = {
      {{"", 0}, "begin with a slash"},
      {{"*", 1}, "begin with a slash"},
      {{"a/b", 3}, "begin with a slash"},
      {{NULL, 0}, "begin with a slash"},
      {{"/%", 2}, "escape"},
      {{"/%4", 3}, "escape"},
      {{"/%41", 3}, "escape"}, /* what follows the span is not looked at */
      {{"/%4/", 4}, "escape"},
      {{"/%4g", 4}, "escape"},
      {{"/%g4", 4}, "escape"},
      {{"/%%41", 5}, "escape"},
      {{"/%u0041", 7}, "escape"},
      {{"/%+1", 4}, "escape"},
      {{"/%2F", 4}, "escaped slash"},
      {{"/a%2fb", 6}, "escaped slash"},
      {{"/..%2f..%2fetc", 14}, "escaped slash"},
      {{"/%00", 4}, "NUL"},
      {{"/a\0b", 4}, "control"},
      {{"/a\nb", 4}, "control"},
      {{"/a\tb", 4}, "control"},
      {{"/\x7f", 2}, "control"},
      {{"/..", 3}, "above the root"},
      {{"/../", 4}, "above the root"},
      {{"/../a", 5}, "above the root"},
      {{"/a/../..", 8}, "above the root"},
      {{"/a/../../b", 10}, "above the root"},
      {{"//..", 4}, "above the root"},
      {{"/./..", 5}, "above the root"},
      {{"/%2e%2e/a", 9}, "above the root"},
      {{"/a/%2e./.%2E/b", 14}, "above the root"},
  };
  struct http_path p;
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    const char *reason = NULL;
    if (http_path_parse(&p, rows[i].path, &reason))
      fail_msg("%.*s: not refused", (int)rows[i].path.length, rows[i].path.data);
    assert_non_null(reason);
    if (!strstr(reason, rows[i].reason))
      fail_msg("%.*s: %s", (int)rows[i].path.length, rows[i].path.data, reason);
  }
}

static void the_longest_path_fits_and_a_longer_one_is_refused(void **state)
{
  static struct http_path p;
  char *path = malloc(HTTP_LONGEST_TARGET + 1); /* so that a look past its end is seen */
  const char *reason;
  (void)state;
  assert_non_null(path);
  memset(path, 'a', HTTP_LONGEST_TARGET + 1);
  path[0] = '/';
  assert_true(http_path_parse(&p, (struct span){path, HTTP_LONGEST_TARGET}, &reason));
  assert_int_equal(p.length, HTTP_LONGEST_TARGET - 1);
  assert_int_equal(strlen(p.text), HTTP_LONGEST_TARGET - 1);
  assert_false(http_path_parse(&p, (struct span){path, HTTP_LONGEST_TARGET + 1}, &reason));
  assert_string_equal(reason, "the path is too long");
  path[1] = '/'; /* the long way too */
  assert_true(http_path_parse(&p, (struct span){path, HTTP_LONGEST_TARGET}, &reason));
  assert_int_equal(p.length, HTTP_LONGEST_TARGET - 2);
  free(path);
}

static void assert_buffer(struct buffer *b, const char *text)
{
  assert_int_equal(buffer_append(b, "", 1), 0);
  assert_string_equal((const char *)buffer_data(b), text);
  buffer_release(b);
}

static void a_name_is_printed_so_that_it_can_stand_in_a_path(void **state)
{
  static const struct {
    const char *name;
    bool slash;
    const char *text;
  } rows[] = {
      {"", true, ""},
      {"index.html", false, "index.html"},
      {"AZaz09-._~", false, "AZaz09-._~"}, /* RFC 3986 2.3 */
      {"!$()*+,=:@", false, "!$()*+,=:@"}, /* 2.2 and 3.3 */
      {"&amp;", false, "%26amp%3B"},       /* or HTML would have it as an ampersand */
      {"a/b", true, "a/b"},
      {"a/b", false, "a%2Fb"},
      {"a b", false, "a%20b"},
      {"100%", false, "100%25"},
      {"%41", false, "%2541"},
      {"?#[]", false, "%3F%23%5B%5D"},
      {"\\\"'`<>^{|}", false, "%5C%22%27%60%3C%3E%5E%7B%7C%7D"},
      {"\xc3\xa9\xff", false, "%C3%A9%FF"},
      {"\x01\n\x7f", false, "%01%0A%7F"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct buffer b = {0};
    assert_int_equal(http_path_print(&b, rows[i].name, strlen(rows[i].name), rows[i].slash), 0);
    assert_buffer(&b, rows[i].text);
  }
  struct buffer b = {0};
  assert_int_equal(http_path_print(&b, "a\0b", 3, false), 0);
  assert_int_equal(http_path_print(&b, "c d", 3, false), 0); /* it appends */
  assert_buffer(&b, "a%00bc%20d");
}

static void every_byte_but_slash_and_NUL_comes_back(void **state)
{
  struct http_path p;
  const char *reason;
  (void)state;
  for (int byte = 1; byte <= 0xff; byte++) {
    struct buffer b = {0};
    char name[] = {'x', (char)byte, 'x'};
    if (byte == '/')
      continue;
    assert_int_equal(buffer_append(&b, "/", 1), 0);
    assert_int_equal(http_path_print(&b, name, sizeof name, false), 0);
    assert_true(
        http_path_parse(&p, (struct span){(const char *)buffer_data(&b), b.length}, &reason));
    assert_int_equal(p.length, sizeof name);
    assert_memory_equal(p.text, name, sizeof name);
    buffer_release(&b);
  }
}

#define FFFD "\xef\xbf\xbd"

static void text_is_made_fit_for_HTML(void **state)
{
  static const struct {
    const char *in, *out;
  } rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"&<>\"'", "&amp;&lt;&gt;&quot;&#39;"},
      {"<script>alert('1')</script>", "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"},
      {"a&b", "a&amp;b"},
      {"&amp;", "&amp;amp;"},
      {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"a\nb\tc\x01\x1f\x7f", "a" FFFD "b" FFFD "c" FFFD FFFD FFFD},
      {"\xc2\x80\xc2\x9f\xc2\xa0", FFFD FFFD "\xc2\xa0"}, /* C1 controls */
      {"\xff<\xfe", FFFD "&lt;" FFFD},
      {"\x80x", FFFD "x"},
      {"\xc3", FFFD},
      {"\xe2\x82", FFFD FFFD},
      {"\xc3<", FFFD "&lt;"},
      {"\xe2\x82\"", FFFD FFFD "&quot;"},
      {"\xc0\xbc", FFFD FFFD}, /* an overlong < */
      {"\xed\xa0\x80", FFFD FFFD FFFD},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct buffer b = {0};
    assert_int_equal(html_escape(&b, rows[i].in, strlen(rows[i].in)), 0);
    assert_buffer(&b, rows[i].out);
  }
  struct buffer b = {0};
  assert_int_equal(html_escape(&b, "a\0b", 3), 0);
  assert_buffer(&b, "a" FFFD "b");
}

static void a_reference_to_it_is_relative(void **state)
{
  static const struct {
    const char *path, *itself, *folder;
  } rows[] = {
      {"/a", "./a", "./a/"},
      {"/a/b", "./b", "./b/"},
      {"//evil.example", "./evil.example", "./evil.example/"},
      {"/x/a:b", "./a:b", "./a:b/"},
      {"/a/b%20%23%3F", "./b%20%23%3F", "./b%20%23%3F/"},
      {"/a/../b", "./b", "./b/"},
      {"/", "./", "./"},
      {"/a/", "./", "./"},
      {"/a/b/.", "./", "./"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows) * 2; i++) {
    struct http_path p;
    const char *reason, *want = i % 2 ? rows[i / 2].folder : rows[i / 2].itself;
    struct buffer b = {0};
    assert_true(http_path_parse(&p, span_of(rows[i / 2].path), &reason));
    assert_int_equal(http_path_print_relative(&b, &p, i % 2), 0);
    char *text = buffer_take_text(&b);
    assert_string_equal(text, want);
    free(text);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_plain_path_loses_its_slashes),
      TEST(escapes_are_decoded_once),
      TEST(dot_segments_and_empty_ones_go),
      TEST(a_segment_that_begins_with_a_dot_is_hidden),
      TEST(what_could_mislead_is_refused),
      TEST(the_longest_path_fits_and_a_longer_one_is_refused),
      TEST(a_name_is_printed_so_that_it_can_stand_in_a_path),
      TEST(every_byte_but_slash_and_NUL_comes_back),
      TEST(text_is_made_fit_for_HTML),
      TEST(a_reference_to_it_is_relative),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
