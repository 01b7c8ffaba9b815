/* Where a server listens: TCP, both families at once, names, unix sockets. */
#include "tests/unit/lib/serving.h"

#include "core/os/socket.h"

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The resolver: names that end in .test are answered here, all others as ever. */

static struct addrinfo *answer(uint32_t ipv4, struct addrinfo *next)
{
  struct {
    struct addrinfo ai;
    struct sockaddr_in in;
  } *found = calloc(1, sizeof *found);
  found->in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(ipv4)};
  found->ai = (struct addrinfo){.ai_family = AF_INET,
                                .ai_addr = (struct sockaddr *)&found->in,
                                .ai_addrlen = sizeof found->in,
                                .ai_next = next};
  return &found->ai;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  if (strcmp(name, "two.test") == 0)
    *found = answer(0x7f000001, answer(0x7f000002, NULL));
  else if (strcmp(name, "elsewhere-too.test") == 0)
    *found = answer(0xcb007101 /* 203.0.113.1 */, answer(0x7f000001, NULL));
  else
    return real(name, service, hints, found);
  return 0;
}

static char folder[64];
static char path[96], where[128]; /* of a socket in it, and as an address */

static int folder_setup(void **state)
{
  strcpy(folder, "/tmp/anet-test-XXXXXX");
  if (!mkdtemp(folder))
    return -1;
  snprintf(path, sizeof path, "%s/socket", folder);
  snprintf(where, sizeof where, "unix:%s", path);
  return reactor_setup(state);
}

static int folder_teardown(void **state)
{
  unlink(path);
  return rmdir(folder) | reactor_teardown(state);
}

static bool exists(const char *name)
{
  struct stat st;
  return lstat(name, &st) == 0;
}

static int refusal(const char *text, struct error *e)
{
  struct address a;
  assert_int_equal(address_parse(&a, text, ADDRESS_NO_PORT, NULL), 0);
  return server_listen(&server, &a, NULL, NULL, e);
}

static void port_0_is_what_it_became(void **state)
{
  serve(*state, &plain_options);
  struct listener *l = serve_on("127.0.0.1:0");
  assert_memory_equal(l->name, "127.0.0.1:", 10);
  assert_true(atoi(l->name + 10) > 0);
  close(client_of(l));
  accepted(*state, 1);
  server_release(&server);
}

static void a_listener_keeps_the_tag_it_was_given(void **state)
{
  static const char tag[] = "127.0.0.1:0";
  serve(*state, &plain_options);
  assert_ptr_equal(serve_on(tag)->tag, tag);
  server_release(&server);
}

static void an_address_in_use_is_an_error_that_names_it(void **state)
{
  struct error e;
  char want[ADDRESS_TEXT_SIZE + 64];
  serve(*state, &plain_options);
  struct listener *l = serve_on("127.0.0.1:0");
  assert_int_equal(refusal(l->name, &e), UV_EADDRINUSE);
  snprintf(want, sizeof want, "listen on %s: address already in use", l->name);
  assert_string_equal(e.text, want);
  server_release(&server);
}

static void an_address_that_is_not_ours_is_an_error_that_names_it(void **state)
{
  struct error e;
  serve(*state, &plain_options);
  assert_int_equal(refusal("203.0.113.1:0", &e), UV_EADDRNOTAVAIL);
  assert_memory_equal(e.text, "listen on 203.0.113.1:0: ", 25);
  server_release(&server);
}

static void every_interface_takes_both_families(void **state)
{
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_storage sa = {0};
  socklen_t size;
  int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool has_ipv6 = probe >= 0 && bind(probe, (struct sockaddr *)&in6, sizeof in6) == 0;
  if (probe >= 0)
    close(probe);
  if (!has_ipv6)
    skip();
  serve(*state, &plain_options);
  socket_name(serve_on("*:0")->d.fd, &sa, &size);
  in6.sin6_port = in.sin_port = ((struct sockaddr_in6 *)&sa)->sin6_port;

  char text[ADDRESS_TEXT_SIZE];
  memcpy(&sa, &in, sizeof in);
  int four = tcp_connect(&sa, sizeof in);
  struct conn *conn = accepted(*state, 1);
  address_format(text, (struct sockaddr *)&conn->sc.peer, conn->sc.peer_size);
  assert_memory_equal(text, "127.0.0.1:", 10); /* not ::ffff:127.0.0.1 */
  memcpy(&sa, &in6, sizeof in6);
  int six = tcp_connect(&sa, sizeof in6);
  conn = accepted(*state, 2);
  address_format(text, (struct sockaddr *)&conn->sc.peer, conn->sc.peer_size);
  assert_memory_equal(text, "[::1]:", 6);
  close(four);
  close(six);
  server_release(&server);
}

static void a_name_listens_on_all_its_addresses_with_one_port(void **state)
{
  serve(*state, &plain_options);
  serve_on("two.test:0");
  struct listener *first = container_of(server.listeners.next, struct listener, link);
  struct listener *second = container_of(server.listeners.prev, struct listener, link);
  assert_memory_equal(first->name, "127.0.0.1:", 10);
  assert_memory_equal(second->name, "127.0.0.2:", 10);
  assert_string_equal(first->name + 10, second->name + 10);
  int clients[] = {client_of(first), client_of(second)};
  accepted(*state, 2);
  close(clients[0]);
  close(clients[1]);
  server_release(&server);
}

static void a_name_listens_on_those_of_its_addresses_that_are_here(void **state)
{
  serve(*state, &plain_options);
  serve_on("elsewhere-too.test:0");
  struct listener *only = container_of(server.listeners.next, struct listener, link);
  assert_ptr_equal(server.listeners.next, server.listeners.prev);
  assert_memory_equal(only->name, "127.0.0.1:", 10);
  server_release(&server);
}

static void a_name_that_does_not_resolve_is_an_error_that_names_it(void **state)
{
  struct error e;
  serve(*state, &plain_options);
  assert_int_not_equal(refusal("nosuch.invalid:0", &e), 0);
  assert_memory_equal(e.text, "resolve nosuch.invalid: ", 24);
  server_release(&server);
}

static void an_accepted_connection_inherits_what_was_tuned(void **state)
{
  int value = 0;
  socklen_t size = sizeof value;
  serve(*state, &plain_options);
  int client = client_of(serve_on("127.0.0.1:0"));
  int fd = accepted(*state, 1)->c.d.fd;
  getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &size);
  assert_int_not_equal(value, 0);
  value = 0;
  getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size);
  assert_int_not_equal(value, 0);
  close(client);
  server_release(&server);
}

/* Unix sockets. */

static void a_unix_socket_serves_and_its_path_goes_when_the_server_stops(void **state)
{
  serve(*state, &plain_options);
  struct listener *l = serve_on(where);
  assert_string_equal(l->name, where);
  assert_true(exists(path));
  int client = client_of(l);
  accepted(*state, 1);
  server_stop(&server);
  assert_false(exists(path));
  close(client);
  server_release(&server);
}

/* A socket at the path that nobody listens on any more. */
static void leave_stale_socket(void)
{
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
  assert_int_equal(listen(fd, 1), 0);
  close(fd);
  assert_true(exists(path));
}

static void a_stale_unix_socket_is_replaced(void **state)
{
  leave_stale_socket();
  serve(*state, &plain_options);
  int client = client_of(serve_on(where));
  accepted(*state, 1);
  close(client);
  server_release(&server);
}

static void a_unix_socket_that_is_alive_is_left_alone(void **state)
{
  struct error e;
  serve(*state, &plain_options);
  struct listener *l = serve_on(where);
  assert_int_equal(refusal(where, &e), UV_EADDRINUSE);
  int client = client_of(l);
  assert_true(exists(path));
  close(client);
  server_release(&server);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
  struct error e;
  FILE *file = fopen(path, "w");
  fputs("precious", file);
  fclose(file);
  serve(*state, &plain_options);
  assert_int_equal(refusal(where, &e), UV_EADDRINUSE);
  server_release(&server);
  struct stat st;
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_size, 8);
}

static void a_path_that_another_has_taken_over_is_not_removed(void **state)
{
  serve(*state, &plain_options);
  serve_on(where);
  unlink(path);
  leave_stale_socket();
  server_stop(&server);
  assert_true(exists(path));
  server_release(&server);
}

static void a_folder_that_does_not_exist_is_an_error(void **state)
{
  struct error e;
  serve(*state, &plain_options);
  assert_int_equal(refusal("unix:/nonexistent/socket", &e), UV_ENOENT);
  assert_string_equal(e.text, "listen on unix:/nonexistent/socket: no such file or directory");
  server_release(&server);
}

static void an_abstract_unix_socket_serves(void **state)
{
  char text[64];
  snprintf(text, sizeof text, "unix:@anet-test-%d", (int)getpid());
  serve(*state, &plain_options);
  struct listener *l = serve_on(text);
  assert_string_equal(l->name, text);
  int client = client_of(l);
  struct conn *conn = accepted(*state, 1);
  put(client, "hello");
  pass(*state);
  assert_int_equal(conn->c.received, 5);
  close(client);
  server_release(&server);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(port_0_is_what_it_became),
      IN_FOLDER(a_listener_keeps_the_tag_it_was_given),
      IN_FOLDER(an_address_in_use_is_an_error_that_names_it),
      IN_FOLDER(an_address_that_is_not_ours_is_an_error_that_names_it),
      IN_FOLDER(every_interface_takes_both_families),
      IN_FOLDER(a_name_listens_on_all_its_addresses_with_one_port),
      IN_FOLDER(a_name_listens_on_those_of_its_addresses_that_are_here),
      IN_FOLDER(a_name_that_does_not_resolve_is_an_error_that_names_it),
      IN_FOLDER(an_accepted_connection_inherits_what_was_tuned),
      IN_FOLDER(a_unix_socket_serves_and_its_path_goes_when_the_server_stops),
      IN_FOLDER(a_stale_unix_socket_is_replaced),
      IN_FOLDER(a_unix_socket_that_is_alive_is_left_alone),
      IN_FOLDER(a_file_that_is_no_socket_is_left_alone),
      IN_FOLDER(a_path_that_another_has_taken_over_is_not_removed),
      IN_FOLDER(a_folder_that_does_not_exist_is_an_error),
      IN_FOLDER(an_abstract_unix_socket_serves),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
