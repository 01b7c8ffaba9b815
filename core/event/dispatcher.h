/* asyncore.dispatcher: a non-blocking descriptor that says when it wants to read or write.
 *
 * A dispatcher lives inside a larger object (its command's connection), which finds itself again
 * with container_of, and answers through a table of handlers. A handler may close this or any
 * other dispatcher. Only `destroy` frees memory: it is called once, at the end of the pass in
 * which the dispatcher was closed, and nothing of it is called after dispatcher_close. */
#ifndef ANET_CORE_EVENT_DISPATCHER_H
#define ANET_CORE_EVENT_DISPATCHER_H

#include "core/base/list.h"
#include "core/event/reactor.h"
#include "core/event/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

struct dispatcher;
struct poll_handle;

/* NULL means the default. */
struct dispatcher_ops {
  /* Whether it wants to read, or write, now. Asked once a pass, before the poller, after an event
   * or a dispatcher_changed. Another channel of the same pass may change the answer before the
   * handler runs; a handler that depends on it asks again. Default: true. */
  bool (*readable)(struct dispatcher *d);
  bool (*writable)(struct dispatcher *d);

  void (*handle_connect)(struct dispatcher *d); /* it is connected. Default: nothing */
  void (*handle_read)(struct dispatcher *d);    /* there may be bytes. Default: nothing */
  void (*handle_write)(struct dispatcher *d);   /* there may be room. Default: nothing */
  void (*handle_expt)(struct dispatcher *d);    /* urgent data; without it, never polled for */

  /* The peer has ended or is lost while it is not read. Called once; what the peer sent before can
   * still be read. Without it, never polled for. */
  void (*handle_hangup)(struct dispatcher *d);

  /* A connection waits. Default: dispatcher_accept_some. */
  void (*handle_accept)(struct dispatcher *d);

  /* A connection was accepted. `fd` is non-blocking, and the handler owns it. Default: closes it.
   */
  void (*handle_accepted)(struct dispatcher *d, int fd, const struct sockaddr *peer,
                          socklen_t peer_size);

  /* The peer has ended (d->gone is 0) or is lost (a negative errno). Default: closes. A handler
   * that does not close is not asked to read again. After a loss it must close, or
   * stop wanting to write. */
  void (*handle_close)(struct dispatcher *d);

  /* A call failed with `err`, a negative errno. Default: logs it, then handle_close. */
  void (*handle_error)(struct dispatcher *d, int err);

  /* Frees the object it lives in. Default: nothing. */
  void (*destroy)(struct dispatcher *d);
};

enum dispatcher_state {
  DISPATCHER_EMPTY,       /* no descriptor yet, or it was taken */
  DISPATCHER_OPEN,        /* a descriptor with no peer */
  DISPATCHER_CONNECTING,  /* until handle_connect has run, or the transport's handshake begins */
  DISPATCHER_HANDSHAKING, /* until handle_connect has run */
  DISPATCHER_CONNECTED,
  DISPATCHER_ACCEPTING,
  DISPATCHER_CLOSING, /* dispatcher_close has begun: for good */
};

struct dispatcher {
  const struct dispatcher_ops *ops;
  struct reactor *reactor;
  struct transport *transport;
  struct poll_handle *poll; /* NULL until the mask first asks for something */
  int fd;                   /* -1 when there is none */
  int gone;                 /* why the peer is gone; 0 for the end of the stream */
  int mask;                 /* what the poller was told last: UV_READABLE, UV_WRITABLE ... */
  int ready;                /* what happens in each pass, without the poller */
  int awaits;               /* what the next step of the handshake waits for; 0 before the first */
  uint64_t wrote_in;        /* the pass of the reactor in which it last had its turn to write */
  uint64_t active_ms;       /* when something last happened, in reactor_now_ms's time */
  enum dispatcher_state state;
  bool ended;   /* the end of the stream was read: no more polling for it */
  bool hung_up; /* in this event: the peer has sent its end, behind the bytes that can be read */
  bool hangup_told;
  bool unpolled;     /* a regular file or /dev/null: always ready */
  bool shutdown_due; /* asked for, and not done yet */
  int pending_error; /* SO_ERROR as read before the end of the stream, which cleared it: the end is
                      * this loss then. A negative errno, or 0 */
  int restore_flags; /* what fcntl(F_SETFL) puts back at close; -1 for nothing */
  struct list channel, changed, busy, writing;
};

enum { DISPATCHER_ACCEPTS_PER_EVENT = 16 };

/* Sets the flags of a new object with no descriptor. Does not put it into the map. */
void dispatcher_init(struct dispatcher *d, struct reactor *r, const struct dispatcher_ops *ops);

/* asyncore's flags. Connected: from the return of handle_connect to the close. Closing: from
 * dispatcher_close on. */
static inline bool dispatcher_is_connected(const struct dispatcher *d)
{
  return d->state == DISPATCHER_CONNECTED;
}

static inline bool dispatcher_is_closing(const struct dispatcher *d)
{
  return d->state == DISPATCHER_CLOSING;
}

/* Takes over `fd`, a non-blocking socket, and puts the dispatcher into the map. `connected`: it has
 * a peer already. With a transport that has a handshake, that comes first, and handle_connect after
 * it; else there is no handle_connect. */
void dispatcher_open(struct dispatcher *d, int fd, bool connected);

/* The same with a transport that `maker` makes; NULL leaves it plain. 0; or UV_ENOMEM, with `fd`
 * left to the caller and nothing opened. */
int dispatcher_open_with(struct dispatcher *d, int fd, bool connected,
                         struct transport_maker *maker);

/* Puts `t`, which it owns from here on, in place of the transport: before it is opened or
 * connected, or on a connection that goes on with a handshake (after a CONNECT, a STARTTLS). Not
 * inside that transport's own calls. */
void dispatcher_set_transport(struct dispatcher *d, struct transport *t);

/* asyncore's file_dispatcher: works on a second description of `fd` (or a duplicate where the
 * system gives none) and leaves `fd` to the caller. Connected from the start. A flag that had to
 * be changed on the caller's description is put back at close (D8). 0 or a negative errno. */
int dispatcher_open_file(struct dispatcher *d, int fd);

/* Moves descriptor, transport and poll handle of `from` to `to`, which has been initialised and not
 * opened. `from` is connected, or its handle_connect is running. It is left without a descriptor,
 * to be closed. Costs no system call. */
void dispatcher_take(struct dispatcher *to, struct dispatcher *from);

/* Starts to connect an opened socket. 0 when it is under way or, with handle_connect run, done;
 * else a negative errno, and the dispatcher is as it was. */
int dispatcher_connect(struct dispatcher *d, const struct sockaddr *peer, socklen_t peer_size);

/* Listens on an opened and bound socket. 0 or a negative errno. */
int dispatcher_listen(struct dispatcher *d, int backlog);

/* Accepts one connection. Returns its descriptor (non-blocking, closed on exec), UV_EAGAIN when
 * none waits or one went away, or a negative errno. */
int dispatcher_accept(struct dispatcher *d, struct sockaddr_storage *peer, socklen_t *peer_size);

/* Accepts up to DISPATCHER_ACCEPTS_PER_EVENT connections while it is readable() and open, and
 * gives each to handle_accepted. 0, or the error that stopped it. */
int dispatcher_accept_some(struct dispatcher *d);

/* Up to `n` bytes into `data`. A count above 0; UV_EAGAIN when nothing is there now; 0 after the
 * end or the loss of the peer, with handle_close run; any other negative errno is the caller's to
 * pass to dispatcher_fail. */
ssize_t dispatcher_recv(struct dispatcher *d, void *data, size_t n);

/* Up to `n` bytes out. A count; 0 when it would block, and after the loss of the peer with
 * handle_close run (dispatcher_is_closing or d->gone then tell); any other negative errno is the
 * caller's to pass to dispatcher_fail. */
ssize_t dispatcher_send(struct dispatcher *d, const void *data, size_t n);

/* The same when another send or a shutdown follows in this handler. */
ssize_t dispatcher_send_more(struct dispatcher *d, const void *data, size_t n);

/* The same, for `count` pieces as if they were one; `more` as for dispatcher_send_more. */
ssize_t dispatcher_sendv(struct dispatcher *d, const struct iovec *pieces, int count, bool more);

/* Up to `n` bytes of `file` from `*offset` on, which moves by what was sent. As dispatcher_send;
 * UV_EIO when the file has no byte there. */
ssize_t dispatcher_sendfile(struct dispatcher *d, int file, int64_t *offset, size_t n);

/* Reads and no more: a count, 0 at the end of the stream, or a negative errno. No handler runs;
 * dispatcher_received draws the conclusion. For bytes behind those that were just read. */
ssize_t dispatcher_recv_only(struct dispatcher *d, void *data, size_t n);

/* Moves up to `n` bytes to `pipe`, or from it, inside the kernel, and no more: a count, 0 at the
 * end of the stream or of the pipe, or a negative errno. UV_EAGAIN: nothing is there now, or there
 * is no room. UV_EINVAL: it cannot be done here, as where the transport changes the bytes. */
ssize_t dispatcher_splice_to(struct dispatcher *d, int pipe, size_t n);
ssize_t dispatcher_splice_from(struct dispatcher *d, int pipe, size_t n);
bool dispatcher_can_splice(const struct dispatcher *d); /* the transport does not change them */

/* What dispatcher_recv and dispatcher_send make of a result, for the calls that leave it to the
 * caller. */
ssize_t dispatcher_received(struct dispatcher *d, ssize_t n);
ssize_t dispatcher_sent(struct dispatcher *d, ssize_t n);

/* Says that no more will be sent; where that would block, or the handshake is not done, as soon as
 * it can be. A file or a pipe is closed instead: that is how its reader learns of it. An error that
 * is no loss of the peer goes to handle_error. */
void dispatcher_shutdown(struct dispatcher *d);

/* Reads without waiting for the poller: for a connection whose peer has probably sent something. */
void dispatcher_read_now(struct dispatcher *d);

/* Runs handle_write once at the end of this pass, whatever the poller says: for what gathers until
 * then. If it has had its turn in this pass, in the next one, which does not wait. */
void dispatcher_write_soon(struct dispatcher *d);

/* Sets d->gone and runs handle_error. */
void dispatcher_fail(struct dispatcher *d, int err);

/* The default of handle_error, for a handler that only adds to it. */
void dispatcher_default_error(struct dispatcher *d, int err);

/* readable() or writable() may now answer differently. Free to call often. */
void dispatcher_changed(struct dispatcher *d);

/* Closes at once and drops unsent bytes. May be called at any time, any number of times. */
void dispatcher_close(struct dispatcher *d);

/* Closes so that the peer of a TCP connection sees a reset instead of an end. For anything else the
 * same as dispatcher_close. */
void dispatcher_abort(struct dispatcher *d);

#endif
