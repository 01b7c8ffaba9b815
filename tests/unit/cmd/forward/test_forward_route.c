/* A route's target: when its name is looked up again, and what becomes of the answer. */
#include "tests/unit/lib/harness.h"

#include "cmd/forward/route.h"

#include <netdb.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <stdlib.h>

/* The resolver answers 127.0.0.N with N from `next_address`, or an error. While `waits` is set it
 * answers only once `go_on` is posted. */
static sem_t asked, go_on;
static unsigned look_ups, next_address;
static int next_error;
static bool waits;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
  struct {
    struct addrinfo ai;
    struct sockaddr_in in;
  } *answer = calloc(1, sizeof *answer);
  (void)name;
  (void)service;
  (void)hints;
  look_ups++;
  bool waits_now = waits; /* which the test may change once it is asked */
  sem_post(&asked);
  if (waits_now)
    sem_wait(&go_on);
  answer->in.sin_family = AF_INET;
  answer->in.sin_addr.s_addr = htonl(0x7f000000u + next_address);
  answer->ai.ai_family = AF_INET;
  answer->ai.ai_addr = (struct sockaddr *)&answer->in;
  answer->ai.ai_addrlen = sizeof answer->in;
  *found = next_error ? NULL : &answer->ai;
  if (next_error)
    free(answer);
  return next_error;
}

void freeaddrinfo(struct addrinfo *found)
{
  free(found);
}

/* Whether uv_getaddrinfo has none to begin with. */
static bool no_memory;

int __real_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request, uv_getaddrinfo_cb done,
                          const char *name, const char *service, const struct addrinfo *hints);
int __wrap_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request, uv_getaddrinfo_cb done,
                          const char *name, const char *service, const struct addrinfo *hints);

int __wrap_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request, uv_getaddrinfo_cb done,
                          const char *name, const char *service, const struct addrinfo *hints)
{
  return no_memory ? UV_ENOMEM : __real_uv_getaddrinfo(loop, request, done, name, service, hints);
}

static struct route route;

/* A route to that target, looked up once: to 127.0.0.1 if it is a name. */
static void open_route(struct reactor *r, const char *target)
{
  struct error e;
  route = (struct route){.listen = {0}};
  assert_int_equal(address_parse(&route.target, target, ADDRESS_NO_PORT, NULL), 0);
  sem_init(&asked, 0, 0);
  sem_init(&go_on, 0, 0);
  waits = false;
  next_error = 0;
  next_address = 1;
  assert_int_equal(route_resolve(&route, r, &e), 0);
  while (sem_trywait(&asked) == 0) /* that was this one */
    ;
  look_ups = 0;
  next_address = 2;
}

static void close_route(void)
{
  route_stop(&route);
  route_release(&route);
}

/* Lets it look as if the last look-up was so long ago. */
static void age(uint64_t ms)
{
  route.looked_up_ms = reactor_now_ms(route.reactor) - ms;
}

static void assert_leads_to(const char *want)
{
  char text[ADDRESS_TEXT_SIZE];
  assert_int_equal(route.addresses.count, 1);
  address_format(text, (const struct sockaddr *)route.addresses.items, route.addresses.sizes[0]);
  assert_string_equal(text, want);
}

static void a_name_is_looked_up_again_after_a_while(void **state)
{
  open_route(*state, "name.test:7");
  assert_string_equal(route.name, "name.test:7");
  age(ROUTE_LOOK_UP_AGAIN_MS - 1000);
  route_renew(&route);
  assert_false(resolver_is_running(&route.resolver));
  age(ROUTE_LOOK_UP_AGAIN_MS);
  route_renew(&route);
  assert_leads_to("127.0.0.1:7"); /* until the answer is there */
  while (resolver_is_running(&route.resolver))
    pass(*state);
  assert_leads_to("127.0.0.2:7");
  assert_int_equal(look_ups, 1);
  close_route();
}

static void an_address_is_never_looked_up(void **state)
{
  open_route(*state, "127.0.0.9:7");
  age(10 * ROUTE_LOOK_UP_AGAIN_MS);
  route_renew(&route);
  assert_false(resolver_is_running(&route.resolver));
  assert_leads_to("127.0.0.9:7");
  assert_string_equal(route.name, "127.0.0.9:7");
  assert_int_equal(look_ups, 0);
  close_route();
}

static void a_look_up_that_takes_longer_than_that_is_left_alone(void **state)
{
  open_route(*state, "name.test:7");
  waits = true;
  age(ROUTE_LOOK_UP_AGAIN_MS);
  route_renew(&route);
  sem_wait(&asked);
  for (int i = 0; i < 3; i++) { /* connections that come meanwhile */
    age(ROUTE_LOOK_UP_AGAIN_MS);
    route_renew(&route);
  }
  sem_post(&go_on);
  waits = false;
  while (resolver_is_running(&route.resolver))
    pass(*state);
  assert_leads_to("127.0.0.2:7");
  assert_int_equal(look_ups, 1);
  close_route();
}

static void the_next_look_up_waits_again_once_a_long_one_is_over(void **state)
{
  open_route(*state, "name.test:7");
  age(ROUTE_LOOK_UP_AGAIN_MS);
  route_renew(&route);
  age(2 * ROUTE_LOOK_UP_AGAIN_MS);
  while (resolver_is_running(&route.resolver))
    pass(*state);
  route_renew(&route);
  assert_false(resolver_is_running(&route.resolver));
  close_route();
}

static void a_look_up_that_fails_leaves_the_addresses_and_is_logged(void **state)
{
  struct capture c;
  open_route(*state, "name.test:7");
  next_error = EAI_AGAIN;
  age(ROUTE_LOOK_UP_AGAIN_MS);
  capture_start(&c);
  route_renew(&route);
  while (resolver_is_running(&route.resolver))
    pass(*state);
  const char *said = capture_stop(&c);
  assert_non_null(strstr(said, "resolve name.test:7: "));
  assert_non_null(strstr(said, "; keeping the addresses known so far\n"));
  assert_leads_to("127.0.0.1:7");
  close_route();
}

static void a_look_up_that_cannot_start_is_logged_once_a_while(void **state)
{
  struct capture c;
  open_route(*state, "name.test:7");
  no_memory = true;
  age(ROUTE_LOOK_UP_AGAIN_MS);
  capture_start(&c);
  route_renew(&route);
  route_renew(&route);
  const char *said = capture_stop(&c);
  no_memory = false;
  assert_non_null(strstr(said, "resolve name.test:7: not enough memory; keeping"));
  assert_int_equal(count_lines(said), 1);
  assert_leads_to("127.0.0.1:7");
  close_route();
}

static void a_route_that_stops_does_not_wait_for_its_look_up(void **state)
{
  open_route(*state, "name.test:7");
  waits = true;
  age(ROUTE_LOOK_UP_AGAIN_MS);
  route_renew(&route);
  sem_wait(&asked);
  close_route();
  sem_post(&go_on);
  waits = false;
  while (((struct reactor *)*state)->threads)
    uv_run(&((struct reactor *)*state)->loop, UV_RUN_ONCE);
}

static void a_target_without_an_address_is_an_error_with_its_name(void **state)
{
  struct error e;
  route = (struct route){.listen = {0}};
  assert_int_equal(address_parse(&route.target, "name.test:7", ADDRESS_NO_PORT, NULL), 0);
  waits = false;
  next_error = EAI_NONAME;
  assert_int_equal(route_resolve(&route, *state, &e), UV_EAI_NONAME);
  assert_non_null(strstr(e.text, "resolve name.test: "));
  close_route();
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_name_is_looked_up_again_after_a_while),
      TEST(an_address_is_never_looked_up),
      TEST(a_look_up_that_takes_longer_than_that_is_left_alone),
      TEST(the_next_look_up_waits_again_once_a_long_one_is_over),
      TEST(a_look_up_that_fails_leaves_the_addresses_and_is_logged),
      TEST(a_look_up_that_cannot_start_is_logged_once_a_while),
      TEST(a_route_that_stops_does_not_wait_for_its_look_up),
      TEST(a_target_without_an_address_is_an_error_with_its_name),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
