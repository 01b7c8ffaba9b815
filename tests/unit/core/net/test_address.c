/* The text of an address to a socket address, and back. */
#include "tests/unit/lib/harness.h"

#include "core/net/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

/* What was parsed, as a person would say it: prefixes, kind, and the address as it is shown. */
static const char *describe(const struct address *a)
{
  static char text[ADDRESS_TEXT_SIZE + 64];
  char shown[ADDRESS_TEXT_SIZE];
  const char *prefix = a->udp ? a->tls ? "udp tls " : "udp " : a->tls ? "tls " : "";
  switch (a->kind) {
  case ADDRESS_ANY:
    snprintf(text, sizeof text, "%sany %u", prefix, a->port);
    break;
  case ADDRESS_NAME:
    snprintf(text, sizeof text, "%sname %s %u", prefix, a->name, a->port);
    break;
  case ADDRESS_NUMERIC:
  case ADDRESS_UNIX:
    snprintf(text, sizeof text, "%s%s", prefix,
             address_format(shown, (const struct sockaddr *)&a->sockaddr, a->size));
    break;
  }
  return text;
}

static void every_form_of_an_address_is_read(void **state)
{
  static const struct {
    const char *text;
    int default_port;
    const char *means;
  } rows[] = {
      {"7", ADDRESS_NO_PORT, "127.0.0.1:7"},
      {"0", ADDRESS_NO_PORT, "127.0.0.1:0"},
      {"65535", ADDRESS_NO_PORT, "127.0.0.1:65535"},
      {":7", ADDRESS_NO_PORT, "any 7"},
      {"*:7", ADDRESS_NO_PORT, "any 7"},
      {"*", 7, "any 7"},
      {"192.0.2.1:80", ADDRESS_NO_PORT, "192.0.2.1:80"},
      {"192.0.2.1", 80, "192.0.2.1:80"},
      {"[::1]:80", ADDRESS_NO_PORT, "[::1]:80"},
      {"[::1]", 80, "[::1]:80"},
      {"[::]:0", ADDRESS_NO_PORT, "[::]:0"},
      {"[::ffff:192.0.2.1]:80", ADDRESS_NO_PORT, "192.0.2.1:80"},
      {"[fe80::1%lo]:80", ADDRESS_NO_PORT, "[fe80::1%lo]:80"},
      {"[fe80::1%1]:80", ADDRESS_NO_PORT, "[fe80::1%lo]:80"},
      {"[fe80::1%4000000]:80", ADDRESS_NO_PORT, "[fe80::1%4000000]:80"},
      {"localhost:80", ADDRESS_NO_PORT, "name localhost 80"},
      {"localhost", 80, "name localhost 80"},
      {"a-b_c.example:80", ADDRESS_NO_PORT, "name a-b_c.example 80"},
      {"3com.example:80", ADDRESS_NO_PORT, "name 3com.example 80"},
      {"b\xc3\xbc"
       "cher.example:80",
       ADDRESS_NO_PORT,
       "name b\xc3\xbc"
       "cher.example 80"},
      {"udp:53", ADDRESS_NO_PORT, "udp 127.0.0.1:53"},
      {"tls:example:443", ADDRESS_NO_PORT, "tls name example 443"},
      {"udp:tls::443", ADDRESS_NO_PORT, "udp tls any 443"},
      {"tls:unix:/x", ADDRESS_NO_PORT, "tls unix:/x"},
      {"unix:/run/x.sock", ADDRESS_NO_PORT, "unix:/run/x.sock"},
      {"unix:x:y", ADDRESS_NO_PORT, "unix:x:y"},
      {"unix:@name", ADDRESS_NO_PORT, "unix:@name"},
      {"unix:a\nb", ADDRESS_NO_PORT, "unix:a\\nb"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct address a;
    struct error e = {0};
    if (address_parse(&a, rows[i].text, rows[i].default_port, &e))
      fail_msg("%s: %s", rows[i].text, e.text);
    assert_string_equal(describe(&a), rows[i].means);
  }
}

static void every_malformed_address_is_refused_with_what_is_wrong(void **state)
{
  static const char no_ipv4[] = "not an IPv4 address", no_ipv6[] = "not an IPv6 address";
  static const char no_port[] = "a port is a number from 0 to 65535";
  static const char character[] = "a host name cannot have such a character";
  static const struct {
    const char *text, *why;
  } rows[] = {
      {"", "it is empty"},
      {"tls:", "it is empty"},
      {"65536", no_port},
      {"99999999999999999999", no_port},
      {"host:65536", no_port},
      {"host:-1", no_port},
      {"host:+1", no_port},
      {"host: 1", no_port},
      {"host:1x", no_port},
      {"host:0x10", no_port},
      {"host:000001", no_port},
      {"host:", no_port},
      {":", no_port},
      {"host", "the port is missing, as in NAME:PORT"},
      {"[::1]", "the port is missing, as in NAME:PORT"},
      {"*", "the port is missing, as in NAME:PORT"},
      {"::1", "an IPv6 address is written in brackets, [::1]:PORT"},
      {"::1:80", "an IPv6 address is written in brackets, [::1]:PORT"},
      {"a:b:80", "an IPv6 address is written in brackets, [::1]:PORT"},
      {"[::1:80", "the closing bracket is missing"},
      {"[::1]80", "after the bracket comes :PORT"},
      {"[::1]:", no_port},
      {"[]:80", no_ipv6},
      {"[1.2.3.4]:80", no_ipv6},
      {"[:::]:80", no_ipv6},
      {"[fe80::1%]:80", no_ipv6},
      {"[fe80::1%nosuchlink]:80", no_ipv6},
      {"[fe80::1%0]:80", no_ipv6},
      {"1.2.3:80", no_ipv4},
      {"1.2.3.256:80", no_ipv4},
      {"1.2.3.4.5:80", no_ipv4},
      {"127.1:80", no_ipv4},
      {"01.2.3.4:80", no_ipv4},
      {"2130706433:80", no_ipv4},
      {"0x7f.1:80", no_ipv4},
      {"0x7f000001:80", no_ipv4},
      {"0177.0.0.1:80", no_ipv4},
      {"127.0.0.1.:80", no_ipv4},
      {"host.0x:80", no_ipv4},
      {"tls:host.1:80", no_ipv4},
      {"udp:0X7F.0.0.1:80", no_ipv4},
      {"-v:80", "a host name cannot begin with a hyphen"},
      {"a b:80", character},
      {"a/b:80", character},
      {"user@host:80", character},
      {"a%b:80", character},
      {"a]:80", character},
      {"a\x7f:80", character},
      {"unix:", "the path is missing"},
      {"unix:@", "the path is missing"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct address a;
    struct error e = {0};
    char want[256], shown[64];
    if (address_parse(&a, rows[i].text, ADDRESS_NO_PORT, &e) == 0)
      fail_msg("'%s' was taken for %s", rows[i].text, describe(&a));
    assert_int_equal(e.code, UV_EINVAL);
    snprintf(shown, sizeof shown, "%s", strchr(rows[i].text, '\x7f') ? "a\\x7f:80" : rows[i].text);
    snprintf(want, sizeof want, "address '%s': %s", shown, rows[i].why);
    assert_string_equal(e.text, want);
  }
}

static void a_host_and_a_port_that_come_apart_are_an_address(void **state)
{
  static const struct {
    const char *host;
    uint16_t port;
    const char *means;
  } rows[] = {
      {"192.0.2.1", 80, "192.0.2.1:80"},
      {"::1", 80, "[::1]:80"},
      {"::", 0, "[::]:0"},
      {"::ffff:192.0.2.1", 80, "192.0.2.1:80"},
      {"fe80::1%lo", 65535, "[fe80::1%lo]:65535"},
      {"localhost", 80, "name localhost 80"},
      {"3com.example", 443, "name 3com.example 443"},
      {"udp", 53, "name udp 53"}, /* there are no prefixes */
      {"b\u00fccher.example", 80, "name b\u00fccher.example 80"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct address a;
    struct error e = {0};
    if (address_from_host(&a, rows[i].host, rows[i].port, &e))
      fail_msg("%s: %s", rows[i].host, e.text);
    assert_string_equal(describe(&a), rows[i].means);
  }
}

static void a_host_that_is_none_is_refused_with_what_is_wrong(void **state)
{
  static const struct {
    const char *host, *why;
  } rows[] = {
      {"", "the name of no host"},
      {"*", "the name of no host"},
      {"host:80", "not an IPv6 address"},
      {"udp:host", "not an IPv6 address"},
      {"unix:/x", "not an IPv6 address"},
      {":::", "not an IPv6 address"},
      {"[::1]", "not an IPv6 address"},
      {"fe80::1%nosuchlink", "not an IPv6 address"},
      {"80", "not an IPv4 address"},
      {"127.1", "not an IPv4 address"},
      {"0x7f.1", "not an IPv4 address"},
      {"127.0.0.1.", "not an IPv4 address"},
      {"1.2.3.256", "not an IPv4 address"},
      {"-v", "a host name cannot begin with a hyphen"},
      {"a b", "a host name cannot have such a character"},
      {"user@host", "a host name cannot have such a character"},
      {"[host]", "a host name cannot have such a character"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct address a;
    struct error e = {0};
    char want[256];
    if (address_from_host(&a, rows[i].host, 80, &e) == 0)
      fail_msg("'%s' was taken for %s", rows[i].host, describe(&a));
    assert_int_equal(e.code, UV_EINVAL);
    snprintf(want, sizeof want, "address '%s': %s", rows[i].host, rows[i].why);
    assert_string_equal(e.text, want);
  }
}

/* `n` times a letter, between what stands before and after it. */
static const char *long_text(const char *before, size_t n, const char *after)
{
  static char text[2048];
  size_t at = (size_t)snprintf(text, sizeof text, "%s", before);
  memset(text + at, 'n', n);
  snprintf(text + at + n, sizeof text - at - n, "%s", after);
  return text;
}

static void a_unix_path_of_107_bytes_is_taken_and_of_108_refused(void **state)
{
  struct address a;
  struct error e;
  char shown[ADDRESS_TEXT_SIZE];
  (void)state;
  const char *text = long_text("unix:/", ADDRESS_LONGEST_PATH - 1, "");
  assert_int_equal(address_parse(&a, text, ADDRESS_NO_PORT, &e), 0);
  assert_string_equal(address_format(shown, (struct sockaddr *)&a.sockaddr, a.size), text);
  assert_int_equal(ADDRESS_LONGEST_PATH, 107);
  text = long_text("unix:/", ADDRESS_LONGEST_PATH, "");
  assert_int_equal(address_parse(&a, text, ADDRESS_NO_PORT, &e), UV_EINVAL);
  assert_non_null(strstr(e.text, "...': a unix path has at most 107 bytes, not 108"));
}

static void an_abstract_unix_name_has_no_NUL_at_its_end(void **state)
{
  struct address a;
  (void)state;
  assert_int_equal(address_parse(&a, "unix:@ab", ADDRESS_NO_PORT, NULL), 0);
  assert_int_equal(a.size, offsetof(struct sockaddr_un, sun_path) + 3);
  assert_memory_equal(((struct sockaddr_un *)&a.sockaddr)->sun_path, "\0ab", 3);
}

static void a_name_of_253_bytes_is_taken_and_of_254_refused(void **state)
{
  struct address a;
  struct error e;
  (void)state;
  const char *text = long_text("", ADDRESS_LONGEST_NAME, ":80");
  assert_int_equal(address_parse(&a, text, ADDRESS_NO_PORT, &e), 0);
  assert_int_equal(strlen(a.name), 253);
  text = long_text("", ADDRESS_LONGEST_NAME + 1, ":80");
  assert_int_equal(address_parse(&a, text, ADDRESS_NO_PORT, &e), UV_EINVAL);
  assert_non_null(strstr(e.text, "a host name has at most 253 bytes"));
  assert_int_equal(address_from_host(&a, long_text("", ADDRESS_LONGEST_NAME, ""), 80, &e), 0);
  text = long_text("", ADDRESS_LONGEST_NAME + 1, "");
  assert_int_equal(address_from_host(&a, text, 80, &e), UV_EINVAL);
  assert_non_null(strstr(e.text, "a host name has at most 253 bytes"));
  text = long_text("", 1500, "");
  assert_int_equal(address_from_host(&a, text, 80, &e), UV_EINVAL);
  text = long_text("fe80::", 1500, "");
  assert_int_equal(address_from_host(&a, text, 80, &e), UV_EINVAL);
  text = long_text("", 1500, ":80");
  assert_int_equal(address_parse(&a, text, ADDRESS_NO_PORT, &e), UV_EINVAL);
  assert_non_null(strstr(e.text, "it is too long"));
}

static void to_connect_to_every_interface_is_to_connect_to_loopback(void **state)
{
  struct address a;
  (void)state;
  assert_int_equal(address_parse(&a, ":80", ADDRESS_NO_PORT, NULL), 0);
  address_to_connect(&a);
  assert_string_equal(describe(&a), "127.0.0.1:80");
  assert_int_equal(address_parse(&a, "192.0.2.1:80", ADDRESS_NO_PORT, NULL), 0);
  address_to_connect(&a);
  assert_string_equal(describe(&a), "192.0.2.1:80");
}

static void a_host_is_shown_without_its_port(void **state)
{
  static const struct {
    const char *text, *host;
  } rows[] = {
      {"192.0.2.1:80", "192.0.2.1"},          {"[::1]:80", "::1"},
      {"[::ffff:192.0.2.1]:80", "192.0.2.1"}, {"[fe80::1%lo]:80", "fe80::1%lo"},
      {"unix:/tmp/s", "unix:/tmp/s"},         {"unix:@name", "unix:@name"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct address a;
    char shown[ADDRESS_TEXT_SIZE];
    assert_int_equal(address_parse(&a, rows[i].text, ADDRESS_NO_PORT, NULL), 0);
    address_format_host(shown, (struct sockaddr *)&a.sockaddr, a.size);
    assert_string_equal(shown, rows[i].host);
  }
}

static void a_unix_socket_without_a_name_is_shown_without_one(void **state)
{
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  char shown[ADDRESS_TEXT_SIZE];
  (void)state;
  assert_string_equal(address_format(shown, (struct sockaddr *)&un, sizeof un.sun_family), "unix:");
}

static void the_longest_unix_address_fits_when_each_byte_is_escaped(void **state)
{
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  char shown[ADDRESS_TEXT_SIZE];
  (void)state;
  memset(un.sun_path, '\xff', sizeof un.sun_path); /* no NUL at the end, as the kernel allows */
  address_format(shown, (struct sockaddr *)&un, sizeof un);
  assert_int_equal(strlen(shown), 5 + 4 * sizeof un.sun_path);
  un.sun_path[0] = '\0';
  address_format(shown, (struct sockaddr *)&un, sizeof un);
  assert_int_equal(strlen(shown), 6 + 4 * (sizeof un.sun_path - 1));
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(every_form_of_an_address_is_read),
      TEST(every_malformed_address_is_refused_with_what_is_wrong),
      TEST(a_host_and_a_port_that_come_apart_are_an_address),
      TEST(a_host_that_is_none_is_refused_with_what_is_wrong),
      TEST(a_unix_path_of_107_bytes_is_taken_and_of_108_refused),
      TEST(an_abstract_unix_name_has_no_NUL_at_its_end),
      TEST(a_name_of_253_bytes_is_taken_and_of_254_refused),
      TEST(to_connect_to_every_interface_is_to_connect_to_loopback),
      TEST(a_host_is_shown_without_its_port),
      TEST(a_unix_socket_without_a_name_is_shown_without_one),
      TEST(the_longest_unix_address_fits_when_each_byte_is_escaped),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
