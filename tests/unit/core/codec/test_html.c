/* Text in a page of HTML. */
#include "tests/unit/lib/harness.h"

#include "core/codec/html.h"

static void what_has_a_meaning_in_HTML_is_escaped(void **state)
{
  static const struct {
    const char *in, *out;
  } rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"a<b>&\"'c", "a&lt;b&gt;&amp;&quot;&#39;c"},
      {"<", "&lt;"},
      {"\xc3\xa9<", "\xc3\xa9&lt;"},
      {"\n\x1f\x7f\xc2\x80\xc2\x9f",
       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xc2\xa0", "\xc2\xa0"},
      {"a\xff"
       "b\xe2\x82",
       "a\xef\xbf\xbd"
       "b\xef\xbf\xbd\xef\xbf\xbd"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct buffer out = {0};
    assert_int_equal(html_escape(&out, rows[i].in, strlen(rows[i].in)), 0);
    assert_int_equal(out.length, strlen(rows[i].out));
    assert_memory_equal(buffer_data(&out), rows[i].out, out.length);
    buffer_release(&out);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(what_has_a_meaning_in_HTML_is_escaped),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
