/* What is said at the start: URLs on stderr for a person, on stdout for a script. */
#include "tests/unit/lib/serving.h"

#include "cmd/run/serving.h"
#include "cmd/serve/announce.h"
#include "core/base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The interfaces of a made-up machine, which stand before the C library's. */

static bool getifaddrs_fails;

static const struct {
  unsigned flags;
  const char *address; /* NULL for an interface without one */
} interfaces[] = {
    {IFF_UP | IFF_LOOPBACK, "127.0.0.1"},
    {IFF_UP | IFF_LOOPBACK, "::1"},
    {IFF_UP | IFF_LOOPBACK, "198.51.100.1"},
    {IFF_UP, "192.0.2.7"},
    {IFF_UP, NULL},
    {0, "192.0.2.8"},
    {IFF_UP, "169.254.3.4"},
    {IFF_UP, "169.253.0.1"},
    {IFF_UP, "2001:db8::7"},
    {IFF_UP, "fe80::7"},
    {IFF_UP, "fd00::7"},
    {0, "2001:db8::8"},
};

struct interface {
  struct ifaddrs base;
  struct sockaddr_storage sa;
};

static void fill_address(struct interface *i, const char *text)
{
  struct sockaddr_in *in = (struct sockaddr_in *)&i->sa;
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&i->sa;
  i->base.ifa_addr = (struct sockaddr *)&i->sa;
  if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
    in->sin_family = AF_INET;
    return;
  }
  assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
  in6->sin6_family = AF_INET6;
  in6->sin6_scope_id = 2;
}

int getifaddrs(struct ifaddrs **all)
{
  if (getifaddrs_fails) {
    errno = ENOMEM;
    return -1;
  }
  struct interface *made = calloc(LENGTH(interfaces), sizeof *made);
  assert_non_null(made);
  for (size_t i = 0; i < LENGTH(interfaces); i++) {
    made[i].base.ifa_flags = interfaces[i].flags;
    made[i].base.ifa_next = i + 1 < LENGTH(interfaces) ? &made[i + 1].base : NULL;
    if (interfaces[i].address)
      fill_address(&made[i], interfaces[i].address);
  }
  *all = &made->base;
  return 0;
}

void freeifaddrs(struct ifaddrs *all)
{
  free(all);
}

/* The port of a listener's name, put where `want` has a #. */
static const char *with_port(char *out, size_t size, const char *want, const struct listener *l)
{
  const char *port = strrchr(l->name, ':') + 1;
  size_t n = 0;
  for (; *want && n + 8 < size; want++) {
    if (*want == '#')
      n += (size_t)snprintf(out + n, size - n, "%s", port);
    else
      out[n++] = *want;
  }
  out[n] = '\0';
  return out;
}

static void assert_logs(const struct listener *l, const char *what, const char *want)
{
  struct capture log;
  char text[1024];
  capture_start(&log);
  announce_urls(&server, "http", what);
  assert_string_equal(capture_stop(&log), with_port(text, sizeof text, want, l));
}

static void each_listener_has_the_urls_that_reach_it(void **state)
{
  static const struct {
    const char *listen, *lines;
  } rows[] = {
      {"127.0.0.1:0", "anet: ./dir at http://127.0.0.1:#/\n"},
      {"0.0.0.0:0", "anet: ./dir at http://127.0.0.1:#/\n"
                    "anet: ./dir at http://192.0.2.7:#/\n"
                    "anet: ./dir at http://169.253.0.1:#/\n"},
  };
  for (size_t i = 0; i < LENGTH(rows); i++) {
    serve(*state, &plain_options);
    assert_logs(serve_on(rows[i].listen), "./dir", rows[i].lines);
    server_release(&server);
  }
}

static bool has_ipv6(void)
{
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
  bool has = fd >= 0 && bind(fd, (struct sockaddr *)&in6, sizeof in6) == 0;
  if (fd >= 0)
    close(fd);
  return has;
}

static void ipv6_listeners_have_theirs(void **state)
{
  static const struct {
    const char *listen, *lines;
  } rows[] = {
      {"[::1]:0", "anet: ./dir at http://[::1]:#/\n"},
      {"[::]:0", "anet: ./dir at http://[::1]:#/\n" /* it takes IPv6 alone */
                 "anet: ./dir at http://[2001:db8::7]:#/\n"
                 "anet: ./dir at http://[fd00::7]:#/\n"},
      {"*:0", "anet: ./dir at http://127.0.0.1:#/\n"
              "anet: ./dir at http://192.0.2.7:#/\n"
              "anet: ./dir at http://169.253.0.1:#/\n"
              "anet: ./dir at http://[2001:db8::7]:#/\n"
              "anet: ./dir at http://[fd00::7]:#/\n"},
  };
  if (!has_ipv6())
    skip();
  for (size_t i = 0; i < LENGTH(rows); i++) {
    serve(*state, &plain_options);
    assert_logs(serve_on(rows[i].listen), "./dir", rows[i].lines);
    server_release(&server);
  }
}

static void a_unix_socket_is_named_as_it_is(void **state)
{
  serve(*state, &plain_options);
  assert_logs(serve_on("unix:@anet-test-urls"), "./dir", "anet: ./dir at unix:@anet-test-urls\n");
  server_release(&server);
}

static void every_listener_has_its_line(void **state)
{
  serve(*state, &plain_options);
  serve_on("unix:@anet-test-urls");
  assert_logs(serve_on("127.0.0.1:0"), "./dir",
              "anet: ./dir at unix:@anet-test-urls\nanet: ./dir at http://127.0.0.1:#/\n");
  server_release(&server);
}

static void without_a_list_of_interfaces_there_is_the_loopback(void **state)
{
  serve(*state, &plain_options);
  getifaddrs_fails = true;
  assert_logs(serve_on("0.0.0.0:0"), "./dir", "anet: ./dir at http://127.0.0.1:#/\n");
  getifaddrs_fails = false;
  server_release(&server);
}

static void what_is_served_is_escaped(void **state)
{
  serve(*state, &plain_options);
  assert_logs(serve_on("127.0.0.1:0"), "a\n\x1b", "anet: a\\n\\x1b at http://127.0.0.1:#/\n");
  server_release(&server);
}

static void q_says_nothing_and_json_says_it_in_fields(void **state)
{
  struct capture log;
  char text[128];
  serve(*state, &plain_options);
  struct listener *l = serve_on("127.0.0.1:0");
  log_setup("serve", LOG_NOTICE, false);
  assert_logs(l, "./dir", "");
  log_setup("serve", LOG_INFO, true);
  capture_start(&log);
  announce_urls(&server, "http", "./\"dir\"");
  capture_stop(&log);
  log_setup(NULL, LOG_INFO, false);
  with_port(text, sizeof text,
            "\"event\":\"serving\",\"path\":\"./\\\"dir\\\"\",\"url\":\"http://127.0.0.1:#/\"}\n",
            l);
  assert_non_null(strstr(log.text, text));
  assert_int_equal(count_lines(log.text), 1);
  server_release(&server);
}

/* stdout, where serving_run announces its listeners. */

static struct serving announced;

static void stop(struct timer *t)
{
  (void)t;
  server_stop(&announced.server);
}

static void read_all(int fd, char *out, size_t size)
{
  ssize_t n = pread(fd, out, size - 1, 0);
  assert_true(n >= 0);
  out[n] = '\0';
}

/* Serves for a moment, and compares what that says on stdout. */
static void assert_announces(const char *scheme, const char *want)
{
  static const struct server_ops ops = {.accepted = NULL};
  static const char *const listen[] = {"127.0.0.1:0", "unix:@anet-test-urls"};
  const struct serving_options options = {0};
  struct timer soon = {.fire = stop};
  char said[256], text[256];
  int saved = dup(STDOUT_FILENO), file = temporary_file();

  assert_int_equal(serving_init(&announced, &ops, &options, 1, 0, false), EXIT_DONE);
  announced.scheme = scheme;
  for (size_t i = 0; i < LENGTH(listen); i++) {
    struct address a;
    assert_int_equal(address_parse(&a, listen[i], ADDRESS_NO_PORT, NULL), 0);
    assert_int_equal(serving_listen(&announced, &a, NULL), EXIT_DONE);
  }
  with_port(text, sizeof text, want,
            container_of(announced.server.listeners.next, struct listener, link));
  assert_int_equal(timer_start(&soon, &announced.reactor, 1), 0);
  fflush(stdout);
  dup2(file, STDOUT_FILENO);
  int code = serving_run(&announced, EXIT_DONE);
  fflush(stdout);
  dup2(saved, STDOUT_FILENO);
  timer_release(&soon);
  assert_int_equal(serving_leave(&announced, code), EXIT_DONE);
  read_all(file, said, sizeof said);
  close(file);
  close(saved);
  assert_string_equal(said, text);
}

static void a_scheme_makes_urls_of_what_is_announced(void **state)
{
  (void)state;
  assert_announces(NULL, "127.0.0.1:#\nunix:@anet-test-urls\n");
  assert_announces("http", "http://127.0.0.1:#/\nunix:@anet-test-urls\n");
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(each_listener_has_the_urls_that_reach_it),
      TEST(ipv6_listeners_have_theirs),
      TEST(a_unix_socket_is_named_as_it_is),
      TEST(every_listener_has_its_line),
      TEST(without_a_list_of_interfaces_there_is_the_loopback),
      TEST(what_is_served_is_escaped),
      TEST(q_says_nothing_and_json_says_it_in_fields),
      TEST(a_scheme_makes_urls_of_what_is_announced),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
