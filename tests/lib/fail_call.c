/* Fails one system call of a program, which preloads this: the NTH call of NAME with ERRNO, as
 * FAIL_CALL=NAME:NTH:ERRNO says. Makes the file FAIL_HIT once it has. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

static char name[32];
static int nth, error;
static atomic_int calls;

__attribute__((constructor)) static void read_wish(void)
{
  const char *wish = getenv("FAIL_CALL");
  if (!wish || sscanf(wish, "%31[^:]:%d:%d", name, &nth, &error) != 3)
    nth = 0;
}

/* Whether this call is the one; errno is set then. */
static int fails(const char *call)
{
  if (nth == 0 || strcmp(call, name) != 0 || atomic_fetch_add(&calls, 1) + 1 != nth)
    return 0;
  const char *hit = getenv("FAIL_HIT");
  if (hit)
    close((int)syscall(SYS_openat, AT_FDCWD, hit, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  errno = error;
  return 1;
}

#define NEXT(call) ((__typeof__(&call))dlsym(RTLD_NEXT, #call))
#define FAILING(type, call, parameters, ...)                                                       \
  type call parameters                                                                             \
  {                                                                                                \
    return fails(#call) ? (type)-1 : NEXT(call)(__VA_ARGS__);                                      \
  }

FAILING(int, epoll_create1, (int flags), flags)
FAILING(int, epoll_ctl, (int ep, int op, int fd, struct epoll_event *e), ep, op, fd, e)
FAILING(int, epoll_wait, (int ep, struct epoll_event *e, int n, int ms), ep, e, n, ms)
FAILING(int, epoll_pwait, (int ep, struct epoll_event *e, int n, int ms, const sigset_t *s), ep, e,
        n, ms, s)
FAILING(int, eventfd, (unsigned n, int flags), n, flags)
FAILING(int, pipe2, (int *fds, int flags), fds, flags)
FAILING(int, timerfd_create, (int clock, int flags), clock, flags)
FAILING(int, socket, (int family, int type, int protocol), family, type, protocol)
FAILING(int, bind, (int fd, const struct sockaddr *sa, socklen_t n), fd, sa, n)
FAILING(int, listen, (int fd, int backlog), fd, backlog)
FAILING(int, accept4, (int fd, struct sockaddr *sa, socklen_t *n, int flags), fd, sa, n, flags)
FAILING(int, connect, (int fd, const struct sockaddr *sa, socklen_t n), fd, sa, n)
FAILING(int, shutdown, (int fd, int how), fd, how)
FAILING(int, getsockname, (int fd, struct sockaddr *sa, socklen_t *n), fd, sa, n)
FAILING(int, getpeername, (int fd, struct sockaddr *sa, socklen_t *n), fd, sa, n)
FAILING(int, getsockopt, (int fd, int level, int option, void *v, socklen_t *n), fd, level, option,
        v, n)
FAILING(int, setsockopt, (int fd, int level, int option, const void *v, socklen_t n), fd, level,
        option, v, n)
FAILING(ssize_t, recv, (int fd, void *data, size_t n, int flags), fd, data, n, flags)
FAILING(ssize_t, send, (int fd, const void *data, size_t n, int flags), fd, data, n, flags)
FAILING(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), fd, m, flags)
FAILING(ssize_t, read, (int fd, void *data, size_t n), fd, data, n)
FAILING(ssize_t, write, (int fd, const void *data, size_t n), fd, data, n)
FAILING(ssize_t, writev, (int fd, const struct iovec *v, int n), fd, v, n)
FAILING(int, poll, (struct pollfd * fds, nfds_t n, int ms), fds, n, ms)
FAILING(int, dup2, (int from, int to), from, to)

/* The name moves.test has the address that stands in the file MOVES. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
  char address[64] = "";
  const char *path = getenv("MOVES");
  FILE *file = path && host && strcmp(host, "moves.test") == 0 ? fopen(path, "r") : NULL;
  if (file && fscanf(file, "%63s", address) == 1)
    host = address;
  if (file)
    fclose(file);
  return NEXT(getaddrinfo)(host, service, hints, found);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *data)
{
  return fails("pthread_create") ? error : NEXT(pthread_create)(thread, attributes, run, data);
}

int fcntl(int fd, int command, ...)
{
  va_list arguments;
  va_start(arguments, command);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  return fails("fcntl") ? -1 : (int)syscall(SYS_fcntl, fd, command, argument);
}

int fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));

int open(const char *path, int flags, ...)
{
  va_list arguments;
  va_start(arguments, flags);
  int mode = va_arg(arguments, int);
  va_end(arguments);
  return fails("open") ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
