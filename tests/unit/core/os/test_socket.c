/* Sockets as the system gives them. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "core/os/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *folder_of(void **state)
{
  return ((struct folder *)*state)->path;
}

static socklen_t name_socket(struct sockaddr_un *un, void **state, const char *name)
{
  *un = (struct sockaddr_un){.sun_family = AF_UNIX};
  int n = snprintf(un->sun_path, sizeof un->sun_path, "%s/%s", folder_of(state), name);
  assert_in_range(n, 1, sizeof un->sun_path - 1);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n + 1);
}

static bool answers(const struct sockaddr_un *un)
{
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int err = connect(fd, (const struct sockaddr *)un, sizeof *un);
  close(fd);
  return err == 0;
}

static int bound(const struct sockaddr_un *un, socklen_t size)
{
  return socket_bound((const struct sockaddr *)un, size, false);
}

/* Unix paths. */

static void a_stale_path_is_taken_over(void **state)
{
  struct sockaddr_un un;
  socklen_t size = name_socket(&un, state, "sock");
  int fd = bound(&un, size);
  assert_true(fd >= 0);
  close(fd); /* as after a crash */
  fd = bound(&un, size);
  assert_true(fd >= 0);
  assert_true(answers(&un));
  assert_true(socket_is_unix(fd));
  close(fd);
}

static void a_path_that_is_alive_or_no_socket_is_left_alone(void **state)
{
  struct sockaddr_un un;
  socklen_t size = name_socket(&un, state, "sock");
  int fd = bound(&un, size);
  assert_int_equal(bound(&un, size), UV_EADDRINUSE);
  assert_true(answers(&un));
  close(fd);
  folder_put(((struct folder *)*state)->dir, "file", "text");
  size = name_socket(&un, state, "file");
  assert_int_equal(bound(&un, size), UV_EADDRINUSE);
  size = name_socket(&un, state, "none/sock");
  assert_int_equal(bound(&un, size), UV_ENOENT);
}

static void a_path_without_a_folder_is_in_this_one(void **state)
{
  struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "sock"};
  char before[PATH_MAX];
  assert_non_null(getcwd(before, sizeof before));
  assert_int_equal(chdir(folder_of(state)), 0);
  int fd = bound(&un, sizeof un);
  assert_true(fd >= 0);
  assert_int_equal(bound(&un, sizeof un), UV_EADDRINUSE);
  close(fd);
  assert_int_equal(chdir(before), 0);
}

static void an_abstract_name_needs_no_folder(void **state)
{
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  int n = snprintf(un.sun_path + 1, sizeof un.sun_path - 1, "anet-%d", (int)getpid());
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
  (void)state;
  int fd = bound(&un, size);
  assert_true(fd >= 0);
  assert_int_equal(bound(&un, size), UV_EADDRINUSE);
  close(fd);
}

static void a_folder_that_others_keep_locked_delays_only(void **state)
{
  struct sockaddr_un un;
  socklen_t size = name_socket(&un, state, "sock");
  int lock = open(folder_of(state), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(flock(lock, LOCK_EX), 0);
  int fd = bound(&un, size);
  assert_true(fd >= 0);
  close(fd);
  close(lock);
}

enum { RIVALS = 4, ROUNDS = 300 };

struct rival {
  pthread_barrier_t *start;
  const struct sockaddr_un *un;
  socklen_t size;
  int fd;
};

static void *take_over(void *data)
{
  struct rival *r = data;
  pthread_barrier_wait(r->start);
  r->fd = bound(r->un, r->size);
  if (r->fd >= 0)
    listen(r->fd, 8);
  return NULL;
}

static void of_servers_that_take_a_stale_path_over_at_once_one_gets_it(void **state)
{
  struct sockaddr_un un;
  struct rival rivals[RIVALS];
  pthread_t threads[RIVALS];
  pthread_barrier_t start;
  socklen_t size = name_socket(&un, state, "sock");
  pthread_barrier_init(&start, NULL, RIVALS);
  for (int round = 0; round < ROUNDS; round++) {
    int stale = bound(&un, size), winners = 0;
    assert_true(stale >= 0);
    close(stale);
    for (int i = 0; i < RIVALS; i++) {
      rivals[i] = (struct rival){&start, &un, size, -1};
      pthread_create(&threads[i], NULL, take_over, &rivals[i]);
    }
    for (int i = 0; i < RIVALS; i++) {
      pthread_join(threads[i], NULL);
      winners += rivals[i].fd >= 0;
    }
    bool alive = answers(&un);
    for (int i = 0; i < RIVALS; i++) {
      if (rivals[i].fd >= 0)
        close(rivals[i].fd);
      else
        assert_int_equal(rivals[i].fd, UV_EADDRINUSE);
    }
    if (winners != 1 || !alive)
      fail_msg("round %d: %d servers, %s", round, winners, alive ? "one answers" : "none answers");
  }
  pthread_barrier_destroy(&start);
}

/* TCP. */

static socklen_t any_port(struct sockaddr_storage *sa, int family)
{
  *sa = (struct sockaddr_storage){.ss_family = (sa_family_t)family};
  if (family == AF_INET6) {
    ((struct sockaddr_in6 *)sa)->sin6_addr = in6addr_any;
    return sizeof(struct sockaddr_in6);
  }
  ((struct sockaddr_in *)sa)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return sizeof(struct sockaddr_in);
}

static int option(int fd, int level, int name)
{
  int value = -1;
  socklen_t size = sizeof value;
  assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
  return value;
}

static void a_tcp_socket_has_what_each_connection_should_have(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size = any_port(&sa, AF_INET);
  (void)state;
  int fd = socket_bound((struct sockaddr *)&sa, size, false);
  assert_true(fd >= 0);
  assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
  assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
  assert_int_equal(option(fd, SOL_SOCKET, SO_REUSEADDR), 1);
  assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
  assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  assert_false(socket_is_unix(fd));
  assert_int_equal(socket_name(fd, &sa, &size), 0);
  assert_int_equal(listen(fd, 1), 0); /* so that the port is taken */
  assert_int_equal(socket_bound((struct sockaddr *)&sa, size, false), UV_EADDRINUSE);
  assert_int_equal(socket_peer(fd, &sa, &size), UV_ENOTCONN);
  close(fd);
}

static void an_IPv6_socket_takes_IPv4_when_it_is_dual(void **state)
{
  struct sockaddr_storage sa;
  (void)state;
  for (int dual = 0; dual < 2; dual++) {
    socklen_t size = any_port(&sa, AF_INET6);
    int fd = socket_bound((struct sockaddr *)&sa, size, dual);
    if (fd == UV_EADDRNOTAVAIL || fd == UV_EAFNOSUPPORT)
      skip(); /* no IPv6 here */
    assert_true(fd >= 0);
    assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_V6ONLY), !dual);
    close(fd);
  }
}

static void what_is_no_socket_has_no_error_and_no_name(void **state)
{
  struct sockaddr_storage sa;
  socklen_t size;
  int file = temporary_file();
  (void)state;
  assert_int_equal(socket_error(file), 0);
  assert_int_equal(socket_error(-1), UV_EBADF);
  assert_int_equal(socket_name(file, &sa, &size), UV_ENOTSOCK);
  assert_int_equal(socket_peer(file, &sa, &size), UV_ENOTSOCK);
  assert_int_equal(socket_unread(-1), 0);
  assert_int_equal(socket_unsent(-1), 0);
  assert_int_equal(socket_unanswered_ms(file), 0);
  assert_false(socket_is_unix(file));
  close(file);
}

static void bytes_that_were_not_read_are_counted_at_both_ends(void **state)
{
  int fds[2];
  (void)state;
  pair_tcp(fds);
  assert_int_equal(socket_unread(fds[0]), 0);
  put(fds[1], "abc");
  wait_readable(fds[0]);
  assert_int_equal(socket_unread(fds[0]), 3);
  assert_int_equal(socket_error(fds[0]), 0);
  assert_int_equal(socket_unanswered_ms(fds[0]), 0);
  close_with_reset(fds[1]);
  wait_readable(fds[0]);
  assert_int_equal(socket_error(fds[0]), UV_ECONNRESET);
  assert_int_equal(socket_error(fds[0]), 0); /* cleared */
  close(fds[0]);
}

static void bytes_that_the_peer_has_not_taken_are_counted(void **state)
{
  int fds[2];
  (void)state;
  pair_unix(fds);
  put(fds[0], "abc");
  assert_true(socket_unsent(fds[0]) > 0);
  close(fds[0]);
  close(fds[1]);
}

static void without_a_descriptor_there_is_no_socket(void **state)
{
  struct rlimit before, none;
  struct sockaddr_storage sa;
  socklen_t size = any_port(&sa, AF_INET);
  (void)state;
  getrlimit(RLIMIT_NOFILE, &before);
  none = before;
  none.rlim_cur = 0;
  setrlimit(RLIMIT_NOFILE, &none);
  int connecting = socket_for_connect(AF_INET, true);
  int listening = socket_bound((struct sockaddr *)&sa, size, false);
  setrlimit(RLIMIT_NOFILE, &before);
  assert_int_equal(connecting, UV_EMFILE);
  assert_int_equal(listening, UV_EMFILE);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(a_stale_path_is_taken_over),
      IN_FOLDER(a_path_that_is_alive_or_no_socket_is_left_alone),
      IN_FOLDER(a_path_without_a_folder_is_in_this_one),
      TEST(an_abstract_name_needs_no_folder),
      IN_FOLDER(a_folder_that_others_keep_locked_delays_only),
      IN_FOLDER(of_servers_that_take_a_stale_path_over_at_once_one_gets_it),
      TEST(a_tcp_socket_has_what_each_connection_should_have),
      TEST(an_IPv6_socket_takes_IPv4_when_it_is_dual),
      TEST(what_is_no_socket_has_no_error_and_no_name),
      TEST(bytes_that_were_not_read_are_counted_at_both_ends),
      TEST(bytes_that_the_peer_has_not_taken_are_counted),
      TEST(without_a_descriptor_there_is_no_socket),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
