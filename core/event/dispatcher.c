#include "core/event/dispatcher_private.h"

#include "core/base/log.h"
#include "core/event/poll_handle.h"
#include "core/os/socket.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void dispatcher_init(struct dispatcher *d, struct reactor *r, const struct dispatcher_ops *ops)
{
  *d = (struct dispatcher){.ops = ops, .reactor = r, .fd = -1, .restore_flags = -1};
  d->transport = transport_socket();
  d->active_ms = reactor_now_ms(r);
  list_init(&d->channel);
  list_init(&d->changed);
  list_init(&d->busy);
  list_init(&d->writing);
}

static void enter_map(struct dispatcher *d, int fd, enum dispatcher_state state)
{
  assert(d->state == DISPATCHER_EMPTY);
  d->state = state;
  d->fd = fd;
  d->active_ms = reactor_now_ms(d->reactor);
  list_append(&d->reactor->channels, &d->channel);
  dispatcher_changed(d);
}

void dispatcher_open(struct dispatcher *d, int fd, bool connected)
{
  enter_map(d, fd, connected ? DISPATCHER_CONNECTED : DISPATCHER_OPEN);
}

/* A description of our own for a pipe or a terminal, so that making it non-blocking does not
 * reach the shell or the other end of `2>&1`, which share the caller's. Not for a terminal's
 * master side (major 5), where opening makes another terminal. */
static int open_again(int fd, int flags)
{
  struct stat st;
  if (fstat(fd, &st) < 0)
    return -1;
  if (!S_ISFIFO(st.st_mode) && !(isatty(fd) && major(st.st_rdev) != 5))
    return -1;
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

int dispatcher_open_file(struct dispatcher *d, int fd)
{
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0)
    return -errno;
  int own = open_again(fd, flags);
  if (own < 0) {
    own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (own < 0)
      return -errno;
    if (!(flags & O_NONBLOCK)) {
      d->restore_flags = flags;
      fcntl(own, F_SETFL, flags | O_NONBLOCK);
    }
  }
  d->transport = transport_file();
  enter_map(d, own, DISPATCHER_CONNECTED);
  return 0;
}

void dispatcher_take(struct dispatcher *to, struct dispatcher *from)
{
  assert(from->state == DISPATCHER_CONNECTED || from->state == DISPATCHER_CONNECTING);
  to->transport = from->transport;
  to->poll = from->poll;
  poll_handle_give(to->poll, to);
  to->mask = from->unpolled ? 0 : from->mask;
  to->unpolled = from->unpolled;
  to->restore_flags = from->restore_flags;
  to->noted = from->noted;
  enter_map(to, from->fd, DISPATCHER_CONNECTED);

  list_remove(&from->busy);
  from->fd = -1;
  from->poll = NULL;
  from->mask = 0;
  from->restore_flags = -1;
  from->state = DISPATCHER_EMPTY;
  from->transport = transport_socket();
}

void dispatcher_changed(struct dispatcher *d)
{
  if (!dispatcher_is_closing(d) && list_empty(&d->changed))
    list_append(&d->reactor->changed, &d->changed);
}

static int wanted(struct dispatcher *d)
{
  int mask = 0;
  if (d->fd < 0)
    return 0;
  if (d->state == DISPATCHER_CONNECTING)
    return UV_WRITABLE;
  if (!d->ended && (!d->ops->readable || d->ops->readable(d)))
    mask |= UV_READABLE | UV_DISCONNECT;
  if (d->state != DISPATCHER_ACCEPTING && (!d->ops->writable || d->ops->writable(d)))
    mask |= UV_WRITABLE;
  if (!(mask & UV_READABLE) && d->ops->handle_hangup && !d->ended && !d->hangup_told)
    mask |= UV_DISCONNECT;
  if (mask && d->ops->handle_expt)
    mask |= UV_PRIORITIZED;
  return mask;
}

static void polled(void *owner, int status, int events)
{
  struct dispatcher *d = owner;
  if (status < 0) {
    /* EPOLLERR reaches us as UV_EBADF and no events, with the handle stopped. It says nothing
     * about what can still be read: whatever was wanted is tried, and finds out. */
    events = d->mask & UV_READABLE ? d->mask & ~UV_DISCONNECT : d->mask;
    d->mask = 0;
  }
  dispatcher_handle_events(d, events);
}

void dispatcher_apply_mask(struct dispatcher *d)
{
  int mask = wanted(d);
  if (mask == d->mask)
    return;
  if (!d->poll && !d->unpolled) {
    int err = poll_handle_get(d->reactor->poll_handles, d->fd, d->transport->ops->is_socket, polled,
                              d, &d->poll);
    if (err == UV_EPERM)
      d->unpolled = true;
    else if (err) {
      dispatcher_fail(d, err);
      return;
    }
  }
  d->mask = mask;
  if (d->unpolled) {
    if (mask)
      list_append(&d->reactor->always_ready, &d->busy);
    else
      list_remove(&d->busy);
  } else {
    poll_handle_set(d->poll, mask);
  }
}

static void close_event(struct dispatcher *d)
{
  if (d->ops->handle_close)
    d->ops->handle_close(d);
  else
    dispatcher_close(d);
}

/* Runs handle_connect. Whether the dispatcher is connected after it. */
static bool stand(struct dispatcher *d)
{
  if (d->ops->handle_connect)
    d->ops->handle_connect(d);
  if (d->state != DISPATCHER_CONNECTING)
    return false;
  d->state = DISPATCHER_CONNECTED;
  return true;
}

/* asyncore's handle_connect_event. Whether the dispatcher is connected after it. */
static bool connect_event(struct dispatcher *d)
{
  int err = socket_error(d->fd);
  if (err == UV_ECONNRESET || err == UV_EPIPE) {
    /* It stood, and was reset before we looked; what came before that is still there. */
    d->noted = err;
    err = 0;
  }
  if (!err)
    return stand(d);
  d->state = DISPATCHER_OPEN;
  dispatcher_fail(d, err);
  return false;
}

static void read_event(struct dispatcher *d)
{
  if (d->state == DISPATCHER_ACCEPTING) {
    if (d->ops->handle_accept) {
      d->ops->handle_accept(d);
      return;
    }
    int err = dispatcher_accept_some(d);
    if (err && !dispatcher_is_closing(d))
      dispatcher_fail(d, err);
    return;
  }
  if (d->state == DISPATCHER_CONNECTING && !connect_event(d))
    return;
  if (d->ops->handle_read)
    d->ops->handle_read(d);
}

static void urgent_event(struct dispatcher *d)
{
  int err = socket_error(d->fd);
  if (err) {
    d->gone = err;
    close_event(d);
  } else {
    d->ops->handle_expt(d);
  }
}

static void hangup_event(struct dispatcher *d)
{
  d->hangup_told = true;
  if (!d->noted)
    d->noted = socket_error(d->fd);
  if (d->ops->handle_hangup)
    d->ops->handle_hangup(d);
}

void dispatcher_handle_events(struct dispatcher *d, int events)
{
  d->active_ms = reactor_now_ms(d->reactor);
  d->hung_up = events & UV_DISCONNECT;
  bool unread = !(wanted(d) & UV_READABLE);
  if (events & UV_WRITABLE)
    list_append(&d->reactor->writing, &d->writing);
  if (d->hung_up && unread)
    hangup_event(d);
  else if ((events & (UV_READABLE | UV_DISCONNECT)) && !dispatcher_is_closing(d))
    read_event(d);
  if ((events & UV_PRIORITIZED) && !dispatcher_is_closing(d))
    urgent_event(d);
  dispatcher_changed(d);
}

void dispatcher_write_event(struct dispatcher *d)
{
  if (d->state == DISPATCHER_ACCEPTING)
    return;
  if (d->state == DISPATCHER_CONNECTING && !connect_event(d))
    return;
  if (d->ops->handle_write)
    d->ops->handle_write(d);
  dispatcher_changed(d);
}

/* Over loopback the handshake is done before connect(2) returns EINPROGRESS. Asking once costs
 * less than the four epoll_ctl it takes to be told. */
static bool stands_now(int fd)
{
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  return poll(&p, 1, 0) == 1 && p.revents == POLLOUT;
}

int dispatcher_connect(struct dispatcher *d, const struct sockaddr *peer, socklen_t peer_size)
{
  int r;
  do
    r = connect(d->fd, peer, peer_size);
  while (r < 0 && errno == EINTR);
  if (r < 0 && errno == EISCONN)
    r = 0;
  /* A unix socket whose backlog is full says EAGAIN and does not go on by itself: an error. */
  if (r < 0 && errno != EINPROGRESS && errno != EALREADY)
    return -errno;
  d->state = DISPATCHER_CONNECTING;
  if (r == 0 || stands_now(d->fd))
    stand(d);
  dispatcher_changed(d);
  return 0;
}

int dispatcher_listen(struct dispatcher *d, int backlog)
{
  if (listen(d->fd, backlog) < 0)
    return -errno;
  d->state = DISPATCHER_ACCEPTING;
  dispatcher_changed(d);
  return 0;
}

/* accept(2) hands out the errors of the connection that waited; they say nothing about ours. */
static bool went_away(int err)
{
  switch (err) {
  case EAGAIN:
  case ECONNABORTED:
  case EINTR:
  case EPROTO:
  case ENETDOWN:
  case ENOPROTOOPT:
  case EHOSTDOWN:
  case ENONET:
  case EHOSTUNREACH:
  case ENETUNREACH:
    return true;
  default:
    return false;
  }
}

int dispatcher_accept(struct dispatcher *d, struct sockaddr_storage *peer, socklen_t *peer_size)
{
  *peer_size = sizeof *peer;
  int fd = accept4(d->fd, (struct sockaddr *)peer, peer_size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0)
    return fd;
  return went_away(errno) ? UV_EAGAIN : -errno;
}

int dispatcher_accept_some(struct dispatcher *d)
{
  for (int i = 0; i < DISPATCHER_ACCEPTS_PER_EVENT; i++) {
    struct sockaddr_storage peer;
    socklen_t peer_size;
    if (dispatcher_is_closing(d) || (d->ops->readable && !d->ops->readable(d)))
      break;
    int fd = dispatcher_accept(d, &peer, &peer_size);
    if (fd < 0)
      return fd == UV_EAGAIN ? 0 : fd;
    if (d->ops->handle_accepted)
      d->ops->handle_accepted(d, fd, (struct sockaddr *)&peer, peer_size);
    else
      close(fd);
  }
  return 0;
}

/* asyncore's _DISCONNECTED: the peer is lost, which is no error of ours. */
static bool is_loss(ssize_t err)
{
  return err == UV_ECONNRESET || err == UV_ENOTCONN || err == UV_ESHUTDOWN ||
         err == UV_ECONNABORTED || err == UV_EPIPE;
}

static void peer_gone(struct dispatcher *d, ssize_t err)
{
  d->gone = (int)err;
  close_event(d);
  dispatcher_changed(d);
}

ssize_t dispatcher_received(struct dispatcher *d, ssize_t n)
{
  if (n == 0)
    n = d->noted;
  if (n > 0 || n == UV_EAGAIN)
    return n;
  if (n < 0 && !is_loss(n))
    return n;
  d->ended = true;
  peer_gone(d, n);
  return 0;
}

ssize_t dispatcher_sent(struct dispatcher *d, ssize_t n)
{
  if (n >= 0)
    return n;
  if (n == UV_EAGAIN)
    return 0;
  if (!is_loss(n))
    return n;
  peer_gone(d, n);
  return 0;
}

ssize_t dispatcher_recv(struct dispatcher *d, void *data, size_t n)
{
  return dispatcher_received(d, d->transport->ops->recv(d->transport, d->fd, data, n));
}

ssize_t dispatcher_send(struct dispatcher *d, const void *data, size_t n)
{
  return dispatcher_sent(d, d->transport->ops->send(d->transport, d->fd, data, n, false));
}

ssize_t dispatcher_send_more(struct dispatcher *d, const void *data, size_t n)
{
  return dispatcher_sent(d, d->transport->ops->send(d->transport, d->fd, data, n, true));
}

ssize_t dispatcher_sendv(struct dispatcher *d, const struct iovec *pieces, int count, bool more)
{
  return dispatcher_sent(d, d->transport->ops->sendv(d->transport, d->fd, pieces, count, more));
}

void dispatcher_write_soon(struct dispatcher *d)
{
  if (!dispatcher_is_closing(d) && dispatcher_is_connected(d))
    list_append(&d->reactor->writing, &d->writing);
}

void dispatcher_shutdown(struct dispatcher *d)
{
  if (!d->transport->ops->is_socket)
    dispatcher_close(d);
  else if (d->fd >= 0)
    d->transport->ops->shutdown(d->transport, d->fd);
}

void dispatcher_read_now(struct dispatcher *d)
{
  if (!dispatcher_is_closing(d) && dispatcher_is_connected(d) && d->ops->handle_read)
    d->ops->handle_read(d);
  dispatcher_changed(d);
}

void dispatcher_fail(struct dispatcher *d, int err)
{
  if (dispatcher_is_closing(d))
    return;
  d->gone = err;
  if (d->ops->handle_error)
    d->ops->handle_error(d, err);
  else
    dispatcher_default_error(d, err);
}

void dispatcher_default_error(struct dispatcher *d, int err)
{
  log_error("connection: %s", error_words(err));
  close_event(d);
}

void dispatcher_close(struct dispatcher *d)
{
  if (dispatcher_is_closing(d))
    return;
  d->state = DISPATCHER_CLOSING;
  list_remove(&d->changed);
  list_remove(&d->busy);
  list_remove(&d->writing);
  list_append(&d->reactor->closed, &d->channel);

  poll_handle_put(d->reactor->poll_handles, d->poll);
  d->poll = NULL;
  d->transport->ops->release(d->transport);
  if (d->restore_flags >= 0)
    fcntl(d->fd, F_SETFL, d->restore_flags);
  if (d->fd >= 0)
    close(d->fd);
  d->fd = -1;
}

void dispatcher_abort(struct dispatcher *d)
{
  /* With no time to linger, close(2) sends a reset and drops what is unsent. */
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  if (d->fd >= 0)
    setsockopt(d->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  dispatcher_close(d);
}

void dispatcher_destroy(struct dispatcher *d)
{
  if (d->ops->destroy)
    d->ops->destroy(d);
}
