/* Names to addresses, and a connection to whichever of them answers. */
#include "tests/unit/lib/probe.h"

#include "core/net/connect.h"
#include "core/net/resolve.h"

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The resolver. Names that end in .test are answered here: `slow.test` once `go_on` is posted,
 * `mixed.test` with addresses of both families, all others with EAI_AGAIN. Names in .invalid do not
 * exist (RFC 6761 6.4), and no network is asked for them. */

static sem_t asked, go_on;

static struct addrinfo *answer(struct addrinfo *next, int family, int last)
{
  struct {
    struct addrinfo ai;
    struct sockaddr_storage sa;
  } *found = calloc(1, sizeof *found);
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&found->sa;
  struct sockaddr_in *in = (struct sockaddr_in *)&found->sa;
  found->ai.ai_family = family;
  found->ai.ai_addr = (struct sockaddr *)&found->sa;
  found->ai.ai_addrlen = family == AF_INET ? sizeof *in : sizeof *in6;
  found->ai.ai_next = next;
  found->sa.ss_family = (sa_family_t)family;
  if (family == AF_INET)
    in->sin_addr.s_addr = htonl(0x7f000000u + (uint32_t)last);
  else
    in6->sin6_addr.s6_addr[15] = (uint8_t)last;
  return &found->ai;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
  const char *end = strstr(name, ".test");
  *found = NULL;
  if (strstr(name, ".invalid"))
    return EAI_NONAME;
  if (!end) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(name, service, hints, found);
  }
  if (strcmp(name, "slow.test") == 0) {
    sem_post(&asked);
    sem_wait(&go_on);
    *found = answer(NULL, AF_INET, 1);
    return 0;
  }
  if (strcmp(name, "mixed.test") == 0) {
    *found = answer(NULL, AF_INET, 9);
    *found = answer(*found, AF_INET, 8);
    *found = answer(*found, AF_INET6, 3);
    *found = answer(*found, AF_INET6, 2);
    *found = answer(*found, AF_INET6, 1);
    return 0;
  }
  return EAI_AGAIN;
}

static struct address address(const char *text)
{
  struct address a;
  assert_int_equal(address_parse(&a, text, 80, NULL), 0);
  return a;
}

/* What was found, in order. */
static void record_list(const struct sockaddr_list *list)
{
  for (size_t i = 0; i < list->count; i++) {
    char text[ADDRESS_TEXT_SIZE];
    record("%s", address_format(text, (const struct sockaddr *)&list->items[i], list->sizes[i]));
  }
}

static bool does_not_resolve(int code)
{
  return code == UV_EAI_NONAME || code == UV_EAI_NODATA || code == UV_EAI_AGAIN ||
         code == UV_EAI_FAIL;
}

static struct resolver resolver;

static void found(struct resolver *r, int status, struct sockaddr_list *list)
{
  (void)r;
  if (status)
    record("%s", does_not_resolve(status) ? "does not resolve" : error_name(status));
  record_list(list);
  sockaddr_list_release(list);
}

static void start_resolving(struct reactor *r, const char *name)
{
  struct address a = address(name);
  resolver = (struct resolver){.done = found};
  assert_int_equal(resolver_start(&resolver, r, &a), 0);
}

static void the_families_of_a_name_take_turns(void **state)
{
  start_resolving(*state, "mixed.test:7");
  assert_calls("-"); /* never from within */
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("[::1]:7, 127.0.0.8:7, [::2]:7, 127.0.0.9:7, [::3]:7");
}

static void a_name_that_does_not_resolve_says_so(void **state)
{
  start_resolving(*state, "nosuch.invalid");
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("does not resolve");
}

static void the_loop_waits_for_a_look_up_and_ends_after_it(void **state)
{
  struct reactor *r = *state;
  start_resolving(r, "slow.test");
  sem_wait(&asked);
  passes(r, 3);
  assert_calls("-");
  assert_int_equal(r->held, 1);
  sem_post(&go_on);
  reactor_run(r, REACTOR_FOREVER, 0);
  assert_calls("127.0.0.1:80");
  assert_int_equal(r->held, 0);
}

/* Waits until the thread of a look-up that nobody wants any more is done. */
static void let_look_up_end(struct reactor *r)
{
  sem_post(&go_on);
  reactor_hold(r);
  while (r->threads > 0)
    pass(r);
  reactor_unhold(r);
}

static void an_owner_may_be_gone_while_the_look_up_runs(void **state)
{
  struct reactor *r = *state;
  struct address a = address("slow.test");
  struct resolver *gone = calloc(1, sizeof *gone);
  gone->done = found;
  assert_int_equal(resolver_start(gone, r, &a), 0);
  sem_wait(&asked);
  resolver_cancel(gone);
  resolver_cancel(gone);
  free(gone);
  reactor_run(r, REACTOR_FOREVER, 0); /* does not wait for it */
  assert_int_equal(r->threads, 1);
  let_look_up_end(r);
  assert_calls("-");
}

static void a_reactor_cannot_be_released_while_a_look_up_runs(void **state)
{
  struct reactor *r = *state;
  start_resolving(r, "slow.test");
  sem_wait(&asked);
  resolver_cancel(&resolver);
  assert_int_equal(reactor_release(r), UV_EBUSY);
  /* A program would leave with _exit now; a test must not leave a thread behind. */
  sem_post(&go_on);
  while (r->threads > 0)
    uv_run(&r->loop, UV_RUN_ONCE);
  uv_run(&r->loop, UV_RUN_NOWAIT);
  assert_int_equal(uv_loop_close(&r->loop), 0);
  assert_calls("-");
  assert_int_equal(reactor_init(r), 0);
}

static void before_the_loop_runs_a_name_is_resolved_and_waited_for(void **state)
{
  struct address a = address("mixed.test:7");
  struct sockaddr_list list;
  struct error e;
  (void)state;
  assert_int_equal(resolve_now(&a, &list, &e), 0);
  record_list(&list);
  assert_calls("[::1]:7, 127.0.0.8:7, [::2]:7, 127.0.0.9:7, [::3]:7");
  sockaddr_list_release(&list);
  a = address("192.0.2.1:7");
  assert_int_equal(resolve_now(&a, &list, &e), 0);
  record_list(&list);
  assert_calls("192.0.2.1:7");
  sockaddr_list_release(&list);
  a = address("busy.test");
  assert_int_equal(resolve_now(&a, &list, &e), UV_EAI_AGAIN);
  assert_string_equal(e.text, "resolve busy.test: name does not resolve for now");
  a = address("nosuch.invalid");
  assert_true(does_not_resolve(resolve_now(&a, &list, &e)));
}

/* Connecting. */

static struct connector connector;
static struct probe taker;
static char failure[sizeof(((struct error *)0)->text)];

static void connected(struct connector *c, struct dispatcher *winner)
{
  record("connected");
  probe_init(&taker, c->reactor, &probe_ops, NULL);
  dispatcher_take(&taker.d, winner);
}

static void connected_and_not_taken(struct connector *c, struct dispatcher *winner)
{
  (void)c;
  (void)winner;
  record("connected");
}

static void connected_and_freed(struct connector *c, struct dispatcher *winner)
{
  connected(c, winner);
  free(c);
}

static void failed(struct connector *c, const struct error *e)
{
  (void)c;
  record("failed %s", does_not_resolve(e->code) ? "to resolve" : error_name(e->code));
  snprintf(failure, sizeof failure, "%s", e->text);
}

static void failed_and_freed(struct connector *c, const struct error *e)
{
  failed(c, e);
  free(c);
}

static const struct connector_ops ops = {.connected = connected, .failed = failed};

/* A list of two addresses, which are copied. */
static void start_list(struct reactor *r, const struct sockaddr_storage *first,
                       const struct sockaddr_storage *second, uint64_t timeout_ms)
{
  struct sockaddr_storage items[] = {*first, *second};
  socklen_t sizes[] = {sizeof(struct sockaddr_in), sizeof(struct sockaddr_in)};
  struct sockaddr_list list = {items, sizes, 2};
  connector_start_list(&connector, r, &ops, &list, timeout_ms, false);
  memset(items, 0, sizeof items);
}

static unsigned port_of(const struct sockaddr_storage *sa)
{
  return ntohs(((const struct sockaddr_in *)sa)->sin_port);
}

static void run_until_called(struct reactor *r)
{
  while (connector.addresses.count > 0 || connector.resolver.request)
    pass(r);
}

static void localhost_is_connected_to_by_name(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  char text[64];
  int listening = tcp_socket(&sa, &size, 4);
  snprintf(text, sizeof text, "localhost:%u", port_of(&sa));
  struct address a = address(text);
  connector_start(&connector, *state, &ops, &a, 10 * 1000);
  memset(&a, 0, sizeof a);
  assert_calls("-");
  run_until_called(*state);
  assert_calls("connected");
  int peer = accept(listening, NULL, NULL);
  put(peer, "hi");
  pass(*state);
  assert_calls("read hi");
  close(peer);
  close(listening);
}

static void assert_is_loopback(const struct sockaddr_list *list, uint16_t port)
{
  char text[ADDRESS_TEXT_SIZE], first[32], second[32];
  snprintf(first, sizeof first, "127.0.0.1:%u", port);
  snprintf(second, sizeof second, "[::1]:%u", port);
  assert_in_range(list->count, 1, 2);
  assert_string_equal(
      address_format(text, (const struct sockaddr *)&list->items[0], list->sizes[0]), first);
  if (list->count == 2)
    assert_string_equal(
        address_format(text, (const struct sockaddr *)&list->items[1], list->sizes[1]), second);
}

/* RFC 6761 6.3; no resolver is asked, which knows none of them but the first. */
static void every_name_below_localhost_is_the_loopback(void **state)
{
  static const char *const names[] = {
      "localhost:9",      "LocalHost:9",        "localhost.:9",     "foo.localhost:9",
      "a.b.localhost.:9", "x.test.localhost:9", "test.LOCALHOST:9", "notlocalhost.test:9"};
  (void)state;
  for (size_t i = 0; i < LENGTH(names); i++) {
    struct sockaddr_list list;
    struct error e;
    struct address a = address(names[i]);
    bool other = strstr(names[i], ".test:") != NULL;
    assert_int_equal(resolve_is_loopback(a.name), !other);
    assert_int_equal(resolve_now(&a, &list, &e), other ? UV_EAI_AGAIN : 0);
    if (other)
      continue;
    assert_is_loopback(&list, 9);
    sockaddr_list_release(&list);
  }
  assert_false(resolve_is_loopback("localhost.test"));
  assert_false(resolve_is_loopback("ocalhost"));
  assert_false(resolve_is_loopback("alocalhost"));
  assert_false(resolve_is_loopback("."));
}

static void a_name_below_localhost_is_connected_to(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  char text[64];
  int listening = tcp_socket(&sa, &size, 4);
  snprintf(text, sizeof text, "any.name.localhost.:%u", port_of(&sa));
  struct address a = address(text);
  connector_start(&connector, *state, &ops, &a, 10 * 1000);
  assert_calls("-");
  run_until_called(*state);
  assert_calls("connected");
  close(listening);
}

static void the_moment_when_a_name_was_resolved_is_noted(void **state)
{
  struct address a = address("busy.test");
  uint64_t begun = uv_hrtime();
  connector_start(&connector, *state, &ops, &a, 0);
  assert_int_equal(connector.resolved_ns, 0);
  run_until_called(*state);
  assert_calls("failed to resolve");
  assert_true(connector.resolved_ns >= begun && connector.resolved_ns <= uv_hrtime());

  struct sockaddr_storage sa;
  socklen_t size;
  int listening = tcp_socket(&sa, &size, 4);
  start_list(*state, &sa, &sa, 0);
  run_until_called(*state);
  assert_calls("connected");
  assert_int_equal(connector.resolved_ns, 0); /* there was none to resolve */
  close(listening);
}

static void every_interface_is_loopback_to_connect_to(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  char text[64];
  int listening = tcp_socket(&sa, &size, 4);
  snprintf(text, sizeof text, "*:%u", port_of(&sa));
  struct address a = address(text);
  connector_start(&connector, *state, &ops, &a, 0);
  run_until_called(*state);
  assert_calls("connected");
  assert_int_equal(((struct reactor *)*state)->threads, 0);
  close(listening);
}

static void do_nothing(struct timer *t)
{
  (void)t;
}

static void a_refused_first_address_falls_to_the_second_at_once(void **state)
{
  struct sockaddr_storage refusing, answering;
  socklen_t size;
  int refused = tcp_socket(&refusing, &size, -1), listening = tcp_socket(&answering, &size, 4);
  start_list(*state, &refusing, &answering, 0);
  connector.delay.fire = do_nothing; /* it is not waited for */
  run_until_called(*state);
  assert_calls("connected");
  int peer = accept(listening, NULL, NULL);
  put(peer, "hi");
  pass(*state);
  assert_calls("read hi");
  close(peer);
  close(refused);
  close(listening);
}

static void a_silent_first_address_is_raced_by_the_second_after_250_ms(void **state)
{
  struct full_listener silent;
  struct sockaddr_storage answering;
  socklen_t size;
  full_listener(&silent);
  int listening = tcp_socket(&answering, &size, 4);
  uint64_t start = uv_hrtime();
  start_list(*state, &silent.sa, &answering, 0);
  run_until_called(*state);
  assert_true(uv_hrtime() - start >= (CONNECT_ATTEMPT_DELAY_MS - 1) * 1000000ull);
  assert_calls("connected");
  assert_true(list_empty(&connector.attempts)); /* the loser of the race is given up */
  assert_false(timer_is_running(&connector.delay));
  close(listening);
  full_listener_close(&silent);
}

static void when_no_address_answers_the_error_names_each(void **state)
{
  struct sockaddr_storage first, second;
  socklen_t size;
  char want[256];
  int fds[] = {tcp_socket(&first, &size, -1), tcp_socket(&second, &size, -1)};
  start_list(*state, &first, &second, 0);
  run_until_called(*state);
  assert_calls("failed ECONNREFUSED");
  snprintf(want, sizeof want,
           "connect 127.0.0.1:%u: connection refused, connect 127.0.0.1:%u: connection refused",
           port_of(&first), port_of(&second));
  assert_string_equal(failure, want);
  close(fds[0]);
  close(fds[1]);
}

static void an_address_that_neither_answers_nor_refuses_times_out(void **state)
{
  struct full_listener silent;
  char text[64], want[128];
  full_listener(&silent);
  snprintf(text, sizeof text, "%u", port_of(&silent.sa));
  struct address a = address(text);
  uint64_t start = uv_hrtime();
  connector_start(&connector, *state, &ops, &a, 50);
  run_until_called(*state);
  /* The loop reads the clock once a pass, and under valgrind a pass takes a while. */
  assert_true(uv_hrtime() - start >= 20 * 1000000ull);
  assert_calls("failed ETIMEDOUT");
  snprintf(want, sizeof want, "connect 127.0.0.1:%s: connection timed out", text);
  assert_string_equal(failure, want);
  full_listener_close(&silent);
}

static void a_name_that_does_not_resolve_is_a_failure_that_names_it(void **state)
{
  struct address a = address("nosuch.invalid:80");
  connector_start(&connector, *state, &ops, &a, 0);
  run_until_called(*state);
  assert_calls("failed to resolve");
  assert_memory_equal(failure, "resolve nosuch.invalid: ", 24);
}

static void a_look_up_that_takes_too_long_times_out(void **state)
{
  struct address a = address("slow.test:80");
  connector_start(&connector, *state, &ops, &a, 20);
  sem_wait(&asked);
  run_until_called(*state);
  assert_calls("failed ETIMEDOUT");
  assert_string_equal(failure, "resolve slow.test: connection timed out");
  let_look_up_end(*state);
  assert_calls("-");
}

static void without_an_address_it_fails_with_an_error(void **state)
{
  struct sockaddr_list none = {0};
  connector_start_list(&connector, *state, &ops, &none, 0, false);
  assert_calls("failed to resolve");
  assert_true(failure[0] != '\0');
}

static void what_fails_at_once_is_told_before_start_returns(void **state)
{
  struct address a = address("unix:@nobody-listens-on-this-name");
  connector_start(&connector, *state, &ops, &a, 1000);
  assert_calls("failed ECONNREFUSED");
  assert_string_equal(failure, "connect unix:@nobody-listens-on-this-name: connection refused");
}

static void after_cancel_no_handler_runs(void **state)
{
  struct full_listener silent;
  struct connector never = {0};
  full_listener(&silent);
  start_list(*state, &silent.sa, &silent.sa, 60000);
  passes(*state, 2);
  connector_cancel(&connector);
  assert_false(timer_is_running(&connector.delay));
  assert_false(timer_is_running(&connector.deadline));
  connector_cancel(&connector);
  connector_cancel(&never);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("-");
  full_listener_close(&silent);
}

static void after_cancel_of_a_look_up_its_owner_may_be_freed(void **state)
{
  struct address a = address("slow.test:80");
  struct connector *c = malloc(sizeof *c);
  connector_start(c, *state, &ops, &a, 1000);
  sem_wait(&asked);
  connector_cancel(c);
  memset(c, 0xa5, sizeof *c);
  free(c);
  let_look_up_end(*state);
  assert_calls("-");
}

static void a_winner_that_is_not_taken_is_closed(void **state)
{
  static const struct connector_ops not_taking = {.connected = connected_and_not_taken,
                                                  .failed = failed};
  struct sockaddr_storage sa;
  socklen_t size;
  char text[64];
  int listening = tcp_socket(&sa, &size, 4);
  snprintf(text, sizeof text, "%u", port_of(&sa));
  struct address a = address(text);
  connector_start(&connector, *state, &not_taking, &a, 0);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("connected");
  int peer = accept(listening, NULL, NULL);
  assert_ends(peer);
  close(peer);
  close(listening);
}

static void a_handler_may_free_the_connector(void **state)
{
  static const struct connector_ops freeing = {.connected = connected_and_freed,
                                               .failed = failed_and_freed};
  struct sockaddr_storage answering, refusing;
  socklen_t size;
  int listening = tcp_socket(&answering, &size, 4), refused = tcp_socket(&refusing, &size, -1);
  uint16_t both[] = {port_of(&answering), port_of(&refusing)};
  for (size_t i = 0; i < LENGTH(both); i++) {
    char text[64];
    snprintf(text, sizeof text, "%u", both[i]);
    struct address a = address(text);
    connector_start(malloc(sizeof(struct connector)), *state, &freeing, &a, 1000);
    passes(*state, 3);
  }
  dispatcher_close(&taker.d);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("connected, failed ECONNREFUSED");
  close(listening);
  close(refused);
}

/* Without memory. */

static unsigned failing; /* which malloc from now on fails, once; 0 for none */
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);

void *__wrap_malloc(size_t n)
{
  return failing > 0 && --failing == 0 ? NULL : __real_malloc(n);
}

/* The timer of the time-out, and that of the next attempt: the mallocs before are for the list. */
static void without_memory_for_a_timer_it_fails_instead_of_waiting_for_ever(void **state)
{
  struct full_listener silent;
  full_listener(&silent);
  for (unsigned i = 3; i <= 4; i++) {
    failing = i;
    start_list(*state, &silent.sa, &silent.sa, 20);
    assert_int_equal(failing, 0);
    assert_calls("failed ENOMEM");
    assert_string_equal(failure, "connect: not enough memory");
    assert_true(list_empty(&connector.attempts));
  }
  full_listener_close(&silent);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(the_families_of_a_name_take_turns),
      TEST(a_name_that_does_not_resolve_says_so),
      TEST(the_loop_waits_for_a_look_up_and_ends_after_it),
      TEST(an_owner_may_be_gone_while_the_look_up_runs),
      TEST(a_reactor_cannot_be_released_while_a_look_up_runs),
      TEST(before_the_loop_runs_a_name_is_resolved_and_waited_for),
      TEST(localhost_is_connected_to_by_name),
      TEST(every_name_below_localhost_is_the_loopback),
      TEST(a_name_below_localhost_is_connected_to),
      TEST(the_moment_when_a_name_was_resolved_is_noted),
      TEST(every_interface_is_loopback_to_connect_to),
      TEST(a_refused_first_address_falls_to_the_second_at_once),
      TEST(a_silent_first_address_is_raced_by_the_second_after_250_ms),
      TEST(when_no_address_answers_the_error_names_each),
      TEST(an_address_that_neither_answers_nor_refuses_times_out),
      TEST(a_name_that_does_not_resolve_is_a_failure_that_names_it),
      TEST(a_look_up_that_takes_too_long_times_out),
      TEST(without_an_address_it_fails_with_an_error),
      TEST(what_fails_at_once_is_told_before_start_returns),
      TEST(after_cancel_no_handler_runs),
      TEST(after_cancel_of_a_look_up_its_owner_may_be_freed),
      TEST(a_winner_that_is_not_taken_is_closed),
      TEST(a_handler_may_free_the_connector),
      TEST(without_memory_for_a_timer_it_fails_instead_of_waiting_for_ever),
  };
  sem_init(&asked, 0, 0);
  sem_init(&go_on, 0, 0);
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
