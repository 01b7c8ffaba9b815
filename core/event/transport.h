/* The seam under a dispatcher: how bytes get in and out of its descriptor. A new transport is a
 * file with one table of these functions, and a transport_maker where a server or a client chooses
 * it. */
#ifndef ANET_CORE_EVENT_TRANSPORT_H
#define ANET_CORE_EVENT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct transport;

/* `fd` is the dispatcher's non-blocking descriptor. A count or a negative errno is returned;
 * UV_EAGAIN: it would block. Only recv and send must be there. NULL means the default. */
struct transport_ops {
  /* Reads up to `n` bytes. 0 is the end of the stream, which the peer said. A transport that can
   * tell a cut from an end returns UV_ECONNRESET for a cut. */
  ssize_t (*recv)(struct transport *t, int fd, void *data, size_t n);

  /* Writes up to `n` bytes. `more`: another send or a shutdown follows at once, so the bytes may be
   * held back to leave in one packet with it. After UV_EAGAIN the next send begins with the same
   * bytes, and has at least as many. */
  ssize_t (*send)(struct transport *t, int fd, const void *data, size_t n, bool more);

  /* The same for `count` pieces as if they were one. Default: up to 16 KiB of them, by send. */
  ssize_t (*sendv)(struct transport *t, int fd, const struct iovec *pieces, int count, bool more);

  /* Writes up to `n` bytes of `file` from `*offset` on, which moves by what was written. 0 when
   * the file has no byte there. Default: up to 16 KiB, by pread and send. */
  ssize_t (*sendfile)(struct transport *t, int fd, int file, int64_t *offset, size_t n);

  /* Moves up to `n` bytes to or from a pipe inside the kernel. Default: UV_EINVAL, for bytes that
   * are not on the descriptor as they are in the stream. */
  ssize_t (*splice_to_pipe)(struct transport *t, int fd, int pipe, size_t n);
  ssize_t (*splice_from_pipe)(struct transport *t, int fd, int pipe, size_t n);

  /* One step of what comes between the connection and the stream. 0: done, and nothing but the
   * functions above and below is called from then on. UV_READABLE or UV_WRITABLE: the step to call
   * when the descriptor is that. A negative errno: it failed. Called first as soon as the
   * descriptor is connected. Default: there is none. */
  int (*handshake)(struct transport *t, int fd);

  /* What recv (`way` is UV_READABLE) or send and shutdown (UV_WRITABLE) wait for after they said
   * UV_EAGAIN: UV_READABLE or UV_WRITABLE. Asked often. Default: `way`. */
  int (*wants)(struct transport *t, int way);

  /* Whether recv may return bytes that the poller does not see. False after recv said UV_EAGAIN.
   * Asked often. Default: false. */
  bool (*pending)(struct transport *t);

  /* Says to the peer that no more will come; reading goes on. 0 or a negative errno. After
   * UV_EAGAIN it is called again. Default: shutdown(2). */
  int (*shutdown)(struct transport *t, int fd);

  /* The dispatcher closes: frees the transport. The descriptor is still open, or -1 if there was
   * none. Unless `cut`, which is an abort, a loss or an end within the handshake, it may say the
   * end to the peer, as far as that does not block. Default: nothing. */
  void (*release)(struct transport *t, int fd, bool cut);

  /* The descriptor is a socket: its end can be said without closing it (shutdown), and its peer can
   * be reset. False for a pipe, a file or a terminal. */
  bool is_socket;
};

/* What every transport begins with. */
struct transport {
  const struct transport_ops *ops;
};

/* Makes one transport for each connection of a server or a client. */
struct transport_maker {
  struct transport *(*make)(struct transport_maker *m); /* NULL without memory */
};

/* Bytes as they are: a socket, or (with plain read and write) a pipe, a file, a terminal. Both
 * are shared and hold no state. */
struct transport *transport_socket(void);
struct transport *transport_file(void);

#endif
