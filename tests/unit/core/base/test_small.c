/* Spans, ASCII, writers, widths, sizes and hexadecimal digits. */
#include "tests/unit/lib/harness.h"

#include "core/base/ascii.h"
#include "core/base/hex.h"
#include "core/base/size.h"
#include "core/base/span.h"
#include "core/base/utf8.h"
#include "core/base/width.h"
#include "core/base/writer.h"

#include <inttypes.h>

/* Spans. */

static void assert_span(struct span s, const char *text)
{
  assert_int_equal(s.length, strlen(text));
  assert_memory_equal(s.data, text, s.length);
}

static void a_span_is_made_of_two_ends_and_skipped_into(void **state)
{
  const char *text = "name: value";
  (void)state;
  struct span s = span_between(text, text + 4);
  assert_span(s, "name");
  assert_span(span_skip(s, 0), "name");
  assert_span(span_skip(s, 1), "ame");
  assert_span(span_skip(s, 4), "");
  assert_span(span_between(text, text), "");
}

static void spaces_and_tabs_are_trimmed_at_both_ends(void **state)
{
  static const struct {
    const char *text, *trimmed;
  } rows[] = {
      {"", ""},
      {"a", "a"},
      {" a", "a"},
      {"a ", "a"},
      {"\t a b \t ", "a b"},
      {" \t", ""},
      {"\ra\n", "\ra\n"},
      {"\v a", "\v a"},
      {"  a\xa0", "a\xa0"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_span(span_trim(span_of(rows[i].text)), rows[i].trimmed);
}

static void spans_are_compared_with_and_without_case(void **state)
{
  (void)state;
  assert_true(span_is(span_of("Host"), "Host"));
  assert_false(span_is(span_of("Host"), "host"));
  assert_false(span_is(span_of("Host"), "Hos"));
  assert_true(span_is_nocase(span_of("Host"), "hOST"));
  assert_false(span_is_nocase(span_of("Host"), "hosts"));
  assert_false(span_is_nocase(span_of("Host"), "most"));
}

/* Each of the 256 bytes, beside what the C locale says. */
static void kinds_of_characters_are_those_of_ASCII(void **state)
{
  (void)state;
  for (int i = 0; i < 256; i++) {
    char c = (char)i;
    assert_int_equal(ascii_is_digit(c), i >= '0' && i <= '9');
    assert_int_equal(ascii_is_alpha(c), (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z'));
    assert_int_equal(ascii_is_control(c), i < 32 || i == 127);
    assert_int_equal(ascii_is_blank(c), i == ' ' || i == '\t');
    assert_int_equal((unsigned char)ascii_lower(c), i >= 'A' && i <= 'Z' ? i + 32 : i);
  }
}

/* Writers. */

static void a_writer_appends_in_order(void **state)
{
  struct buffer b = {0};
  struct writer w;
  (void)state;
  writer_init(&w, &b);
  writer_text(&w, "GET ");
  writer_span(&w, span_of("/a"));
  writer_bytes(&w, "\0", 1);
  writer_format(&w, " %d%s", 7, "!");
  writer_escaped(&w, span_of("\x1b"), ESCAPE_LINE);
  writer_json(&w, span_of("\""));
  assert_int_equal(w.error, 0);
  assert_int_equal(b.length, 16);
  assert_memory_equal(buffer_data(&b), "GET /a\0 7!\\x1b\\\"", 16);
  buffer_release(&b);
}

static void a_writer_keeps_the_first_error_and_appends_nothing_after_it(void **state)
{
  struct buffer b = {0};
  struct writer w;
  (void)state;
  writer_init(&w, &b);
  writer_text(&w, "a");
  writer_note(&w, 0);
  assert_int_equal(w.error, 0);
  writer_bytes(&w, "", SIZE_MAX / 2); /* no memory holds it */
  assert_int_equal(w.error, UV_ENOMEM);
  writer_note(&w, UV_EIO);
  writer_text(&w, "b");
  writer_span(&w, span_of("b"));
  writer_format(&w, "%s", "b");
  writer_escaped(&w, span_of("b"), ESCAPE_LINE);
  writer_json(&w, span_of("b"));
  assert_int_equal(w.error, UV_ENOMEM);
  assert_int_equal(b.length, 1);
  buffer_release(&b);
}

/* Widths. */

static const struct {
  const char *text;
  size_t columns;
} widths[] = {
    {"", 0},
    {"plain", 5},
    {"\xc3\xa9", 1},                 /* e with acute */
    {"e\xcc\x81", 1},                /* the same with a joining mark */
    {"\xe6\xbc\xa2\xe5\xad\x97", 4}, /* two of Han */
    {"\xf0\x9f\x98\x80", 2},         /* a smiley */
    {"\xe2\x82\xac", 1},             /* the sign of the euro */
    {"\xff\xfe", 2},                 /* no UTF-8: one each */
    {"\xe2\x82", 2},
    {"a\xe2\x80\x8d"
     "b",
     2},                     /* a joiner */
    {"\xf0\xa0\x80\x80", 2}, /* a rare one of Han */
    {"\xf0\x90\x80\x80", 1}, /* Linear B */
};

static void the_width_of_a_text_is_counted_in_columns(void **state)
{
  (void)state;
  for (size_t i = 0; i < LENGTH(widths); i++) {
    size_t columns = width_of(span_of(widths[i].text));
    if (columns != widths[i].columns)
      fail_msg("row %zu: %zu", i, columns);
  }
  assert_int_equal(width_of_character(0x0301), 0);
  assert_int_equal(width_of_character('a'), 1);
  assert_int_equal(width_of_character(0x2ffff), 2);
  assert_int_equal(width_of_character(0x10ffff), 1);
}

static void a_text_is_fitted_into_a_width_by_whole_characters(void **state)
{
  static const struct {
    const char *text;
    size_t columns, bytes, taken;
  } rows[] = {
      {"abc", 2, 2, 2},
      {"abc", 5, 3, 3},
      {"\xe6\xbc\xa2\xe5\xad\x97", 3, 3, 2}, /* half of one is none */
      {"e\xcc\x81x", 1, 3, 1},               /* the mark comes along */
      {"abc", 0, 0, 0},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    size_t taken;
    assert_int_equal(width_fit(span_of(rows[i].text), rows[i].columns, &taken), rows[i].bytes);
    assert_int_equal(taken, rows[i].taken);
  }
}

static void a_text_is_printed_in_exactly_its_columns(void **state)
{
  static const struct {
    const char *text;
    size_t columns;
    const char *printed;
  } rows[] = {
      {"abc", 5, "abc  "},
      {"abcdefghij", 8, "abcde..."},
      {"abcdefghij", 7, "abcdefg"}, /* too narrow to show that it is cut */
      {"abcdefgh", 8, "abcdefgh"},
      {"\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2", 8,
       "\xe6\xbc\xa2\xe6\xbc\xa2... "},
      {"\xe6\xbc\xa2", 1, " "},
      {"", 0, ""},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct buffer out = {0};
    assert_int_equal(width_append(&out, span_of(rows[i].text), rows[i].columns), 0);
    assert_span((struct span){(const char *)buffer_data(&out), out.length}, rows[i].printed);
    buffer_release(&out);
  }
}

/* Sizes. */

static void a_size_is_short_and_never_says_more_than_there_is(void **state)
{
  static const struct {
    uint64_t bytes;
    const char *text;
  } rows[] = {
      {0, "0 B"},
      {1023, "1023 B"},
      {1024, "1.0 KiB"},
      {1126, "1.0 KiB"},
      {1127, "1.1 KiB"},
      {1536, "1.5 KiB"},
      {102399, "99.9 KiB"},
      {102400, "100 KiB"},
      {1048575, "1023 KiB"},
      {1048576, "1.0 MiB"},
      {UINT64_C(3) << 30, "3.0 GiB"},
      {UINT64_C(5) << 40, "5.0 TiB"},
      {UINT64_C(7) << 50, "7.0 PiB"},
      {UINT64_MAX, "15.9 EiB"},
  };
  char out[SIZE_TEXT];
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_string_equal(size_format(out, rows[i].bytes), rows[i].text);
}

/* Hexadecimal digits. */

static void hexadecimal_digits_are_written_and_read(void **state)
{
  char out[9];
  (void)state;
  hex_encode(out, "\x00\x9f\xa0\xff", 4);
  assert_string_equal(out, "009fa0ff");
  hex_encode(out, "", 0);
  assert_string_equal(out, "");
  for (int i = 0; i < 256; i++) {
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *at = i ? strchr(digits, i) : NULL;
    assert_int_equal(hex_value((char)i), at ? (at - digits) % 16 : -1);
  }
}

/* UTF-8 as a whole; test_buffer_text has the single characters. */

static void a_text_is_UTF8_or_not(void **state)
{
  static const struct {
    const char *text;
    bool valid;
  } rows[] = {
      {"", true},
      {"plain ASCII, longer than eight bytes", true},
      {"eight by\xc3\xa9 and eight more after it", true},
      {"eight by\xc3", false},
      {"\x80", false},
      {"a\xed\xa0\x80", false}, /* a surrogate */
      {"12345678\xff", false},
      {"1234567\xf0\x9f\x98\x80", true},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_int_equal(utf8_is_valid(rows[i].text, strlen(rows[i].text)), rows[i].valid);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_span_is_made_of_two_ends_and_skipped_into),
      TEST(spaces_and_tabs_are_trimmed_at_both_ends),
      TEST(spans_are_compared_with_and_without_case),
      TEST(kinds_of_characters_are_those_of_ASCII),
      TEST(a_writer_appends_in_order),
      TEST(a_writer_keeps_the_first_error_and_appends_nothing_after_it),
      TEST(the_width_of_a_text_is_counted_in_columns),
      TEST(a_text_is_fitted_into_a_width_by_whole_characters),
      TEST(a_text_is_printed_in_exactly_its_columns),
      TEST(a_size_is_short_and_never_says_more_than_there_is),
      TEST(hexadecimal_digits_are_written_and_read),
      TEST(a_text_is_UTF8_or_not),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
