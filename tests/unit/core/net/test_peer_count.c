/* How many connections each host has open. */
#include "tests/unit/lib/harness.h"

#include "core/net/address.h"
#include "core/net/peer_count.h"

#include <netinet/in.h>
#include <stdio.h>

enum { MANY = 1000 };

static struct address address_of(const char *text)
{
  struct address a;
  struct error e;
  if (address_parse(&a, text, ADDRESS_NO_PORT, &e))
    fail_msg("%s", e.text);
  return a;
}

static struct peer_entry *enter(struct peer_count *p, const char *text)
{
  struct address a = address_of(text);
  return peer_count_enter(p, (struct sockaddr *)&a.sockaddr, a.size);
}

static uint64_t count_of(const struct peer_count *p, const char *text)
{
  struct address a = address_of(text);
  return peer_count_of(p, (struct sockaddr *)&a.sockaddr, a.size);
}

static void what_one_host_is(void **state)
{
  static const struct {
    const char *one, *other;
    bool same;
  } rows[] = {
      {"192.0.2.1:1", "192.0.2.1:2", true},
      {"192.0.2.1:1", "192.0.2.2:1", false},
      {"192.0.2.1:1", "[::ffff:192.0.2.1]:1", true},
      {"[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:1", false},
      {"[2001:db8::1]:1", "[2001:db8::1]:2", true},
      {"[2001:db8::1]:1", "[2001:db8::ffff:0:0:1]:1", true},
      {"[2001:db8::1]:1", "[2001:db8:0:0:ffff::1]:1", true},
      {"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false},
      {"[::1]:1", "127.0.0.1:1", false},
      {"[fe80::1%1]:1", "[fe80::1%1]:2", true},
      {"[fe80::1%1]:1", "[fe80::2%1]:1", false},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct peer_count p = {0};
    struct peer_entry *e = enter(&p, rows[i].one);
    assert_non_null(e);
    assert_int_equal(count_of(&p, rows[i].one), 1);
    if (count_of(&p, rows[i].other) != rows[i].same)
      fail_msg("%s and %s", rows[i].one, rows[i].other);
    peer_count_leave(&p, e);
    assert_int_equal(count_of(&p, rows[i].one), 0);
    assert_null(p.buckets);
  }
}

static void a_unix_socket_is_no_host(void **state)
{
  struct peer_count p = {0};
  struct sockaddr_un nameless = {.sun_family = AF_UNIX};
  (void)state;
  assert_null(enter(&p, "unix:/tmp/s"));
  assert_int_equal(count_of(&p, "unix:/tmp/s"), 0);
  assert_null(peer_count_enter(&p, (struct sockaddr *)&nameless, sizeof nameless.sun_family));
  assert_int_equal(peer_count_of(&p, (struct sockaddr *)&nameless, 0), 0);
  peer_count_leave(&p, NULL);
  assert_null(p.buckets);
}

static void each_host_keeps_its_own_count_as_the_table_grows(void **state)
{
  static struct peer_entry *entries[MANY][2];
  struct peer_count p = {0};
  char text[32];
  (void)state;
  for (unsigned round = 0; round < 2; round++) {
    for (unsigned i = 0; i < MANY; i++) {
      snprintf(text, sizeof text, "10.0.%u.%u:%u", i / 256, i % 256, round);
      entries[i][round] = enter(&p, text);
      assert_non_null(entries[i][round]);
    }
  }
  assert_int_equal(p.used, MANY);
  for (unsigned i = 0; i < MANY; i += 2) { /* every other leaves */
    peer_count_leave(&p, entries[i][0]);
    peer_count_leave(&p, entries[i][1]);
  }
  assert_int_equal(p.used, MANY / 2);
  for (unsigned i = 0; i < MANY; i++) {
    snprintf(text, sizeof text, "10.0.%u.%u:9", i / 256, i % 256);
    assert_int_equal(count_of(&p, text), i % 2 ? 2 : 0);
  }
  for (unsigned i = 1; i < MANY; i += 2) {
    peer_count_leave(&p, entries[i][0]);
    peer_count_leave(&p, entries[i][1]);
  }
  assert_int_equal(p.used, 0);
  assert_null(p.buckets);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(what_one_host_is),
      TEST(a_unix_socket_is_no_host),
      TEST(each_host_keeps_its_own_count_as_the_table_grows),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
