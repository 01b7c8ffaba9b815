/* Limits and counters that servers on several threads share. */
#include "tests/unit/lib/harness.h"

#include "core/net/server_limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { THREADS = 4, TIMES = 20000 };

static struct server_limits limits;
static struct server_counters counters;
static pthread_barrier_t all_begin;

static struct sockaddr_in host(uint32_t number)
{
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(number)};
}

static void *come_and_go(void *arg)
{
  (void)arg;
  pthread_barrier_wait(&all_begin);
  for (uint32_t i = 0; i < TIMES; i++) {
    struct sockaddr_in in = host(0x7f000001 + i % 8);
    server_limits_take_place(&limits);
    struct peer_entry *entry = server_limits_enter_host(&limits, (struct sockaddr *)&in, sizeof in);
    server_count(&counters.accepted, 1);
    server_count(&counters.received, 3);
    server_limits_leave_host(&limits, entry);
    server_limits_give_place(&limits);
  }
  return NULL;
}

static void nothing_is_lost_when_several_threads_count(void **state)
{
  pthread_t threads[THREADS];
  (void)state;
  counters = (struct server_counters){0};
  server_limits_init(&limits, 10, 10);
  pthread_barrier_init(&all_begin, NULL, THREADS);
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, NULL), 0);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&all_begin);
  assert_int_equal(counters.accepted, THREADS * TIMES);
  assert_int_equal(counters.received, 3 * THREADS * TIMES);
  assert_int_equal(limits.taken, 0);
  assert_int_equal(limits.hosts.used, 0);
  server_limits_release(&limits);
}

static void places_end_at_the_limit(void **state)
{
  (void)state;
  server_limits_init(&limits, 2, 0);
  server_limits_take_place(&limits);
  assert_true(server_limits_have_place(&limits));
  server_limits_take_place(&limits);
  assert_false(server_limits_have_place(&limits));
  server_limits_give_place(&limits);
  assert_true(server_limits_have_place(&limits));
  server_limits_release(&limits);
}

static void each_host_has_a_limit_of_its_own(void **state)
{
  struct sockaddr_in one = host(0x7f000001), two = host(0x7f000002);
  (void)state;
  server_limits_init(&limits, 10, 1);
  struct peer_entry *entry = server_limits_enter_host(&limits, (struct sockaddr *)&one, sizeof one);
  assert_false(server_limits_allow_host(&limits, (struct sockaddr *)&one, sizeof one));
  assert_true(server_limits_allow_host(&limits, (struct sockaddr *)&two, sizeof two));
  server_limits_leave_host(&limits, entry);
  assert_true(server_limits_allow_host(&limits, (struct sockaddr *)&one, sizeof one));
  server_limits_release(&limits);
}

static void without_a_limit_no_host_is_counted(void **state)
{
  struct sockaddr_in one = host(0x7f000001);
  (void)state;
  server_limits_init(&limits, 10, 0);
  assert_null(server_limits_enter_host(&limits, (struct sockaddr *)&one, sizeof one));
  assert_true(server_limits_allow_host(&limits, (struct sockaddr *)&one, sizeof one));
  server_limits_leave_host(&limits, NULL);
  server_limits_release(&limits);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(nothing_is_lost_when_several_threads_count),
      TEST(places_end_at_the_limit),
      TEST(each_host_has_a_limit_of_its_own),
      TEST(without_a_limit_no_host_is_counted),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
