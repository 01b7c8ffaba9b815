/* Form fields, and the parameters of a header field's value. */
#include "tests/unit/lib/harness.h"

#include "core/codec/urlencoded.h"
#include "core/http/message/parameter.h"

/* The fields decoded, each as [name|value]. */
static void print_fields(struct buffer *out, struct span form)
{
  struct span name, value;
  while (urlencoded_next(&form, &name, &value)) {
    buffer_append(out, "[", 1);
    assert_int_equal(urlencoded_decode(out, name), 0);
    buffer_append(out, "|", 1);
    assert_int_equal(urlencoded_decode(out, value), 0);
    buffer_append(out, "]", 1);
  }
  assert_int_equal(form.length, 0);
  assert_false(urlencoded_next(&form, &name, &value)); /* the end stays the end */
  buffer_append(out, "", 1);
}

/* WHATWG URL, application/x-www-form-urlencoded parsing. */
static void the_fields_of_a_form_are_read(void **state)
{
  static const struct {
    const char *form, *fields;
  } rows[] = {
      {"", ""},
      {"a=1", "[a|1]"},
      {"a=1&b=2", "[a|1][b|2]"},
      {"a=1&a=2", "[a|1][a|2]"},
      {"a", "[a|]"},
      {"a=", "[a|]"},
      {"=1", "[|1]"},
      {"=", "[|]"},
      {"a=b=c", "[a|b=c]"},
      {"&&a=1&&b=2&", "[a|1][b|2]"},
      {"&", ""},
      {"a=1;b=2", "[a|1;b=2]"},
      {"a=x+y&b+c=1", "[a|x y][b c|1]"},
      {"a=%2B", "[a|+]"},
      {"a=1%262&b=%3D", "[a|1&2][b|=]"},
      {"%61%3d=%C3%A9", "[a=|\xc3\xa9]"},
      {"a=%c3%a9%FF", "[a|\xc3\xa9\xff]"},
      {"a=%", "[a|%]"}, /* an escape that is none stays */
      {"a=%4", "[a|%4]"},
      {"a=%4&b=1", "[a|%4][b|1]"},
      {"a=%zz%4z%z4", "[a|%zz%4z%z4]"},
      {"a=%%41", "[a|%A]"},
      {"a=%2541", "[a|%41]"},
      {"a=\xc3\xa9", "[a|\xc3\xa9]"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct buffer b = {0};
    print_fields(&b, span_of(rows[i].form));
    assert_string_equal((const char *)buffer_data(&b), rows[i].fields);
    buffer_release(&b);
  }
}

static void what_follows_the_span_is_no_part_of_an_escape(void **state)
{
  struct buffer b = {0};
  (void)state;
  assert_int_equal(urlencoded_decode(&b, (struct span){"%41%41", 5}), 0);
  assert_int_equal(urlencoded_decode(&b, (struct span){"%00", 3}), 0);
  assert_int_equal(urlencoded_decode(&b, (struct span){0}), 0);
  assert_int_equal(b.length, 4);
  assert_memory_equal(buffer_data(&b), "A%4\0", 4);
  buffer_release(&b);
}

/* RFC 9110 5.6.6. */
static void a_parameter_is_found_by_its_name(void **state)
{
  static const struct {
    const char *value, *name, *text; /* NULL: not found */
  } rows[] = {
      {"text/html;charset=utf-8", "charset", "utf-8"}, /* RFC 9110 8.3.1 */
      {"Text/HTML;Charset=\"utf-8\"", "charset", "utf-8"},
      {"text/html; charset=\"utf-8\"", "charset", "utf-8"},
      {"multipart/form-data; boundary=\"a b\"", "boundary", "a b"},
      {"multipart/form-data; boundary=AaB03x", "boundary", "AaB03x"},
      {"form-data; name=\"user\"; filename=\"f.txt\"", "filename", "f.txt"},
      {"form-data; filename=\"f.txt\"; name=\"user\"", "name", "user"},
      {"a ; b=1\t;\tc=2", "c", "2"},
      {"a;;b=1;", "b", "1"},
      {"a; B=1", "b", "1"},
      {"a; b=1; b=2", "b", "1"},
      {"a; b=\"\"", "b", ""},
      {"a; b=\"x;c=2\"; c=3", "c", "3"},
      {"a; b=\"x\\\";c=2\"; c=3", "c", "3"},
      {"a; b=\"x\\\"y\\\\z\"", "b", "x\"y\\z"},
      {"a; b=\"C:\\dir\\f\"", "b", "C:\\dir\\f"},
      {"a; b=\"%22\"", "b", "%22"},
      {"a; b=\"\xc3\xa9\"", "b", "\xc3\xa9"},
      {"a; filename*=UTF-8''x; filename=y", "filename", "y"},
      {"a", "a", NULL},
      {"a=1", "a", NULL}, /* what the parameters belong to is none */
      {"", "a", NULL},
      {"a; bc=1", "b", NULL},
      {"a; b", "b", NULL},
      {"a; b; b=1", "b", "1"},
      {"a; b=", "b", NULL},
      {"a; b = 1", "b", NULL}, /* no white space around it (5.6.6) */
      {"a; b= 1", "b", NULL},
      {"a; b=x y", "b", NULL},
      {"a; b=\"x", "b", NULL},
      {"a; b=\"x\\\"", "b", NULL},
      {"a; b=\"", "b", NULL},
      {"a; b=\"x\"y", "b", NULL},
      {"a; b=x\"y\"", "b", NULL},
      {"a; b=\"x; c=1", "c", NULL},
      {"a, b=1", "b", NULL},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    char text[64] = "unset";
    bool found = http_parameter(span_of(rows[i].value), rows[i].name, text, sizeof text);
    assert_true(!found || http_has_parameter(span_of(rows[i].value), rows[i].name));
    if (found != (rows[i].text != NULL) || (found && strcmp(text, rows[i].text) != 0))
      fail_msg("%s of %s: %d, '%s'", rows[i].name, rows[i].value, found, text);
  }
}

static void a_parameter_may_be_there_and_malformed(void **state)
{
  (void)state;
  assert_true(http_has_parameter(span_of("a; b=\"x"), "b"));
  assert_true(http_has_parameter(span_of("a; B="), "b"));
  assert_false(http_has_parameter(span_of("a; b"), "b"));
  assert_false(http_has_parameter(span_of("b=1; c=b"), "b"));
}

static void a_parameter_must_fit_and_have_no_NUL(void **state)
{
  char text[4];
  (void)state;
  assert_true(http_parameter(span_of("a; b=123"), "b", text, sizeof text));
  assert_string_equal(text, "123");
  assert_false(http_parameter(span_of("a; b=1234"), "b", text, sizeof text));
  assert_true(http_parameter(span_of("a; b=\"1\\\"3\""), "b", text, sizeof text));
  assert_string_equal(text, "1\"3");
  assert_false(http_parameter(span_of("a; b=\"1234\""), "b", text, sizeof text));
  assert_true(http_parameter(span_of("a; b=\"\""), "b", text, 1));
  assert_false(http_parameter(span_of("a; b=\"\""), "b", text, 0));
  assert_false(http_parameter((struct span){"a; b=\"1\0x\"", 10}, "b", text, sizeof text));
  assert_false(http_parameter((struct span){0}, "b", text, sizeof text));
}

static void a_value_is_what_stands_before_its_parameters(void **state)
{
  static const struct {
    const char *value;
    bool is;
  } rows[] = {
      {"text/html", true},      {"Text/HTML", true},
      {"text/html; q=1", true}, {" text/html ;", true},
      {"text/htm", false},      {"text/html5", false},
      {"text/html=1", false},   {"", false},
      {";text/html", false},    {"text/html, x", false},
      {"\"text/html\"", false},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    if (http_value_is(span_of(rows[i].value), "text/html") != rows[i].is)
      fail_msg("'%s': not %d", rows[i].value, rows[i].is);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(the_fields_of_a_form_are_read),
      TEST(what_follows_the_span_is_no_part_of_an_escape),
      TEST(a_parameter_is_found_by_its_name),
      TEST(a_parameter_may_be_there_and_malformed),
      TEST(a_parameter_must_fit_and_have_no_NUL),
      TEST(a_value_is_what_stands_before_its_parameters),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
