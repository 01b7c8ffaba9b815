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

/* What it is once the descriptor is connected. */
static enum dispatcher_state connected_state(const struct dispatcher *d)
{
  return d->transport->ops->handshake ? DISPATCHER_HANDSHAKING : DISPATCHER_CONNECTED;
}

void dispatcher_open(struct dispatcher *d, int fd, bool connected)
{
  enter_map(d, fd, connected ? connected_state(d) : DISPATCHER_OPEN);
}

int dispatcher_open_with(struct dispatcher *d, int fd, bool connected,
                         struct transport_maker *maker)
{
  if (maker) {
    struct transport *t = maker->make(maker);
    if (!t)
      return UV_ENOMEM;
    dispatcher_set_transport(d, t);
  }
  dispatcher_open(d, fd, connected);
  return 0;
}

static void release_transport(struct dispatcher *d, bool cut)
{
  struct transport *t = d->transport;
  d->transport = transport_socket();
  if (t->ops->release)
    t->ops->release(t, d->fd, cut);
}

void dispatcher_set_transport(struct dispatcher *d, struct transport *t)
{
  release_transport(d, true);
  d->transport = t;
  if (dispatcher_is_closing(d))
    release_transport(d, true);
  else if (dispatcher_is_connected(d))
    d->state = connected_state(d);
  dispatcher_changed(d);
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
  assert(from->state == DISPATCHER_CONNECTED || from->state == DISPATCHER_CONNECTING ||
         from->state == DISPATCHER_HANDSHAKING);
  to->transport = from->transport;
  to->poll = from->poll;
  poll_handle_give(to->poll, to);
  to->mask = from->mask;
  to->unpolled = from->unpolled;
  to->shutdown_due = from->shutdown_due;
  to->restore_flags = from->restore_flags;
  to->pending_error = from->pending_error;
  enter_map(to, from->fd, DISPATCHER_CONNECTED);

  list_remove(&from->busy);
  from->fd = -1;
  from->poll = NULL;
  from->mask = from->ready = 0;
  from->restore_flags = -1;
  from->shutdown_due = false;
  from->state = DISPATCHER_EMPTY;
  from->transport = transport_socket();
}

void dispatcher_changed(struct dispatcher *d)
{
  if (!dispatcher_is_closing(d) && list_empty(&d->changed))
    list_append(&d->reactor->changed, &d->changed);
}

static inline bool wants_read(struct dispatcher *d)
{
  return !d->ended && (!d->ops->readable || d->ops->readable(d));
}

static inline bool wants_write(struct dispatcher *d)
{
  return d->state != DISPATCHER_ACCEPTING && (!d->ops->writable || d->ops->writable(d));
}

static inline bool has_to_write(struct dispatcher *d)
{
  return wants_write(d) || d->shutdown_due;
}

/* What the owner wants: UV_READABLE and the like. */
static int wanted(struct dispatcher *d)
{
  int ways = 0;
  if (d->fd < 0)
    return 0;
  if (d->state == DISPATCHER_CONNECTING)
    return UV_WRITABLE;
  if (d->state == DISPATCHER_HANDSHAKING)
    return d->awaits;
  if (wants_read(d))
    ways |= UV_READABLE | UV_DISCONNECT;
  if (has_to_write(d))
    ways |= UV_WRITABLE;
  if (!(ways & UV_READABLE) && d->ops->handle_hangup && !d->ended && !d->hangup_told)
    ways |= UV_DISCONNECT;
  if (ways && d->ops->handle_expt)
    ways |= UV_PRIORITIZED;
  return ways;
}

enum { BOTH_WAYS = UV_READABLE | UV_WRITABLE };

/* Whether the transport may turn the ways round: read to write, write to read. */
static bool may_turn(const struct dispatcher *d)
{
  return d->transport->ops->wants && d->state == DISPATCHER_CONNECTED;
}

static int wants(const struct dispatcher *d, int way)
{
  return d->transport->ops->wants(d->transport, way);
}

/* What must be polled for, so that the owner can go the `ways` it wants. */
static inline int mask_of(const struct dispatcher *d, int ways)
{
  if (!may_turn(d))
    return ways;
  int mask = ways & ~BOTH_WAYS;
  if (ways & UV_READABLE)
    mask |= wants(d, UV_READABLE);
  if (ways & UV_WRITABLE)
    mask |= wants(d, UV_WRITABLE);
  if ((ways & UV_READABLE) && !(mask & UV_READABLE))
    mask &= ~UV_DISCONNECT; /* it would be said in each pass, and nothing could be read */
  return mask;
}

/* The ways that `events` open to the owner. */
static int ways_of(struct dispatcher *d, int events)
{
  if (!may_turn(d))
    return events;
  int ways = events & ~BOTH_WAYS;
  if ((events & wants(d, UV_READABLE)) && wants_read(d))
    ways |= UV_READABLE;
  if ((events & wants(d, UV_WRITABLE)) && has_to_write(d))
    ways |= UV_WRITABLE;
  return ways;
}

/* What happens without the poller: the first step of a handshake, and bytes that the transport
 * holds. */
static inline int ready_of(struct dispatcher *d, int ways)
{
  if (d->unpolled)
    return ways;
  if (d->state == DISPATCHER_HANDSHAKING && d->awaits == 0)
    return UV_READABLE;
  if ((ways & UV_READABLE) && d->transport->ops->pending && d->state == DISPATCHER_CONNECTED)
    return d->transport->ops->pending(d->transport) ? UV_READABLE : 0;
  return 0;
}

static void set_ready(struct dispatcher *d, int ready)
{
  if (ready == d->ready)
    return;
  d->ready = ready;
  if (ready)
    list_append(&d->reactor->always_ready, &d->busy);
  else
    list_remove(&d->busy);
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
  dispatcher_handle_events(d, ways_of(d, events));
}

void dispatcher_apply_mask(struct dispatcher *d)
{
  int ways = wanted(d);
  int mask = mask_of(d, ways);
  set_ready(d, ready_of(d, ways));
  if (mask == d->mask)
    return;
  if (!d->poll && !d->unpolled) {
    int err = poll_handle_get(d->reactor->poll_handles, d->fd, d->transport->ops->is_socket, polled,
                              d, &d->poll);
    if (err == UV_EPERM) {
      d->unpolled = true;
      set_ready(d, ways);
    } else if (err) {
      dispatcher_fail(d, err);
      return;
    }
  }
  d->mask = mask;
  if (d->poll)
    poll_handle_set(d->poll, mask);
}

void dispatcher_close_event(struct dispatcher *d)
{
  if (d->ops->handle_close)
    d->ops->handle_close(d);
  else
    dispatcher_close(d);
}

/* Runs handle_connect. Whether the dispatcher is connected after it. */
static bool finish_connect(struct dispatcher *d)
{
  enum dispatcher_state before = d->state;
  if (d->ops->handle_connect)
    d->ops->handle_connect(d);
  if (d->state != before)
    return false;
  /* The handler may have set a transport that has a handshake of its own. */
  d->state = before == DISPATCHER_HANDSHAKING ? DISPATCHER_CONNECTED : connected_state(d);
  return dispatcher_is_connected(d);
}

/* It never was connected: handle_error, not handle_close. */
static void connect_failed(struct dispatcher *d, int err)
{
  d->state = DISPATCHER_OPEN;
  dispatcher_fail(d, err);
}

/* One step. */
static void handshake_event(struct dispatcher *d)
{
  int step = d->transport->ops->handshake(d->transport, d->fd);
  if (step < 0) {
    connect_failed(d, step);
    return;
  }
  d->awaits = step;
  if (step == 0 && finish_connect(d) && has_to_write(d)) /* what was queued meanwhile */
    dispatcher_write_soon(d);
}

/* The descriptor is connected. Whether the dispatcher is too, at once. */
static bool wire_connected(struct dispatcher *d)
{
  if (connected_state(d) == DISPATCHER_CONNECTED)
    return finish_connect(d);
  d->state = DISPATCHER_HANDSHAKING;
  handshake_event(d);
  return false;
}

/* asyncore's handle_connect_event. Whether the dispatcher is connected after it. */
static bool connect_event(struct dispatcher *d)
{
  int err = socket_error(d->fd);
  if (err == UV_ECONNRESET || err == UV_EPIPE) {
    /* It was connected, and reset before we looked. Bytes that came before the reset can be read.
     */
    d->pending_error = err;
    err = 0;
  }
  if (!err)
    return wire_connected(d);
  connect_failed(d, err);
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
  if (d->state == DISPATCHER_HANDSHAKING) {
    handshake_event(d);
    if (!dispatcher_is_connected(d) || !wants_read(d))
      return;
  }
  if (d->ops->handle_read)
    d->ops->handle_read(d);
}

static void urgent_event(struct dispatcher *d)
{
  int err = socket_error(d->fd);
  if (err) {
    d->gone = err;
    dispatcher_close_event(d);
  } else {
    d->ops->handle_expt(d);
  }
}

static void hangup_event(struct dispatcher *d)
{
  d->hangup_told = true;
  if (!d->pending_error)
    d->pending_error = socket_error(d->fd);
  if (d->ops->handle_hangup)
    d->ops->handle_hangup(d);
}

void dispatcher_handle_events(struct dispatcher *d, int events)
{
  d->active_ms = reactor_now_ms(d->reactor);
  d->hung_up = events & UV_DISCONNECT;
  if (events & UV_WRITABLE)
    list_append(&d->reactor->writing, &d->writing);
  if (d->hung_up && !(wanted(d) & UV_READABLE))
    hangup_event(d);
  else if ((events & (UV_READABLE | UV_DISCONNECT)) && !dispatcher_is_closing(d))
    read_event(d);
  if ((events & UV_PRIORITIZED) && !dispatcher_is_closing(d))
    urgent_event(d);
  dispatcher_changed(d);
}

void dispatcher_write_event(struct dispatcher *d)
{
  if (d->state == DISPATCHER_ACCEPTING || (d->state == DISPATCHER_CONNECTING && !connect_event(d)))
    return;
  if (d->state == DISPATCHER_HANDSHAKING)
    handshake_event(d);
  else if (d->shutdown_due && !wants_write(d))
    dispatcher_shutdown(d);
  else if (d->ops->handle_write)
    d->ops->handle_write(d);
  dispatcher_changed(d);
}

/* Over loopback the handshake is done before connect(2) returns EINPROGRESS. Asking once costs
 * less than the four epoll_ctl it takes to be told. */
static bool is_connected_now(int fd)
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
  if (r == 0 || is_connected_now(d->fd))
    wire_connected(d);
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

void dispatcher_write_soon(struct dispatcher *d)
{
  if (dispatcher_is_connected(d))
    list_append(&d->reactor->writing, &d->writing);
}

void dispatcher_read_now(struct dispatcher *d)
{
  if (dispatcher_is_connected(d) || d->state == DISPATCHER_HANDSHAKING)
    read_event(d);
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
  dispatcher_close_event(d);
}

static void end(struct dispatcher *d, bool cut)
{
  if (dispatcher_is_closing(d))
    return;
  cut = cut || d->gone != 0 || d->state == DISPATCHER_HANDSHAKING;
  d->state = DISPATCHER_CLOSING;
  list_remove(&d->changed);
  list_remove(&d->busy);
  list_remove(&d->writing);
  list_append(&d->reactor->closed, &d->channel);

  poll_handle_put(d->reactor->poll_handles, d->poll);
  d->poll = NULL;
  release_transport(d, cut);
  if (d->restore_flags >= 0)
    fcntl(d->fd, F_SETFL, d->restore_flags);
  if (d->fd >= 0)
    close(d->fd);
  d->fd = -1;
}

void dispatcher_close(struct dispatcher *d)
{
  end(d, false);
}

void dispatcher_abort(struct dispatcher *d)
{
  /* With no time to linger, close(2) sends a reset and drops what is unsent. */
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  if (d->fd >= 0 && d->transport->ops->is_socket)
    setsockopt(d->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  end(d, true);
}

void dispatcher_destroy(struct dispatcher *d)
{
  if (d->ops->destroy)
    d->ops->destroy(d);
}
