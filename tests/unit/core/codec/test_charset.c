/* Lines of terminals that are not all UTF-8's, as UTF-8. */
#include "tests/unit/lib/harness.h"

#include "core/base/escape.h"
#include "core/codec/charset.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

/* What the C library answers to the program, where a test says so. */
static bool knows_no_gbk;

iconv_t __real_iconv_open(const char *to, const char *from);
iconv_t __wrap_iconv_open(const char *to, const char *from);

iconv_t __wrap_iconv_open(const char *to, const char *from)
{
  return knows_no_gbk ? (iconv_t)-1 : __real_iconv_open(to, from);
}

struct row {
  const char *line, *utf8;
};

static void assert_becomes(const char *line, size_t n, const char *utf8, size_t n_utf8)
{
  struct buffer out = {0};
  assert_int_equal(charset_to_utf8(&out, line, n), 0);
  if (out.length != n_utf8 || (n_utf8 > 0 && memcmp(buffer_data(&out), utf8, n_utf8) != 0)) {
    char in[512], made[512];
    escape_to(in, sizeof in, line, n);
    escape_to(made, sizeof made, buffer_data(&out), out.length);
    fail_msg("%s became %s", in, made);
  }
  buffer_release(&out);
}

static void assert_rows(const struct row *rows, size_t n)
{
  for (size_t i = 0; i < n; i++)
    assert_becomes(rows[i].line, strlen(rows[i].line), rows[i].utf8, strlen(rows[i].utf8));
}

static void UTF8_stays_as_it_is(void **state)
{
  static const char *const lines[] = {
      "",
      "say hello",
      "a line of ASCII that is longer than what is looked at in one step",
      "\x1b[31m\x07\x7f\r\n\t", /* what a terminal obeys is not for here */
      "gr\u00fc\u00df dich",
      "\u4f60\u597d",
      "\u00e9", /* at every place of a word */
      "1\u00e9",
      "1234567\u00e9",
      "12345678\u00e9",
      "123456789\u00e912345678\u00e9",
      "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", /* the ends of 2 and 3 bytes */
      "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",         /* and of 4 */
      "\xed\x9f\xbf\xee\x80\x80",                 /* beside the surrogates */
      "\xef\xbf\xbd",                             /* U+FFFD of somebody else */
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(lines); i++)
    assert_becomes(lines[i], strlen(lines[i]), lines[i], strlen(lines[i]));
  assert_becomes("a\0b", 3, "a\0b", 3);
  assert_becomes(NULL, 0, "", 0);
}

static void GBK_becomes_UTF8(void **state)
{
  static const struct row rows[] = {
      {"\xc4\xe3\xba\xc3", "\u4f60\u597d"},
      {"say \xc4\xe3\xba\xc3, Ada", "say \u4f60\u597d, Ada"},
      {"\xd6\xd0\xce\xc4|\x81|", "\u4e2d\u6587|\u4e85"}, /* the second byte of one is a | */
      {"\x81\x40 \x81\x5c", "\u4e02 \u4e57"},            /* an @ and a backslash */
      {"\xa6\xe0 \xfe\x4f", "\ufe35 \ufa29"},
  };
  (void)state;
  assert_rows(rows, LENGTH(rows));
  assert_becomes("\xc4\xe3\0\xba\xc3", 5, "\u4f60\0\u597d", 7);
}

static void what_is_neither_has_its_bad_bytes_replaced(void **state)
{
  static const struct row rows[] = {
      {"\xff", "\ufffd"},
      {"a\xff\xfez", "a\ufffd\ufffdz"},
      {"\xc4\xe3\xba", "\ufffd\ufffd\ufffd"}, /* half a character of GBK at the end */
      {"\xc4\n", "\ufffd\n"},                 /* and within: what follows is not swallowed */
      {"\x81\x7f", "\ufffd\x7f"},
      {"\xa2\xe3", "\ufffd\ufffd"},                   /* nothing is there in GBK */
      {"hi \xe4\xbd\xa0 \xe5", "hi \u4f60 \ufffd"},   /* half a character of UTF-8 */
      {"\xe4\xbd\xa0\xc4\xe3", "\u4f60\ufffd\ufffd"}, /* some of each */
      {"\u4f60\u597d\xff", "\u4f60\u597d\ufffd"},
      {"caf\xe9", "caf\ufffd"}, /* Latin-1 */
      {"Gr\xfc\xdf"
       "e",
       "Gr\ufffd\ufffd"
       "e"},
      {"\xe9t\xe9", "\ufffdt\ufffd"},
      {"\xef\xbb\xbf\xff", "\ufeff\ufffd"},
  };
  (void)state;
  assert_rows(rows, LENGTH(rows));
}

/* Where they are GBK by chance, they are that: in no case what the ill-formed sequence would say.
 */
static void ill_formed_UTF8_is_no_UTF8(void **state)
{
  static const struct row rows[] = {
      {"\xff\xc0\xaf", "\ufffd\ufffd\ufffd"}, /* overlong slash */
      {"\xff\xc1\xbf", "\ufffd\ufffd\ufffd"},
      {"\xe0\x80\xaf\xff", "\ufffd\ufffd\ufffd\ufffd"},
      {"\xf0\x80\x80\xaf\xff", "\ufffd\ufffd\ufffd\ufffd\ufffd"},
      {"\xed\xa0\x80\xff", "\ufffd\ufffd\ufffd\ufffd"}, /* surrogates */
      {"\xed\xbf\xbf\xff", "\ufffd\ufffd\ufffd\ufffd"},
      {"\xf4\x90\x80\x80\xff", "\ufffd\ufffd\ufffd\ufffd\ufffd"}, /* above U+10FFFF */
      {"\xf5\x80\x80\x80\xff", "\ufffd\ufffd\ufffd\ufffd\ufffd"},
      {"\xc0\xaf", "\u8721"}, /* GBK by chance */
      {"\xc1\xbf", "\u91cf"},
      {"na\xefve", "na\u98d7"
                   "e"},
      {"\u4f60\u597d\xc4\xe3", "\u6d63\u72b2\u30bd\u4f60"},
  };
  (void)state;
  assert_rows(rows, LENGTH(rows));
}

static void without_GBK_the_bad_bytes_are_replaced(void **state)
{
  static const struct row rows[] = {
      {"\u4f60\u597d", "\u4f60\u597d"},
      {"\xc4\xe3\xba\xc3", "\ufffd\ufffd\ufffd\ufffd"},
      {"\u4f60\u597d\xc4\xe3", "\u4f60\u597d\ufffd\ufffd"},
      {"\xc0\xaf", "\ufffd\ufffd"},
      {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
  };
  (void)state;
  knows_no_gbk = true;
  assert_rows(rows, LENGTH(rows));
  knows_no_gbk = false;
}

static void lines_are_appended(void **state)
{
  struct buffer out = {0};
  (void)state;
  assert_int_equal(buffer_append(&out, "xxx: ", 5), 0);
  buffer_consume(&out, 2);
  assert_int_equal(charset_to_utf8(&out, "a ", 2), 0);
  assert_int_equal(charset_to_utf8(&out, "\xc4\xe3 ", 3), 0);
  assert_int_equal(charset_to_utf8(&out, "\xff", 1), 0);
  char *text = buffer_take_text(&out);
  assert_string_equal(text, "x: a \u4f60 \ufffd");
  free(text);
}

static void a_bad_byte_is_found_wherever_it_stands(void **state)
{
  (void)state;
  for (size_t i = 0; i < 24; i++) {
    char line[25] = "abcdefghijklmnopqrstuvwx", utf8[32];
    line[i] = '\xff';
    int n = snprintf(utf8, sizeof utf8, "%.*s\ufffd%s", (int)i, line, line + i + 1);
    assert_becomes(line, 24, utf8, (size_t)n);
  }
}

static void a_long_line_is_one_of_its_kind_to_the_end(void **state)
{
  enum { MANY = 2000 };
  static char gbk[2 * MANY + 1], utf8[3 * MANY], bad[3 * 2 * MANY + 3];
  (void)state;
  for (size_t i = 0; i < 2 * MANY; i++)
    gbk[i] = "\xc4\xe3"[i % 2];
  for (size_t i = 0; i < sizeof utf8; i++)
    utf8[i] = "\u4f60"[i % 3];
  assert_becomes(gbk, 2 * MANY, utf8, sizeof utf8);
  gbk[2 * MANY] = '\xff';
  for (size_t i = 0; i < sizeof bad; i++)
    bad[i] = "\ufffd"[i % 3];
  assert_becomes(gbk, sizeof gbk, bad, sizeof bad);
}

/* More than there can be memory for: nothing is read of it but the first byte. */
static void without_memory_nothing_is_added(void **state)
{
  struct buffer out = {0};
  (void)state;
  assert_int_equal(buffer_append(&out, "x", 1), 0);
  assert_int_equal(charset_to_utf8(&out, "\xff\xff\xff\xff\xff\xff\xff\xff", SIZE_MAX / 3 + 2),
                   UV_ENOMEM);
  assert_int_equal(charset_to_utf8(&out, "\xff\xff\xff\xff\xff\xff\xff\xff", SIZE_MAX / 3),
                   UV_ENOMEM);
  assert_int_equal(out.length, 1);
  assert_int_equal(*buffer_data(&out), 'x');
  buffer_release(&out);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(UTF8_stays_as_it_is),
      TEST(GBK_becomes_UTF8),
      TEST(what_is_neither_has_its_bad_bytes_replaced),
      TEST(ill_formed_UTF8_is_no_UTF8),
      TEST(without_GBK_the_bad_bytes_are_replaced),
      TEST(lines_are_appended),
      TEST(a_bad_byte_is_found_wherever_it_stands),
      TEST(a_long_line_is_one_of_its_kind_to_the_end),
      TEST(without_memory_nothing_is_added),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
