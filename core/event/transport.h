/* The seam under a dispatcher: how bytes get in and out of its descriptor. */
#ifndef ANET_CORE_EVENT_TRANSPORT_H
#define ANET_CORE_EVENT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct transport;

/* Every call takes the dispatcher's non-blocking descriptor and returns a count, or a negative
 * errno: UV_EAGAIN when it would block. */
struct transport_ops {
  /* Reads up to `n` bytes; 0 is the end of the stream. */
  ssize_t (*recv)(struct transport *t, int fd, void *data, size_t n);

  /* Writes up to `n` bytes. `more` says that a send or a shutdown follows at once: they may be
   * held back to leave in one packet with it. */
  ssize_t (*send)(struct transport *t, int fd, const void *data, size_t n, bool more);

  /* The same for `count` pieces as if they were one. */
  ssize_t (*sendv)(struct transport *t, int fd, const struct iovec *pieces, int count, bool more);

  /* Writes up to `n` bytes of `file` from `*offset` on, which moves by what was written. 0 when
   * the file has no byte there. */
  ssize_t (*sendfile)(struct transport *t, int fd, int file, int64_t *offset, size_t n);

  /* Says to the peer that no more will come; reading goes on. 0 or a negative errno. */
  int (*shutdown)(struct transport *t, int fd);

  /* Frees the transport. The descriptor is not its own. */
  void (*release)(struct transport *t);

  /* The bytes on the descriptor are the bytes of the stream: splice(2) may move them. */
  bool plain;

  /* The descriptor is a socket: its end can be said without closing it (shutdown), and its peer can
   * be reset. A pipe, a file or a terminal is none. */
  bool is_socket;
};

/* What every transport begins with. */
struct transport {
  const struct transport_ops *ops;
};

/* Bytes as they are: a socket, or (with plain read and write) a pipe, a file, a terminal. Both
 * are shared and hold no state; release does nothing. */
struct transport *transport_socket(void);
struct transport *transport_file(void);

#endif
