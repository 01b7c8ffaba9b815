/* Hosts that are an IPv4 address or nothing. */
#include "tests/unit/lib/harness.h"

#include "core/base/numeric_host.h"

static void a_host_is_numeric_if_its_last_label_is_a_number(void **state)
{
  static const char *const numeric[] = {"127.0.0.1", "127.1",       "127.0.0.1.", "2130706433",
                                        "0",         "0177.0.0.1",  "0x7f.1",     "0x7f000001",
                                        "0X7F",      "0x",          "a.0x",       "host.1",
                                        "1.2.3.4.5", "example.0xa", "09",         "a.b.c.127."};
  static const char *const names[] = {"",    ".",     "..",      "host",  "1a",   "0xg",
                                      "a1",  "1.com", "0x7f.de", "beef.", "x7f",  "-1",
                                      "1-2", "0x-1",  "1.2.x",   "0b1",   "0o17", "1.2.3.e"};
  (void)state;
  for (size_t i = 0; i < LENGTH(numeric); i++) {
    if (!numeric_host_is(span_of(numeric[i])))
      fail_msg("%s", numeric[i]);
  }
  for (size_t i = 0; i < LENGTH(names); i++) {
    if (numeric_host_is(span_of(names[i])))
      fail_msg("%s", names[i]);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_host_is_numeric_if_its_last_label_is_a_number),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
