/* A dispatcher's bytes: what goes through its transport, and what follows from the result. */
#include "core/event/dispatcher_private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GATHERED = 16 * 1024 }; /* a record of TLS */

/* asyncore's _DISCONNECTED: the peer is lost, which is no error of ours. */
static bool is_loss(ssize_t err)
{
  return err == UV_ECONNRESET || err == UV_ENOTCONN || err == UV_ESHUTDOWN ||
         err == UV_ECONNABORTED || err == UV_EPIPE;
}

static void peer_gone(struct dispatcher *d, ssize_t err)
{
  d->gone = (int)err;
  dispatcher_close_event(d);
  dispatcher_changed(d);
}

ssize_t dispatcher_received(struct dispatcher *d, ssize_t n)
{
  if (n == 0)
    n = d->pending_error;
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

/* The call may have changed what the transport wants or holds. */
static ssize_t moved(struct dispatcher *d, ssize_t n)
{
  const struct transport_ops *ops = d->transport->ops;
  if (ops->wants || ops->pending)
    dispatcher_changed(d);
  return n;
}

/* Nothing goes in or out during the handshake but what is its own. */
static bool is_shaking(const struct dispatcher *d)
{
  return d->state == DISPATCHER_HANDSHAKING;
}

static inline ssize_t recv_some(struct dispatcher *d, void *data, size_t n)
{
  if (is_shaking(d))
    return UV_EAGAIN;
  return moved(d, d->transport->ops->recv(d->transport, d->fd, data, n));
}

ssize_t dispatcher_recv_only(struct dispatcher *d, void *data, size_t n)
{
  return recv_some(d, data, n);
}

ssize_t dispatcher_recv(struct dispatcher *d, void *data, size_t n)
{
  return dispatcher_received(d, recv_some(d, data, n));
}

static inline ssize_t send_some(struct dispatcher *d, const void *data, size_t n, bool more)
{
  if (is_shaking(d))
    return 0;
  return dispatcher_sent(d, moved(d, d->transport->ops->send(d->transport, d->fd, data, n, more)));
}

ssize_t dispatcher_send(struct dispatcher *d, const void *data, size_t n)
{
  return send_some(d, data, n, false);
}

ssize_t dispatcher_send_more(struct dispatcher *d, const void *data, size_t n)
{
  return send_some(d, data, n, true);
}

static ssize_t send_gathered(struct dispatcher *d, const struct iovec *pieces, int count, bool more)
{
  uint8_t together[GATHERED];
  size_t n = 0;
  for (int i = 0; i < count; i++) {
    size_t room = sizeof together - n;
    size_t length = pieces[i].iov_len < room ? pieces[i].iov_len : room;
    memcpy(together + n, pieces[i].iov_base, length);
    n += length;
    more = more || length < pieces[i].iov_len;
  }
  return d->transport->ops->send(d->transport, d->fd, together, n, more);
}

ssize_t dispatcher_sendv(struct dispatcher *d, const struct iovec *pieces, int count, bool more)
{
  const struct transport_ops *ops = d->transport->ops;
  if (is_shaking(d))
    return 0;
  ssize_t n = ops->sendv ? ops->sendv(d->transport, d->fd, pieces, count, more)
                         : send_gathered(d, pieces, count, more);
  return dispatcher_sent(d, moved(d, n));
}

static ssize_t send_read(struct dispatcher *d, int file, int64_t *offset, size_t n)
{
  uint8_t piece[GATHERED];
  ssize_t got = pread(file, piece, n < sizeof piece ? n : sizeof piece, (off_t)*offset);
  if (got <= 0)
    return got < 0 ? -errno : 0;
  ssize_t sent = d->transport->ops->send(d->transport, d->fd, piece, (size_t)got, false);
  if (sent > 0)
    *offset += sent;
  return sent;
}

ssize_t dispatcher_sendfile(struct dispatcher *d, int file, int64_t *offset, size_t n)
{
  const struct transport_ops *ops = d->transport->ops;
  if (is_shaking(d))
    return 0;
  ssize_t sent = ops->sendfile ? ops->sendfile(d->transport, d->fd, file, offset, n)
                               : send_read(d, file, offset, n);
  return sent == 0 ? UV_EIO : dispatcher_sent(d, moved(d, sent));
}

bool dispatcher_can_splice(const struct dispatcher *d)
{
  return d->transport->ops->splice_to_pipe && d->transport->ops->splice_from_pipe;
}

ssize_t dispatcher_splice_to(struct dispatcher *d, int pipe, size_t n)
{
  if (!dispatcher_can_splice(d))
    return UV_EINVAL;
  return d->transport->ops->splice_to_pipe(d->transport, d->fd, pipe, n);
}

ssize_t dispatcher_splice_from(struct dispatcher *d, int pipe, size_t n)
{
  if (!dispatcher_can_splice(d))
    return UV_EINVAL;
  return d->transport->ops->splice_from_pipe(d->transport, d->fd, pipe, n);
}

static int say_end(struct dispatcher *d)
{
  if (is_shaking(d))
    return UV_EAGAIN;
  if (d->transport->ops->shutdown)
    return d->transport->ops->shutdown(d->transport, d->fd);
  return shutdown(d->fd, SHUT_WR) < 0 ? -errno : 0;
}

void dispatcher_shutdown(struct dispatcher *d)
{
  if (!d->transport->ops->is_socket) {
    dispatcher_close(d);
    return;
  }
  if (d->fd < 0)
    return;
  int err = say_end(d);
  d->shutdown_due = err == UV_EAGAIN;
  if (d->shutdown_due)
    dispatcher_changed(d);
  else if (err < 0 && !is_loss(err)) /* reading tells of a loss, behind what is there to read */
    dispatcher_fail(d, err);
}
