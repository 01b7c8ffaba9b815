/* Without memory: each allocation on the way fails once, and it is an error, never a wait without
 * end or a leak. */
#include "tests/unit/lib/harness.h"

#include "core/net/connect.h"
#include "core/net/listener.h"
#include "core/net/peer_count.h"
#include "core/net/resolve.h"
#include "core/stream/producer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Which allocation of this thread from now on fails, once; 0 for none. */
static _Thread_local unsigned failing;
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

static bool fails(void)
{
  return failing > 0 && --failing == 0;
}

void *__wrap_malloc(size_t n)
{
  return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
  return fails() ? NULL : __real_calloc(n, size);
}

/* Calls `work` until no allocation is left that could fail; it returns whether all went well. */
static void fail_each(bool (*work)(struct reactor *r), struct reactor *r)
{
  bool is_hit = true;
  for (unsigned nth = 1; is_hit; nth++) {
    failing = nth;
    bool is_well = work(r);
    is_hit = failing == 0;
    failing = 0;
    assert_true(is_hit || is_well);
    assert_true(nth > 1 || !is_well);
  }
}

static struct address address(const char *text)
{
  struct address a;
  assert_int_equal(address_parse(&a, text, 80, NULL), 0);
  return a;
}

static bool may_accept(const struct listener *l)
{
  (void)l;
  return true;
}

static bool listen_everywhere(struct reactor *r)
{
  static const struct listener_ops ops = {.may_accept = may_accept};
  static const struct listener_options options = {.ops = &ops};
  static const char *const places[] = {"127.0.0.1:0", "localhost:0", "*:0"};
  struct list listeners;
  struct error e = {0};
  int err = 0;
  list_init(&listeners);
  for (size_t i = 0; i < LENGTH(places) && !err; i++) {
    struct address a = address(places[i]);
    err = listeners_open(&listeners, r, &a, &options, &e);
  }
  if (err)
    assert_non_null(strstr(e.text, "not enough memory"));
  failing = err ? 0 : failing;
  listeners_close(&listeners);
  return !err;
}

static void a_listener_is_an_error_without_memory(void **state)
{
  fail_each(listen_everywhere, *state);
}

static int outcome; /* of a connector: 0 is connected */

static void connected(struct connector *c, struct dispatcher *winner)
{
  (void)c, (void)winner;
  outcome = 0;
}

static void failed(struct connector *c, const struct error *e)
{
  (void)c;
  outcome = e->code;
}

static const char *where; /* to connect to */

static bool connect_there(struct reactor *r)
{
  static const struct connector_ops ops = {.connected = connected, .failed = failed};
  struct address a = address(where);
  struct connector c;
  outcome = 1;
  connector_start(&c, r, &ops, &a, 10000);
  while (outcome == 1)
    pass(r);
  bool is_well = outcome == UV_ECONNREFUSED; /* as without a failure */
  connector_cancel(&c);
  reactor_hold(r);
  while (r->threads > 0) /* a look-up that was cancelled */
    pass(r);
  reactor_unhold(r);
  return is_well;
}

static void a_connection_fails_without_memory_and_does_not_hang(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  char text[64];
  int refusing = tcp_socket(&sa, &size, -1);
  uint16_t port = ntohs(((struct sockaddr_in *)&sa)->sin_port);
  snprintf(text, sizeof text, "127.0.0.1:%u", port);
  where = text;
  fail_each(connect_there, *state);
  snprintf(text, sizeof text, "localhost:%u", port);
  fail_each(connect_there, *state);
  close(refusing);
}

static bool resolve_a_name(struct reactor *r)
{
  static const char *const names[] = {"127.0.0.1:1", "localhost:1"};
  int err = 0;
  (void)r;
  for (size_t i = 0; i < LENGTH(names) && !err; i++) {
    struct sockaddr_list list = {0};
    struct address a = address(names[i]);
    err = resolve_now(&a, &list, NULL);
    sockaddr_list_release(&list);
  }
  return !err;
}

static void a_name_does_not_resolve_without_memory(void **state)
{
  fail_each(resolve_a_name, *state);
}

static bool count_hosts(struct reactor *r)
{
  enum { HOSTS = 200 };
  struct peer_count p = {0};
  struct peer_entry *entries[HOSTS];
  bool all = true;
  (void)r;
  for (uint32_t i = 0; i < HOSTS; i++) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001 + i)};
    entries[i] = peer_count_enter(&p, (struct sockaddr *)&in, sizeof in);
    all &= entries[i] != NULL;
  }
  for (uint32_t i = 0; i < HOSTS; i++)
    peer_count_leave(&p, entries[i]);
  assert_int_equal(p.used, 0);
  return all;
}

static void a_host_is_not_counted_without_memory(void **state)
{
  fail_each(count_hosts, *state);
}

static ssize_t nothing(void *arg, void *data, size_t room)
{
  (void)arg, (void)data, (void)room;
  return 0;
}

enum { PRODUCERS = 5 };

static bool make_producers(struct reactor *r)
{
  struct stat st;
  struct buffer b = {0};
  struct producer *all[PRODUCERS] = {0};
  unsigned saved = failing;
  int fd = temporary_file();
  failing = 0;
  assert_int_equal(fstat(fd, &st), 0);
  assert_int_equal(buffer_append(&b, "hello", 5), 0);
  struct shared_file *f = shared_file_new(fd, &st);
  struct shared_bytes *s = shared_bytes_new("hello", 5);
  failing = saved;
  (void)r;
  all[0] = producer_bytes("hello", 5);
  all[1] = producer_buffer(&b);
  all[2] = producer_shared(s, 0, 5);
  all[3] = producer_file(f, 0, 0);
  all[4] = producer_callback(nothing, NULL, NULL);
  assert_null(b.memory); /* also when there is no producer */
  bool is_well = true;
  for (size_t i = 0; i < PRODUCERS; i++) {
    is_well &= all[i] != NULL;
    if (all[i])
      producer_release(all[i]);
  }
  shared_bytes_drop(s);
  shared_file_drop(f);
  assert_false(is_open(fd));
  return is_well;
}

static void there_is_no_producer_without_memory(void **state)
{
  fail_each(make_producers, *state);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_listener_is_an_error_without_memory),
      TEST(a_connection_fails_without_memory_and_does_not_hang),
      TEST(a_name_does_not_resolve_without_memory),
      TEST(a_host_is_not_counted_without_memory),
      TEST(there_is_no_producer_without_memory),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
