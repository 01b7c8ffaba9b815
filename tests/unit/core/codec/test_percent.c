/* Escapes of URLs. */
#include "tests/unit/lib/harness.h"

#include "core/codec/percent.h"

static void an_escape_is_a_percent_sign_and_two_hexadecimal_digits(void **state)
{
  static const struct {
    const char *text;
    int byte;
  } rows[] = {
      {"%41", 'A'},  {"%2f", '/'}, {"%2F", '/'}, {"%00", 0},   {"%ff", 255},
      {"%41x", 'A'}, {"%4", -1},   {"%", -1},    {"", -1},     {"%4g", -1},
      {"%g4", -1},   {"41%", -1},  {"% 4", -1},  {"%%41", -1},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_int_equal(percent_byte(rows[i].text, strlen(rows[i].text)), rows[i].byte);
  assert_int_equal(percent_byte("%41", 2), -1); /* cut off */
}

static void what_begins_no_escape_stays_as_it_is(void **state)
{
  static const struct {
    const char *encoded, *decoded;
  } rows[] = {
      {"", ""},           {"plain", "plain"}, {"a%20b", "a b"},        {"100%", "100%"},
      {"%zz%41", "%zzA"}, {"%%41", "%A"},     {"\xc3%a9", "\xc3\xa9"}, {"a+b", "a+b"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    char out[16];
    size_t n = percent_decode(out, span_of(rows[i].encoded));
    assert_int_equal(n, strlen(rows[i].decoded));
    assert_memory_equal(out, rows[i].decoded, n);
  }
}

static void a_text_is_decoded_where_it_stands(void **state)
{
  char text[] = "%61%62%63";
  (void)state;
  assert_int_equal(percent_decode(text, span_of(text)), 3);
  assert_memory_equal(text, "abc", 3);
}

static void bytes_are_taken_one_by_one(void **state)
{
  struct span rest = span_of("%ffa%\xff");
  (void)state;
  assert_int_equal(percent_next(&rest), 255);
  assert_int_equal(percent_next(&rest), 'a');
  assert_int_equal(percent_next(&rest), '%');
  assert_int_equal(percent_next(&rest), 255);
  assert_int_equal(rest.length, 0);
}

static void each_byte_is_escaped_and_read_again(void **state)
{
  (void)state;
  for (int i = 0; i < 256; i++) {
    char out[PERCENT_LENGTH];
    assert_ptr_equal(percent_put(out, (uint8_t)i), out + PERCENT_LENGTH);
    assert_int_equal(percent_byte(out, sizeof out), i);
  }
  char out[PERCENT_LENGTH];
  percent_put(out, 0xaf);
  assert_memory_equal(out, "%AF", 3); /* upper case */
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(an_escape_is_a_percent_sign_and_two_hexadecimal_digits),
      TEST(what_begins_no_escape_stays_as_it_is),
      TEST(a_text_is_decoded_where_it_stands),
      TEST(bytes_are_taken_one_by_one),
      TEST(each_byte_is_escaped_and_read_again),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
