/* The frame of servers: what can go wrong before they serve, how they end, and the HTTP one. */
#include "tests/unit/lib/harness.h"

#include "cmd/run/http_serving.h"
#include "cmd/run/serving.h"
#include "core/base/log.h"
#include "core/os/socket.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* Memory: which allocation from now on fails, once; 0 for none. */

static unsigned failing;
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

/* A server that serves nothing. */

static const struct command command = {.name = "test"};
static const struct serving_options plain = {.grace_ms = 1000, .idle_ms = 1000};

static void closed(struct server *s, struct listener *l, int fd, const struct sockaddr *peer,
                   socklen_t peer_size)
{
  (void)s, (void)l, (void)peer, (void)peer_size;
  close(fd);
}

static const struct server_ops ops = {.accepted = closed};

static struct serving serving;

static int init(const struct serving_options *options)
{
  return serving_init(&serving, &ops, options, 1, 0, NULL);
}

static struct address address_of(const char *text)
{
  struct address a;
  assert_int_equal(address_parse(&a, text, ADDRESS_NO_PORT, NULL), 0);
  return a;
}

static int listen_on(const char *text)
{
  struct address a = address_of(text);
  return serving_listen(&serving, &a, NULL);
}

static int client_of(const struct server *s)
{
  struct sockaddr_storage sa;
  socklen_t size;
  struct listener *l = container_of(s->listeners.next, struct listener, link);
  assert_int_equal(socket_name(l->d.fd, &sa, &size), 0);
  return tcp_connect(&sa, size);
}

/* Each allocation on the way to a server fails once: it says so, or does without. */
static void fail_each_allocation(int (*begin)(void), void (*end)(void))
{
  unsigned failures = 0;
  bool is_hit = true;
  for (unsigned nth = 1; is_hit; nth++) {
    struct capture log;
    capture_start(&log);
    failing = nth;
    int code = begin();
    is_hit = failing == 0;
    failing = 0;
    if (code == EXIT_DONE)
      end();
    capture_stop(&log);
    assert_string_equal(log.text, code == EXIT_DONE ? "" : "anet: start: not enough memory\n");
    failures += code != EXIT_DONE;
    assert_true(is_hit || code == EXIT_DONE);
  }
  assert_true(failures > 2);
}

static int begin_plain(void)
{
  return init(&plain);
}

static void end_plain(void)
{
  serving_leave(&serving, EXIT_DONE);
}

static void without_memory_a_server_says_so_and_does_not_begin(void **state)
{
  (void)state;
  fail_each_allocation(begin_plain, end_plain);
}

static void addresses_are_the_operands_or_the_default(void **state)
{
  static const char *const none[] = {NULL}, *const two[] = {"1", "*:2", NULL};
  struct address *a;
  size_t n;
  (void)state;
  assert_int_equal(serving_addresses(&command, none, "8080", &a, &n), EXIT_DONE);
  assert_int_equal(n, 1);
  free(a);
  assert_int_equal(serving_addresses(&command, two, "8080", &a, &n), EXIT_DONE);
  assert_int_equal(n, 2);
  assert_int_equal(a[1].kind, ADDRESS_ANY);
  assert_int_equal(a[1].port, 2);
  free(a);
}

static void an_operand_that_is_no_address_is_wrong_usage(void **state)
{
  static const char *const wrong[] = {"1", "70000", NULL};
  struct capture said;
  struct address *a;
  size_t n;
  (void)state;
  capture_start(&said);
  int code = serving_addresses(&command, wrong, "8080", &a, &n);
  failing = 1;
  struct address *none;
  int no_memory = serving_addresses(&command, wrong, "8080", &none, &n);
  capture_stop(&said);
  assert_int_equal(code, EXIT_USAGE);
  assert_int_equal(no_memory, EXIT_FAILED);
  assert_null(none);
  free(a);
}

static void an_address_that_cannot_be_bound_is_a_failure(void **state)
{
  struct capture log;
  (void)state;
  capture_start(&log);
  assert_int_equal(init(&plain), EXIT_DONE);
  int code = listen_on("unix:/nonexistent/socket");
  int result = serving_run(&serving, code); /* it does not even begin */
  serving_leave(&serving, code);
  assert_string_equal(capture_stop(&log),
                      "anet: listen on unix:/nonexistent/socket: no such file or directory\n");
  assert_int_equal(code, EXIT_FAILED);
  assert_int_equal(result, EXIT_FAILED);
}

static void the_first_exit_code_stands(void **state)
{
  (void)state;
  assert_int_equal(init(&plain), EXIT_DONE);
  serving_fail(&serving, EXIT_CANNOT_WRITE);
  serving_fail(&serving, EXIT_FAILED);
  assert_int_equal(serving.result, EXIT_CANNOT_WRITE);
  serving_leave(&serving, EXIT_DONE);
}

/* Runs the server with stdout in a file; what it said there. */
static int run_server(int (*run)(void), char *said, size_t size)
{
  int file = temporary_file(), saved = dup(STDOUT_FILENO);
  fflush(stdout);
  dup2(file, STDOUT_FILENO);
  int code = run();
  fflush(stdout);
  dup2(saved, STDOUT_FILENO);
  ssize_t n = pread(file, said, size - 1, 0);
  said[n > 0 ? n : 0] = '\0';
  close(saved);
  close(file);
  return code;
}

static int run_plain(void)
{
  return serving_run(&serving, EXIT_DONE);
}

static void once_serves_a_connection_and_its_result_is_the_exit_code(void **state)
{
  struct serving_options once = plain;
  char said[256];
  (void)state;
  once.once = true;
  assert_int_equal(init(&once), EXIT_DONE);
  assert_int_equal(listen_on("127.0.0.1:0"), EXIT_DONE);
  int client = client_of(&serving.server);
  serving.server.error = UV_ECONNRESET; /* as a connection would leave it */
  assert_int_equal(run_server(run_plain, said, sizeof said), EXIT_RECEIVING);
  assert_memory_equal(said, "127.0.0.1:", 10);
  serving_leave(&serving, EXIT_DONE);
  close(client);
}

static void a_listener_that_fails_ends_the_server_with_a_failure(void **state)
{
  struct capture log;
  char said[256];
  (void)state;
  capture_start(&log);
  assert_int_equal(init(&plain), EXIT_DONE);
  assert_int_equal(listen_on("127.0.0.1:0"), EXIT_DONE);
  dispatcher_fail(&container_of(serving.server.listeners.next, struct listener, link)->d, UV_EPERM);
  int code = run_server(run_plain, said, sizeof said);
  serving_leave(&serving, code); /* and the log is written */
  assert_non_null(strstr(capture_stop(&log), ": operation not permitted\n"));
  assert_int_equal(code, EXIT_FAILED);
}

/* HTTP. */

static struct http_serving web;
static const struct http_exchange_ops http_ops = {.request = NULL};
static const struct http_server_options http_options = {.head_timeout_ms = 1000};

static int init_web(const struct serving_options *options)
{
  return http_serving_init(&web, &http_ops, options, &http_options, 1, 0);
}

static int begin_web(void)
{
  return init_web(&plain);
}

static void end_web(void)
{
  http_serving_run(&web, EXIT_FAILED);
}

static void so_does_an_http_server(void **state)
{
  (void)state;
  fail_each_allocation(begin_web, end_web);
}

static int run_web(void)
{
  return http_serving_run(&web, EXIT_DONE);
}

static void one_too_many_from_a_host_is_answered_with_503(void **state)
{
  struct serving_options one = plain;
  struct address a = address_of("127.0.0.1:0");
  char said[256], response[256] = "";
  (void)state;
  one.max_per_host = 1;
  assert_int_equal(init_web(&one), EXIT_DONE);
  assert_int_equal(serving_listen(&web.serving, &a, NULL), EXIT_DONE);
  int first = client_of(&web.serving.server), second = client_of(&web.serving.server);
  log_setup(NULL, LOG_ERROR, false);
  while (web.serving.server.counters->refused < 1)
    reactor_run(&web.serving.reactor, 500, 1);
  take(second, response, sizeof response - 1);
  assert_memory_equal(response, "HTTP/1.1 503 ", 13);
  assert_ends(second);
  close(first);
  close(second);
  server_stop(&web.serving.server);
  assert_int_equal(run_server(run_web, said, sizeof said), EXIT_DONE);
  log_setup(NULL, LOG_INFO, false);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(without_memory_a_server_says_so_and_does_not_begin),
      TEST(addresses_are_the_operands_or_the_default),
      TEST(an_operand_that_is_no_address_is_wrong_usage),
      TEST(an_address_that_cannot_be_bound_is_a_failure),
      TEST(the_first_exit_code_stands),
      TEST(once_serves_a_connection_and_its_result_is_the_exit_code),
      TEST(a_listener_that_fails_ends_the_server_with_a_failure),
      TEST(so_does_an_http_server),
      TEST(one_too_many_from_a_host_is_answered_with_503),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
