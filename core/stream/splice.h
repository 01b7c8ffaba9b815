/* Moving bytes from one descriptor to another inside the kernel: splice(2) through a pipe, with a
 * pool of pipes to save making them (25 us each). Linux; elsewhere no pipe is to be had and the
 * relay copies. */
#ifndef ANET_CORE_STREAM_SPLICE_H
#define ANET_CORE_STREAM_SPLICE_H

#include "core/event/dispatcher.h"

#include <stddef.h>
#include <sys/types.h>

/* A pipe between two splices. */
struct splice_pipe {
  int read_end, write_end;
  size_t room; /* bytes it may hold */
  size_t held; /* bytes in it now */
};

/* An empty pipe from the reactor's pool, or a new one. NULL when there is none to be had: out of
 * descriptors, of memory, or as many in use as the descriptor limit allows. */
struct splice_pipe *splice_pipe_get(struct reactor *r);

/* Gives a pipe back. One that still holds bytes is closed, and they are dropped. */
void splice_pipe_put(struct reactor *r, struct splice_pipe *pipe);

/* Moves what `from` has, up to `most` bytes and as far as there is room, into the pipe, which must
 * be empty. As dispatcher_splice_to. */
ssize_t splice_fill(struct splice_pipe *pipe, struct dispatcher *from, uint64_t most);

/* Moves what the pipe holds to `to`. As dispatcher_splice_from. */
ssize_t splice_drain(struct splice_pipe *pipe, struct dispatcher *to);

/* The same to a regular file or a device. */
ssize_t splice_drain_to_file(struct splice_pipe *pipe, int fd);

/* Moves up to `most` bytes of `from` to `out`, which is a pipe, without another one between them.
 * As dispatcher_splice_to; only poll(2) tells the two meanings of UV_EAGAIN apart. UV_EPIPE when
 * nobody reads `out`. */
ssize_t splice_direct(struct dispatcher *from, int out, uint64_t most);

/* Makes somebody else's pipe as large as our own, if it may be: fewer turns for both ends. */
void splice_widen(int pipe);

/* How many descriptors the pipes may take of a limit of `descriptors`: what a server must leave. */
size_t splice_reserve(size_t descriptors);

#endif
