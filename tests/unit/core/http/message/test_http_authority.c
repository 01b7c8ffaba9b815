/* A host and a port as they stand in Host, in an http URL and after CONNECT. */
#include "tests/unit/lib/harness.h"

#include "core/http/message/authority.h"

static void an_authority_is_a_host_and_maybe_a_port(void **state)
{
  static const struct {
    const char *text;
    bool fine;
  } rows[] = {
      {"h", true},
      {"localhost", true},
      {"www.example.com", true},
      {"WWW.EXAMPLE.COM.", true},
      {"a_b-c~d", true},
      {"!$&'()*+,;=", true},
      {"caf%C3%a9", true},
      {"127.0.0.1", true},
      {"999.1", true},
      {"h:", true},
      {"h:0", true},
      {"h:80", true},
      {"h:00080", true},
      {"h:65535", true},
      {"127.0.0.1:8080", true},
      {"[::]", true},
      {"[::1]", true},
      {"[::1]:", true},
      {"[::1]:443", true},
      {"[2001:DB8::192.0.2.1]:1", true},
      {"[1:2:3:4:5:6:7:8]", true},
      {"[v1.a]", true},
      {"[VF.a:b~]:80", true},
      {"", false},
      {":", false},
      {":80", false},
      {"h:65536", false},
      {"h:18446744073709551616", false},
      {"h:-1", false},
      {"h:+1", false},
      {"h:8 0", false},
      {"h:http", false},
      {"h:80:80", false},
      {"h:80/", false},
      {"::1", false},
      {"h h", false},
      {" h", false},
      {"h ", false},
      {"h/", false},
      {"h?a", false},
      {"h#a", false},
      {"h\\a", false},
      {"u@h", false},
      {"u:p@h", false},
      {"h\"", false},
      {"<h>", false},
      {"h\x7f", false},
      {"caf\xc3\xa9", false},
      {"%", false},
      {"%4", false},
      {"%4g", false},
      {"%g4", false},
      {"a%4:80", false},
      {"[", false},
      {"[]", false},
      {"[::1", false},
      {"::1]", false},
      {"[::1]80", false},
      {"[::1]:65536", false},
      {"[::1]:x", false},
      {"[::1]]", false},
      {"[[::1]]", false},
      {"x[::1]", false},
      {"[:::]", false},
      {"[1:2:3:4:5:6:7]", false},
      {"[1:2:3:4:5:6:7:8:9]", false},
      {"[127.0.0.1]", false},
      {"[h]", false},
      {"[fe80::1%25eth0]", false},
      {"[::1 ]", false},
      {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", false},
      {"[v.a]", false},
      {"[v1a]", false},
      {"[v1.]", false},
      {"[v1.a/b]", false},
      {"[vg.a]", false},
      {"[v]", false},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    if (http_is_authority(span_of(rows[i].text)) != rows[i].fine)
      fail_msg("'%s'", rows[i].text);
  }
  assert_false(http_is_authority((struct span){"a\0b", 3}));
  assert_false(http_is_authority((struct span){"[::1\0]", 6}));
  assert_false(http_is_authority((struct span){"%41", 2})); /* what is behind it does not count */
  assert_false(http_is_authority((struct span){"[::1]", 4}));
  assert_false(http_is_authority((struct span){NULL, 0}));
}

static void the_port_of_an_authority_is_told(void **state)
{
  static const struct {
    const char *text, *port; /* NULL when there is no colon */
  } rows[] = {
      {"h", NULL},    {"h:", ""},         {"h:80", "80"},   {"[::1]", NULL},
      {"[::1]:", ""}, {"[::1]:80", "80"}, {"h:007", "007"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct span port;
    assert_true(http_parse_authority(span_of(rows[i].text), &port));
    bool right =
        port.data && rows[i].port ? span_is(port, rows[i].port) : !port.data && !rows[i].port;
    if (!right)
      fail_msg("'%s'", rows[i].text);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(an_authority_is_a_host_and_maybe_a_port),
      TEST(the_port_of_an_authority_is_told),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
