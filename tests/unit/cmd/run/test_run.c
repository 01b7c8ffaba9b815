/* How a run begins and ends: addresses, exit codes, stdout, and a look-up that hangs at the end. */
#include "tests/unit/lib/harness.h"

#include "cmd/run/connecting.h"
#include "cmd/run/run.h"
#include "core/base/log.h"

#include <fcntl.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The resolver sends the program a signal, if any, and never answers. */

static int sent_by_resolver; /* 0 for none */
static atomic_bool begun;    /* a thread looks up */

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
  (void)name, (void)service, (void)hints, (void)found;
  atomic_store(&begun, true);
  kill(getpid(), sent_by_resolver);
  for (;;)
    pause();
}

/* Processes. What a child says on stdout goes to `child_stdout`. */

static int child_stdout;

/* Runs `run` in a process of its own; how it ended, as for waitpid(2). */
static int status_of(int (*run)(void))
{
  int status;
  fflush(NULL);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    alarm(60);
    dup2(child_stdout, STDOUT_FILENO);
    dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
    _exit(run());
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  return status;
}

static void assert_exits(int (*run)(void), int code)
{
  int status = status_of(run);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), code);
}

static void assert_dies_of(int (*run)(void), int number)
{
  int status = status_of(run);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), number);
}

static int stdout_setup(void **state)
{
  int err = reactor_setup(state);
  child_stdout = temporary_file();
  sent_by_resolver = 0;
  return err;
}

static int stdout_teardown(void **state)
{
  close(child_stdout);
  return reactor_teardown(state);
}

/* A look-up that hangs. */

enum { RETURNED = 77, SIMULATED };

static void never(struct connecting *c, struct dispatcher *winner)
{
  (void)c, (void)winner;
}

/* A client that is ended while its name is looked up. A thread that has not begun when the time is
 * up leaves nothing behind: then there is more time. */
static int end_while_looking_up(void)
{
  struct address a;
  if (address_parse(&a, "hangs.test:80", ADDRESS_NO_PORT, NULL))
    return EXIT_FAILED;
  printf("said");
  for (uint64_t limit_ms = 50; !atomic_load(&begun); limit_ms *= 2) {
    struct connecting c = {0};
    if (run_start(&c.reactor) != EXIT_DONE)
      return EXIT_FAILED;
    int code = connecting_run(&c, &a, sent_by_resolver ? 0 : limit_ms, never);
    connecting_leave(&c, code);
  }
  return RETURNED; /* and the thread would go on to use `c` */
}

static void assert_child_said(const char *text)
{
  char said[64];
  ssize_t n = pread(child_stdout, said, sizeof said, 0);
  assert_int_equal(n, strlen(text));
  assert_memory_equal(said, text, strlen(text));
}

static void a_signal_ends_a_client_whose_look_up_hangs_before_its_loop_is_gone(void **state)
{
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  (void)state;
  for (size_t i = 0; i < LENGTH(signals); i++) {
    sent_by_resolver = signals[i];
    signal(SIGHUP, SIG_DFL);
    assert_dies_of(end_while_looking_up, signals[i]);
    assert_child_said("said");
    assert_int_equal(ftruncate(child_stdout, 0), 0);
    lseek(child_stdout, 0, SEEK_SET);
  }
}

static void a_time_out_does_so_too_with_its_exit_code(void **state)
{
  (void)state;
  assert_exits(end_while_looking_up, EXIT_TIMED_OUT);
  assert_child_said("said");
}

/* Leaves while a thread looks up what nobody waits for any more. */
static int leave_with_a_look_up(int code)
{
  struct reactor r;
  struct resolver resolver = {0};
  struct address a;
  if (address_parse(&a, "hangs.test:80", ADDRESS_NO_PORT, NULL) || run_start(&r) != EXIT_DONE ||
      resolver_start(&resolver, &r, &a))
    return EXIT_FAILED;
  while (!atomic_load(&begun))
    sched_yield();
  resolver_cancel(&resolver);
  printf("said");
  run_leave(&r, code);
  return RETURNED;
}

static int leave_done(void)
{
  return leave_with_a_look_up(EXIT_DONE);
}

static int leave_not_connected(void)
{
  return leave_with_a_look_up(EXIT_NOT_CONNECTED);
}

static void with_a_look_up_that_hangs_the_exit_code_is_the_same(void **state)
{
  (void)state;
  assert_exits(leave_done, EXIT_DONE);
  assert_child_said("said");
  assert_exits(leave_not_connected, EXIT_NOT_CONNECTED);
}

static int open_full(void)
{
  int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  return fd;
}

/* The writing end of a pipe that nobody reads. */
static int unread_pipe(void)
{
  int fds[2];
  assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
  close(fds[0]);
  return fds[1];
}

static void stdout_becomes(int fd)
{
  close(child_stdout);
  child_stdout = fd;
}

static void with_a_look_up_that_hangs_a_failed_stdout_shows_all_the_same(void **state)
{
  (void)state;
  stdout_becomes(open_full());
  assert_exits(leave_done, EXIT_CANNOT_WRITE);
  assert_exits(leave_not_connected, EXIT_NOT_CONNECTED); /* the first reason stands */
  stdout_becomes(unread_pipe());
  assert_dies_of(leave_done, SIGPIPE);
}

/* stdout. */

static int flush(void)
{
  printf("said");
  int code = run_flush_stdout();
  return code < 0 ? 128 - code : code;
}

static void stdout_that_cannot_be_written_has_an_exit_code(void **state)
{
  (void)state;
  assert_exits(flush, EXIT_DONE);
  assert_child_said("said");
  stdout_becomes(open_full());
  assert_exits(flush, EXIT_CANNOT_WRITE);
  stdout_becomes(unread_pipe());
  assert_exits(flush, 128 + SIGPIPE);
}

/* The loop. */

static int start_without_descriptors(void)
{
  struct reactor r;
  struct rlimit none = {3, 3};
  setrlimit(RLIMIT_NOFILE, &none);
  return dup(STDIN_FILENO) < 0 ? run_start(&r) : SIMULATED; /* valgrind keeps the limit itself */
}

static void without_descriptors_a_run_does_not_start(void **state)
{
  (void)state;
  int status = status_of(start_without_descriptors);
  assert_true(WIFEXITED(status));
  if (WEXITSTATUS(status) == SIMULATED)
    skip();
  assert_int_equal(WEXITSTATUS(status), EXIT_FAILED);
}

/* Addresses and exit codes. */

static const struct command command = {.name = "test"};

static int listen_code(const char *text)
{
  struct capture said;
  struct address a;
  capture_start(&said);
  int code = run_address(&command, &a, text, ADDRESS_NO_PORT);
  capture_stop(&said);
  assert_int_equal(said.text[0] != '\0', code != EXIT_DONE);
  return code;
}

static int target_code(const char *text)
{
  struct capture said;
  struct address a;
  capture_start(&said);
  int code = run_target(&command, &a, text, ADDRESS_NO_PORT);
  capture_stop(&said);
  assert_int_equal(said.text[0] != '\0', code != EXIT_DONE);
  return code;
}

static void an_address_that_is_none_is_wrong_usage(void **state)
{
  (void)state;
  assert_int_equal(listen_code("0"), EXIT_DONE);
  assert_int_equal(listen_code("unix:/tmp/x"), EXIT_DONE);
  assert_int_equal(listen_code("70000"), EXIT_USAGE);
  assert_int_equal(listen_code("udp:80"), EXIT_USAGE);
  assert_int_equal(listen_code("tls:80"), EXIT_USAGE);
  assert_int_equal(target_code("80"), EXIT_DONE);
  assert_int_equal(target_code("unix:/tmp/x"), EXIT_DONE);
  assert_int_equal(target_code("0"), EXIT_USAGE);
  assert_int_equal(target_code("tls:80"), EXIT_USAGE);
}

/* The connection is closed, and nothing else is there to wait for. */
static void let_go(struct connecting *c, struct dispatcher *winner)
{
  (void)c, (void)winner;
}

static int connect_and_let_go(void)
{
  struct connecting c = {0};
  struct address a = {.kind = ADDRESS_NUMERIC};
  int listener = tcp_socket(&a.sockaddr, &a.size, 1);
  if (run_start(&c.reactor) != EXIT_DONE)
    return RETURNED;
  int code = connecting_run(&c, &a, 0, let_go);
  close(listener);
  return connecting_leave(&c, code);
}

static void a_loop_that_ends_with_work_undone_is_a_failure(void **state)
{
  (void)state;
  assert_exits(connect_and_let_go, EXIT_FAILED);
}

static void each_error_has_its_exit_code(void **state)
{
  static const struct {
    int error, code;
  } table[] = {
      {0, EXIT_DONE},
      {UV_EAI_NONAME, EXIT_NOT_RESOLVED},
      {UV_EAI_ADDRFAMILY, EXIT_NOT_RESOLVED},
      {UV_ETIMEDOUT, EXIT_TIMED_OUT},
      {UV_ECONNREFUSED, EXIT_NOT_CONNECTED},
      {UV_EHOSTUNREACH, EXIT_NOT_CONNECTED},
      {UV_ENETUNREACH, EXIT_NOT_CONNECTED},
      {UV_EADDRNOTAVAIL, EXIT_NOT_CONNECTED},
      {UV_EAFNOSUPPORT, EXIT_NOT_CONNECTED},
      {UV_EACCES, EXIT_NOT_CONNECTED},
      {UV_EPERM, EXIT_NOT_CONNECTED},
      {UV_ENOENT, EXIT_NOT_CONNECTED},
      {UV_EINVAL, EXIT_NOT_CONNECTED},
      {UV_ENOTDIR, EXIT_NOT_CONNECTED},
      {UV_EPROTOTYPE, EXIT_NOT_CONNECTED},
      {UV_ELOOP, EXIT_NOT_CONNECTED},
      {UV_EAGAIN, EXIT_FAILED},
      {UV_EMFILE, EXIT_FAILED},
      {UV_EPIPE, EXIT_RECEIVING},
      {UV_ECONNRESET, EXIT_RECEIVING},
      {UV_EIO, EXIT_FAILED},
      {UV_EOF, EXIT_FAILED},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(table); i++)
    assert_int_equal(run_exit_code(table[i].error), table[i].code);
}

/* The log. */

static void quiet_and_verbose_set_what_is_logged(void **state)
{
  (void)state;
  run_log(&command, &(struct run_options){.quiet = true});
  assert_true(log_enabled(LOG_NOTICE));
  assert_false(log_enabled(LOG_INFO));
  run_log(&command, &(struct run_options){.verbose = true, .log_format = 1});
  assert_true(log_enabled(LOG_DEBUG));
  assert_true(log_is_json());
  run_log(&command, &(struct run_options){0});
  assert_true(log_enabled(LOG_INFO));
  assert_false(log_enabled(LOG_DEBUG));
  assert_false(log_is_json());
  log_setup(NULL, LOG_INFO, false);
}

#define WITH_STDOUT(f) cmocka_unit_test_setup_teardown(f, stdout_setup, stdout_teardown)

int main(void)
{
  static const struct CMUnitTest tests[] = {
      WITH_STDOUT(a_signal_ends_a_client_whose_look_up_hangs_before_its_loop_is_gone),
      WITH_STDOUT(a_time_out_does_so_too_with_its_exit_code),
      WITH_STDOUT(with_a_look_up_that_hangs_the_exit_code_is_the_same),
      WITH_STDOUT(with_a_look_up_that_hangs_a_failed_stdout_shows_all_the_same),
      WITH_STDOUT(stdout_that_cannot_be_written_has_an_exit_code),
      WITH_STDOUT(without_descriptors_a_run_does_not_start),
      TEST(an_address_that_is_none_is_wrong_usage),
      WITH_STDOUT(a_loop_that_ends_with_work_undone_is_a_failure),
      TEST(each_error_has_its_exit_code),
      TEST(quiet_and_verbose_set_what_is_logged),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
