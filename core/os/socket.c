#include "core/os/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#ifdef __linux__
#include <linux/sockios.h>
#endif

/* A silent peer is asked after 45 s, then five times 12 s apart: 105 s until it counts as dead. */
enum { KEEPALIVE_IDLE_S = 45, KEEPALIVE_INTERVAL_S = 12, KEEPALIVE_PROBES = 5 };

/* How long the folder of a unix socket may be locked by others, and how often that is looked at. */
enum { LONGEST_LOCKED_MS = 1000, LOCK_STEP_MS = 5 };

static void set(int fd, int level, int option, int value)
{
  setsockopt(fd, level, option, &value, sizeof value);
}

void socket_tune(int fd, int family)
{
  if (family != AF_INET && family != AF_INET6)
    return;
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set(fd, SOL_SOCKET, SO_OOBINLINE, 1);
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
#else
  set(fd, IPPROTO_TCP, TCP_KEEPALIVE, KEEPALIVE_IDLE_S);
#endif
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
}

/* Without quick acknowledgements Linux keeps the ACK of the SYN-ACK back for a moment. */
static void join_handshake_and_data(int fd)
{
#ifdef TCP_QUICKACK
  set(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
#else
  (void)fd;
#endif
}

int socket_for_connect(int family, bool data_follows)
{
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  socket_tune(fd, family);
  if (data_follows && family != AF_UNIX)
    join_handshake_and_data(fd);
  return fd;
}

/* Whether somebody answers on a unix socket. */
static bool is_alive(const struct sockaddr *sa, socklen_t size)
{
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return true;
  bool refused = connect(fd, sa, size) < 0 && errno == ECONNREFUSED;
  close(fd);
  return !refused;
}

static void remove_stale(const char *path, const struct sockaddr *sa, socklen_t size)
{
  struct stat st;
  if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && !is_alive(sa, size))
    unlink(path);
}

static int open_folder_of(const char *path)
{
  char folder[sizeof((struct sockaddr_un *)NULL)->sun_path + 1];
  const char *slash = strrchr(path, '/');
  size_t n = slash ? (size_t)(slash + 1 - path) : 0;
  memcpy(folder, path, n);
  strcpy(folder + n, ".");
  return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Locks the folder of a unix socket, so that of several servers that start at once one after the
 * other looks at what is there. Each holds it for a moment; a lock that somebody else keeps for
 * long, or a folder that cannot be read, is done without. Returns what unlocks when it is closed.
 */
static int lock_folder_of(const char *path)
{
  int fd = open_folder_of(path);
  for (int waited_ms = 0; fd >= 0 && waited_ms < LONGEST_LOCKED_MS; waited_ms += LOCK_STEP_MS) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
      break;
    poll(NULL, 0, LOCK_STEP_MS);
  }
  return fd;
}

static int bind_to(int fd, const struct sockaddr *sa, socklen_t size)
{
  return bind(fd, sa, size) < 0 ? -errno : 0;
}

/* It listens before the lock is given up: until then it would look stale. */
static int bind_unix(int fd, const struct sockaddr *sa, socklen_t size)
{
  char path[sizeof((struct sockaddr_un *)NULL)->sun_path + 1] = "";
  memcpy(path, ((const struct sockaddr_un *)sa)->sun_path,
         size - offsetof(struct sockaddr_un, sun_path)); /* without a NUL where it is longest */
  if (!path[0])
    return bind_to(fd, sa, size);
  int lock = lock_folder_of(path);
  remove_stale(path, sa, size);
  int err = bind_to(fd, sa, size);
  if (!err && listen(fd, SOMAXCONN) < 0)
    err = -errno;
  if (lock >= 0)
    close(lock);
  return err;
}

static bool is_mapped(const struct sockaddr *sa)
{
  return IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)sa)->sin6_addr);
}

int socket_bound(const struct sockaddr *sa, socklen_t size, bool dual)
{
  int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  if (sa->sa_family != AF_UNIX)
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (sa->sa_family == AF_INET6)
    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual && !is_mapped(sa));
  socket_tune(fd, sa->sa_family);
  int err = sa->sa_family == AF_UNIX ? bind_unix(fd, sa, size) : bind_to(fd, sa, size);
  if (!err)
    return fd;
  close(fd);
  return err;
}

uint64_t socket_unanswered_ms(int fd)
{
#ifdef __linux__
  struct tcp_info info = {0};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
      (info.tcpi_unacked || info.tcpi_probes))
    return info.tcpi_last_ack_recv;
#else
  (void)fd;
#endif
  return 0;
}

uint64_t socket_unread(int fd)
{
  int bytes = 0;
  return ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0 ? (uint64_t)bytes : 0;
}

uint64_t socket_unsent(int fd)
{
#ifdef __linux__
  int bytes = 0;
  if (ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0)
    return (uint64_t)bytes;
#else
  (void)fd;
#endif
  return 0;
}

int socket_error(int fd)
{
  int err = 0;
  socklen_t size = sizeof err;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0)
    return errno == ENOTSOCK ? 0 : -errno;
  return -err;
}

bool socket_is_unix(int fd)
{
  struct sockaddr_storage sa = {0};
  socklen_t size;
  return socket_name(fd, &sa, &size) == 0 && sa.ss_family == AF_UNIX;
}

int socket_name(int fd, struct sockaddr_storage *sa, socklen_t *size)
{
  *size = sizeof *sa;
  return getsockname(fd, (struct sockaddr *)sa, size) < 0 ? -errno : 0;
}

int socket_peer(int fd, struct sockaddr_storage *sa, socklen_t *size)
{
  *size = sizeof *sa;
  return getpeername(fd, (struct sockaddr *)sa, size) < 0 ? -errno : 0;
}
