/* The output of a stream: a file, which always takes bytes, or a pipe, a terminal or a socket,
 * which may block. Holds at most the bytes that were written since it last had room. */
#ifndef ANET_CORE_STREAM_SINK_H
#define ANET_CORE_STREAM_SINK_H

#include "core/base/buffer.h"
#include "core/event/dispatcher.h"
#include "core/stream/splice.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sink;

struct sink_ops {
  /* It takes more, after sink_has_room had said no. May close it. */
  void (*room)(struct sink *s);

  /* It cannot be written: a negative errno, UV_EPIPE when nobody reads it. Told once; what is given
   * to it afterwards is dropped. May run within sink_write and sink_splice, and close it. */
  void (*failed)(struct sink *s, int err);
};

struct sink {
  const struct sink_ops *ops;
  struct reactor *reactor;
  struct dispatcher d;      /* opened unless it is a file */
  struct buffer waiting;    /* bytes not yet written */
  struct buffer character;  /* the start of one that is not whole yet; with `escapes` */
  struct splice_pipe *pipe; /* to splice into a file */
  int fd;                   /* of a file; borrowed */
  bool is_file;             /* a regular file, or a device that never blocks */
  bool is_pipe;
  bool escapes;   /* a terminal: control characters are shown, not sent (escape.h) */
  bool widened;   /* the pipe, for splicing */
  bool full;      /* the pipe had no room for a splice */
  bool only_copy; /* splice(2) does not work here */
  bool over;      /* failed or closed */
  uint64_t written;
};

/* Opens it on `fd`, which stays the caller's and must stay open until sink_close. 0 or a negative
 * errno; then nothing is open. `s` must live to the end of the pass in which it is closed. */
int sink_open(struct sink *s, struct reactor *r, int fd, const struct sink_ops *ops);

/* Writes `n` bytes, and keeps a copy of those that would block. */
void sink_write(struct sink *s, const void *data, size_t n);

/* No more will come: writes the start of a character that a terminal was not shown yet. */
void sink_end(struct sink *s);

/* Nothing waits: more may be given. */
static inline bool sink_has_room(const struct sink *s)
{
  return s->waiting.length == 0 && !s->full;
}

/* Moves up to `most` bytes of `from` inside the kernel. A count; 0 at the end of the
 * stream; UV_EAGAIN when there is nothing now, no room (sink_has_room tells), or the sink failed;
 * UV_EINVAL where it cannot be done: sink_write then; or the error of `from`. */
ssize_t sink_splice(struct sink *s, struct dispatcher *from, uint64_t most);

/* Closes it and drops what waits. May be called again, and on a sink that is all zero. */
void sink_close(struct sink *s);

#endif
