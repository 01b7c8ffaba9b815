/* Header fields taken apart, and the lists in their values. */
#include "tests/unit/lib/harness.h"

#include "core/http/message/character.h"
#include "core/http/message/fields.h"

#include <stdio.h>
#include <stdlib.h>

static enum http_fields_error parse(struct http_fields *f, const char *text)
{
  memset(f, 0xa5, sizeof *f); /* what is not written is not to be read */
  return http_parse_fields(f, text, strlen(text));
}

static void assert_span(struct span s, const char *want)
{
  if (s.length != strlen(want) || memcmp(s.data, want, s.length) != 0)
    fail_msg("'%.*s' is not '%s'", (int)s.length, s.data, want);
}

/* RFC 9110 5.6.2 and 5.5, RFC 3986 2.2 and 2.3, written out. */
static void every_character_is_in_the_classes_of_the_standard(void **state)
{
  static const char alnum[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  (void)state;
  for (int i = 0; i < 256; i++) {
    char c = (char)i;
    bool letter = i && strchr(alnum, i);
    bool visible = i > ' ' && i != 0x7f;
    assert_int_equal(http_is(c, HTTP_IN_TOKEN), letter || (i && strchr("!#$%&'*+-.^_`|~", i)));
    assert_int_equal(http_is(c, HTTP_IN_VALUE), visible || i == ' ' || i == '\t');
    assert_int_equal(http_is(c, HTTP_IN_TARGET), visible && i != '#');
    assert_int_equal(http_is(c, HTTP_IN_REG_NAME), letter || (i && strchr("-._~!$&'()*+,;=", i)));
    assert_int_equal(http_is(c, HTTP_HEX_DIGIT), i && strchr("0123456789abcdefABCDEF", i));
  }
}

static void every_field_we_ask_for_is_known_whatever_its_case(void **state)
{
  static const struct {
    const char *name;
    enum http_field_id id;
  } rows[] = {
      {"Accept", HTTP_ACCEPT},
      {"Accept-Encoding", HTTP_ACCEPT_ENCODING},
      {"Access-Control-Request-Headers", HTTP_ACCESS_CONTROL_REQUEST_HEADERS},
      {"Access-Control-Request-Method", HTTP_ACCESS_CONTROL_REQUEST_METHOD},
      {"Authorization", HTTP_AUTHORIZATION},
      {"Connection", HTTP_CONNECTION},
      {"Content-Encoding", HTTP_CONTENT_ENCODING},
      {"Content-Length", HTTP_CONTENT_LENGTH},
      {"Content-Range", HTTP_CONTENT_RANGE},
      {"Content-Type", HTTP_CONTENT_TYPE},
      {"Date", HTTP_DATE},
      {"ETag", HTTP_ETAG},
      {"Expect", HTTP_EXPECT},
      {"Host", HTTP_HOST},
      {"If-Match", HTTP_IF_MATCH},
      {"If-Modified-Since", HTTP_IF_MODIFIED_SINCE},
      {"If-None-Match", HTTP_IF_NONE_MATCH},
      {"If-Range", HTTP_IF_RANGE},
      {"If-Unmodified-Since", HTTP_IF_UNMODIFIED_SINCE},
      {"Last-Modified", HTTP_LAST_MODIFIED},
      {"Location", HTTP_LOCATION},
      {"Origin", HTTP_ORIGIN},
      {"Range", HTTP_RANGE},
      {"Referer", HTTP_REFERER},
      {"Retry-After", HTTP_RETRY_AFTER},
      {"Sec-Fetch-Site", HTTP_SEC_FETCH_SITE},
      {"Transfer-Encoding", HTTP_TRANSFER_ENCODING},
      {"User-Agent", HTTP_USER_AGENT},
      {"X-Forwarded-Host", HTTP_X_FORWARDED_HOST},
      {"hOST", HTTP_HOST},
      {"host", HTTP_HOST},
      {"TRANSFER-ENCODING", HTTP_TRANSFER_ENCODING},
      {"Hosts", HTTP_OTHER_FIELD},
      {"Hos", HTTP_OTHER_FIELD},
      {"Hos~", HTTP_OTHER_FIELD},
      {"If_Match", HTTP_OTHER_FIELD},
      {"Content_Length", HTTP_OTHER_FIELD},
      {"X", HTTP_OTHER_FIELD},
      {"Access-Control-Request-Headers-", HTTP_OTHER_FIELD},
  };
  struct http_fields f;
  uint64_t all = 0;
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    char text[128];
    snprintf(text, sizeof text, "%s: v\r\n\r\n", rows[i].name);
    assert_int_equal(parse(&f, text), HTTP_FIELDS_FINE);
    assert_int_equal(f.count, 1);
    assert_span(f.all[0].name, rows[i].name);
    if (f.all[0].id != rows[i].id)
      fail_msg("%s is field %d", rows[i].name, (int)f.all[0].id);
    uint64_t bit = rows[i].id == HTTP_OTHER_FIELD ? 0 : UINT64_C(1) << rows[i].id;
    assert_int_equal(f.seen, bit);
    all |= bit;
  }
  assert_int_equal(all, (UINT64_C(1) << HTTP_FIELD_IDS) - 2); /* every one was a row */
}

static void a_value_is_what_stands_between_its_white_space(void **state)
{
  static const struct {
    const char *line, *value;
  } rows[] = {
      {"A:b", "b"},
      {"A: b", "b"},
      {"A:\t b \t ", "b"},
      {"A: b c", "b c"},
      {"A: b\tc", "b\tc"},
      {"A:", ""},
      {"A:  \t ", ""},
      {"A: :", ":"},
      {"A: b: c", "b: c"},
      {"A: \"b, c\"", "\"b, c\""},
      {"A: caf\xc3\xa9", "caf\xc3\xa9"},
      {"A: \x80\xff", "\x80\xff"},
      {"A: 12345678", "12345678"},
      {"A: 1234567\t", "1234567"},
      {"A: 1234567\t9abcdefghi\tj", "1234567\t9abcdefghi\tj"},
      {"A: a value of many words, and so longer than any machine's", /* word */
       "a value of many words, and so longer than any machine's"},
      {"!#$%&'*+-.^_`|~09azAZ: b", "b"},
  };
  static const char *const ends[] = {"\r\n\r\n", "\n\n", "\r\n\n", "\n\r\n"};
  struct http_fields f;
  (void)state;
  for (size_t i = 0; i < LENGTH(rows) * LENGTH(ends); i++) {
    char text[128];
    size_t row = i / LENGTH(ends);
    snprintf(text, sizeof text, "%s%s", rows[row].line, ends[i % LENGTH(ends)]);
    if (parse(&f, text) != HTTP_FIELDS_FINE)
      fail_msg("'%s' was refused", rows[row].line);
    assert_int_equal(f.count, 1);
    assert_span(f.all[0].value, rows[row].value);
  }
}

static void every_malformed_line_is_refused(void **state)
{
  static const struct {
    const char *text;
    enum http_fields_error error;
  } rows[] = {
      {"Host : a\r\n\r\n", HTTP_FIELDS_SPACE},
      {"Host\t: a\r\n\r\n", HTTP_FIELDS_SPACE},
      {"Host \t : a\r\n\r\n", HTTP_FIELDS_SPACE},
      {" Host: a\r\n\r\n", HTTP_FIELDS_FOLDED},
      {"A: b\r\n c\r\n\r\n", HTTP_FIELDS_FOLDED},
      {"A: b\r\n\tc\r\n\r\n", HTTP_FIELDS_FOLDED},
      {"A: b\n c\n\n", HTTP_FIELDS_FOLDED},
      {"A: b\r\n \r\n\r\n", HTTP_FIELDS_FOLDED},
      {": b\r\n\r\n", HTTP_FIELDS_BAD_NAME},
      {"A b: c\r\n\r\n", HTTP_FIELDS_BAD_NAME},
      {"A(b): c\r\n\r\n", HTTP_FIELDS_BAD_NAME},
      {"\"A\": c\r\n\r\n", HTTP_FIELDS_BAD_NAME},
      {"A/b: c\r\n\r\n", HTTP_FIELDS_BAD_NAME},
      {"A\x7f: c\r\n\r\n", HTTP_FIELDS_BAD_NAME},
      {"A\x01: c\r\n\r\n", HTTP_FIELDS_BAD_NAME},
      {"caf\xc3\xa9: c\r\n\r\n", HTTP_FIELDS_BAD_NAME},
      {"A\r: c\r\n\r\n", HTTP_FIELDS_BAD_NAME},
      {"A\r\n\r\n", HTTP_FIELDS_NO_COLON},
      {"A b\r\n\r\n", HTTP_FIELDS_NO_COLON},
      {"A\r\nB: c\r\n\r\n", HTTP_FIELDS_NO_COLON},
      {"A\nB: c\r\n\r\n", HTTP_FIELDS_NO_COLON},
      {"A", HTTP_FIELDS_NO_COLON},
      {"\r\r\n", HTTP_FIELDS_NO_COLON},
      {"A: b\rc\r\n\r\n", HTTP_FIELDS_BAD_VALUE},
      {"A: b\r\r\n\r\n", HTTP_FIELDS_BAD_VALUE},
      {"A: \rb\r\n\r\n", HTTP_FIELDS_BAD_VALUE},
      {"A:\r b\r\n\r\n", HTTP_FIELDS_BAD_VALUE},
      {"A: b\rC: d\r\n\r\n", HTTP_FIELDS_BAD_VALUE},
      {"A: b\x01\r\n\r\n", HTTP_FIELDS_BAD_VALUE},
      {"A: \x0b"
       "chunked\r\n\r\n",
       HTTP_FIELDS_BAD_VALUE},
      {"A: b\x7f\r\n\r\n", HTTP_FIELDS_BAD_VALUE},
      {"A: b\x1f\r\n\r\n", HTTP_FIELDS_BAD_VALUE},
      {"A: 1234567890\x1b[31m\r\n\r\n", HTTP_FIELDS_BAD_VALUE},
      {"A: \xc3\xa9\xc3\xa9\xc3\xa9\x7f\xff\xff\xff\xff\r\n\r\n", HTTP_FIELDS_BAD_VALUE},
      {"", HTTP_FIELDS_BAD_END},
      {"A: b", HTTP_FIELDS_BAD_END},
      {"A: b\r\n", HTTP_FIELDS_BAD_END},
      {"A: b\r\n\r\nC: d\r\n\r\n", HTTP_FIELDS_BAD_END},
      {"\r\nA: b\r\n\r\n", HTTP_FIELDS_BAD_END},
      {"\r\n\r\n", HTTP_FIELDS_BAD_END},
  };
  struct http_fields f;
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    enum http_fields_error error = parse(&f, rows[i].text);
    if (error != rows[i].error)
      fail_msg("row %zu, '%s': %s", i, rows[i].text, http_fields_error_words(error));
  }
}

/* Whichever eighth of a word it is in, and also after the last whole word. */
static void a_control_character_is_found_wherever_it_stands(void **state)
{
  (void)state;
  for (size_t length = 1; length < 40; length++) {
    for (size_t at = 0; at < length; at++) {
      for (int c = 0; c < 256; c++) {
        char text[64] = "A:";
        struct http_fields f;
        bool fine = c == '\t' || (c >= ' ' && c != 0x7f);
        memset(text + 2, 'x', length);
        text[2 + at] = (char)c;
        strcpy(text + 2 + length, "\r\n\r\n");
        if (c == '\n' || (c == '\r' && at == length - 1))
          continue; /* which end the line, or may */
        enum http_fields_error error = http_parse_fields(&f, text, length + 6);
        if (error != (fine ? HTTP_FIELDS_FINE : HTTP_FIELDS_BAD_VALUE))
          fail_msg("%#x at %zu of %zu", c, at, length);
      }
    }
  }
}

static void no_fields_at_all_are_fine(void **state)
{
  struct http_fields f;
  (void)state;
  assert_int_equal(parse(&f, "\r\n"), HTTP_FIELDS_FINE);
  assert_int_equal(f.count, 0);
  assert_int_equal(parse(&f, "\n"), HTTP_FIELDS_FINE);
  assert_int_equal(f.count, 0);
  assert_false(http_has_field(&f, HTTP_HOST));
  assert_null(http_field(&f, HTTP_HOST).data);
}

static void a_hundred_fields_are_taken_and_one_more_refused(void **state)
{
  char text[101 * 6 + 3], *end = text;
  struct http_fields f;
  (void)state;
  for (int i = 0; i < 100; i++)
    end = stpcpy(end, "A: b\r\n");
  strcpy(end, "\r\n");
  assert_int_equal(parse(&f, text), HTTP_FIELDS_FINE);
  assert_int_equal(f.count, 100);
  strcpy(end, "A: b\r\n\r\n");
  assert_int_equal(parse(&f, text), HTTP_FIELDS_TOO_MANY);
}

static void of_a_response_any_number_of_fields_is_taken(void **state)
{
  enum { MANY = 80000 };
  struct http_fields f;
  char *text = malloc(MANY * 3 + 64), *end = text;
  (void)state;
  for (int i = 0; i < MANY; i++)
    end = stpcpy(end, "A:\n");
  strcpy(end, "Content-Length: 5\nContent-Length: 5\nX: last\n\n");
  assert_int_equal(http_parse_many_fields(&f, text, strlen(text)), HTTP_FIELDS_FINE);
  assert_int_equal(f.count, MANY + 3);
  assert_span(http_field(&f, HTTP_CONTENT_LENGTH), "5");
  assert_true(f.repeated >> HTTP_CONTENT_LENGTH & 1);
  assert_span(http_field_at(&f, 99)->name, "A");
  assert_span(http_field_at(&f, 100)->name, "A");
  assert_span(http_field_at(&f, MANY + 2)->value, "last");
  http_fields_release(&f);
  assert_int_equal(f.count, 0);
  strcpy(text + 150 * 3, "no colon\n\n");
  assert_int_equal(http_parse_many_fields(&f, text, strlen(text)), HTTP_FIELDS_NO_COLON);
  http_fields_release(&f);
  free(text);
}

static void a_folded_line_goes_on_the_one_before_it(void **state)
{
  static const struct {
    const char *text, *then;
  } rows[] = {
      {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b   c\r\n\r\n"},
      {"HTTP/1.1 200 OK\nA: b\n\tc\n d\n\n", "HTTP/1.1 200 OK\nA: b \tc  d\n\n"},
      {"HTTP/1.1 200 OK\r\nA:\r\n \r\n b\r\n\r\n", "HTTP/1.1 200 OK\r\nA:      b\r\n\r\n"},
      {"HTTP/1.1 200 OK\r\n A: b\r\n\r\n", "HTTP/1.1 200 OK\r\n A: b\r\n\r\n"},
      {"\n", "\n"},
      {"", ""},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    char text[64];
    strcpy(text, rows[i].text);
    http_unfold(text, strlen(text));
    assert_string_equal(text, rows[i].then);
  }
}

static void the_first_of_several_is_told_and_that_there_are_several(void **state)
{
  struct http_fields f;
  (void)state;
  assert_int_equal(
      parse(&f, "X: 0\r\nHost: a\r\nRange: 1\r\nX: 2\r\nhost: b\r\nrange: 3\r\nDate: d\r\n\r\n"),
      HTTP_FIELDS_FINE);
  uint64_t repeated = UINT64_C(1) << HTTP_HOST | UINT64_C(1) << HTTP_RANGE;
  assert_int_equal(f.count, 7);
  assert_int_equal(f.seen, repeated | UINT64_C(1) << HTTP_DATE);
  assert_int_equal(f.repeated, repeated);
  assert_span(http_field(&f, HTTP_HOST), "a");
  assert_span(http_field(&f, HTTP_RANGE), "1");
  assert_null(http_field(&f, HTTP_ETAG).data);
}

static void a_list_gives_its_members(void **state)
{
  static const struct {
    const char *list, *members; /* with a bar between them */
  } rows[] = {
      {"", ""},
      {"a", "a|"},
      {"a,b", "a|b|"},
      {" a\t, b ,c ", "a|b|c|"},
      {",", ""},
      {" , ,, ", ""},
      {",a,,b,", "a|b|"},
      {"a b", "a b|"},
      {"a;q=0.5, b", "a;q=0.5|b|"},
      {"\"a,b\", c", "\"a,b\"|c|"},
      {"a=\"b,c\";d, e", "a=\"b,c\";d|e|"},
      {"\"a\\\",b\",c", "\"a\\\",b\"|c|"},
      {"\"a\\\\\",b", "\"a\\\\\"|b|"},
      {"\"a, b", "\"a, b|"},
      {"\"a, b\\", "\"a, b\\|"},
      {"a\\,b", "a\\|b|"},
      {"W/\"x\", \"y\"", "W/\"x\"|\"y\"|"},
      {"\"\",\"\"", "\"\"|\"\"|"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct span rest = span_of(rows[i].list), element;
    char got[128] = "", *end = got;
    while (http_list_next(&rest, &element))
      end += sprintf(end, "%.*s|", (int)element.length, element.data);
    assert_string_equal(got, rows[i].members);
    assert_false(http_list_next(&rest, &element));
  }
}

static void the_list_of_no_field_has_no_members(void **state)
{
  struct span rest = {NULL, 0}, element;
  (void)state;
  assert_false(http_list_next(&rest, &element));
}

static void a_token_is_found_in_lists_over_several_fields(void **state)
{
  static const struct {
    const char *fields, *token;
    bool has;
  } rows[] = {
      {"Connection: close\r\n\r\n", "close", true},
      {"Connection: CLOSE\r\n\r\n", "close", true},
      {"Connection: keep-alive, Close\r\n\r\n", "close", true},
      {"Connection: keep-alive\r\nX: y\r\nConnection: close\r\n\r\n", "close", true},
      {"Connection: close;x=1\r\n\r\n", "close", true},
      {"Connection: close ; x=1\r\n\r\n", "close", true},
      {"Connection: closed\r\n\r\n", "close", false},
      {"Connection: clos\r\n\r\n", "close", false},
      {"Connection: not close\r\n\r\n", "close", false},
      {"Connection: \"close\"\r\n\r\n", "close", false},
      {"Connection: x;y=\", close\"\r\n\r\n", "close", false},
      {"Connection:\r\n\r\n", "close", false},
      {"Accept: close\r\n\r\n", "close", false},
      {"\r\n", "close", false},
  };
  struct http_fields f;
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    assert_int_equal(parse(&f, rows[i].fields), HTTP_FIELDS_FINE);
    if (http_list_has(&f, HTTP_CONNECTION, rows[i].token) != rows[i].has)
      fail_msg("row %zu: %s", i, rows[i].fields);
  }
}

static void tokens_and_values_are_told_from_what_is_none(void **state)
{
  static const struct {
    const char *text;
    bool token, value;
  } rows[] = {
      {"", false, true},       {"gzip", true, true},      {"!#$%&'*+-.^_`|~", true, true},
      {"a b", false, true},    {"a\tb", false, true},     {" a", false, false},
      {"a ", false, false},    {"a\t", false, false},     {"\ta", false, false},
      {" ", false, false},     {"a,b", false, true},      {"a:b", false, true},
      {"a\r", false, false},   {"a\nb: c", false, false}, {"a\x7f", false, false},
      {"a\x1b", false, false}, {"\xc3\xa9", false, true}, {"a=\"b\"", false, true},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    if (http_is_token(span_of(rows[i].text)) != rows[i].token)
      fail_msg("token: '%s'", rows[i].text);
    if (http_is_field_value(span_of(rows[i].text)) != rows[i].value)
      fail_msg("value: '%s'", rows[i].text);
  }
  assert_false(http_is_token((struct span){"a\0b", 3}));
  assert_false(http_is_field_value((struct span){"a\0b", 3}));
}

static void numbers_have_digits_only_and_fit(void **state)
{
  static const struct {
    const char *text;
    bool fine;
    uint64_t number;
  } rows[] = {
      {"0", true, 0},
      {"7", true, 7},
      {"007", true, 7},
      {"18446744073709551615", true, UINT64_MAX},
      {"000000000000000000000000000001", true, 1},
      {"18446744073709551616", false, 0},
      {"18446744073709551620", false, 0},
      {"28446744073709551615", false, 0},
      {"184467440737095516150", false, 0},
      {"", false, 0},
      {"-1", false, 0},
      {"+1", false, 0},
      {" 1", false, 0},
      {"1 ", false, 0},
      {"0x1", false, 0},
      {"1.0", false, 0},
      {"1e3", false, 0},
      {"1,1", false, 0},
      {"/", false, 0},
      {":", false, 0},
      {"\xb2", false, 0},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    uint64_t number = 0;
    if (http_parse_number(span_of(rows[i].text), &number) != rows[i].fine)
      fail_msg("'%s'", rows[i].text);
    assert_int_equal(number, rows[i].number);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(every_character_is_in_the_classes_of_the_standard),
      TEST(every_field_we_ask_for_is_known_whatever_its_case),
      TEST(a_value_is_what_stands_between_its_white_space),
      TEST(every_malformed_line_is_refused),
      TEST(a_control_character_is_found_wherever_it_stands),
      TEST(no_fields_at_all_are_fine),
      TEST(a_hundred_fields_are_taken_and_one_more_refused),
      TEST(of_a_response_any_number_of_fields_is_taken),
      TEST(a_folded_line_goes_on_the_one_before_it),
      TEST(the_first_of_several_is_told_and_that_there_are_several),
      TEST(a_list_gives_its_members),
      TEST(the_list_of_no_field_has_no_members),
      TEST(a_token_is_found_in_lists_over_several_fields),
      TEST(tokens_and_values_are_told_from_what_is_none),
      TEST(numbers_have_digits_only_and_fit),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
