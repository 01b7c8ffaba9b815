/* asynchat.async_chat: a dispatcher with a terminator on the way in and a queue of producers on
 * the way out. It is asyncore's dispatcher_with_send too: push sends at once what fits. */
#ifndef ANET_CORE_STREAM_ASYNC_CHAT_H
#define ANET_CORE_STREAM_ASYNC_CHAT_H

#include "core/base/buffer.h"
#include "core/event/dispatcher.h"
#include "core/event/timer.h"
#include "core/stream/producer.h"
#include "core/stream/terminator.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct async_chat;

/* NULL means the default. Any of them may close the channel: nothing is delivered after that. */
struct async_chat_ops {
  /* Some of a message, in order; valid during the call. Default: dropped. */
  void (*collect_incoming_data)(struct async_chat *c, const void *data, size_t n);

  /* The message is complete. Default: nothing. */
  void (*found_terminator)(struct async_chat *c);

  /* Whether to read on. Default: while the queue has room (async_chat_has_room). */
  bool (*readable)(struct async_chat *c);

  /* There may be something, and none of it is held for a terminator: takes it off &c->d by another
   * call than recv, through dispatcher_received, and adds to c->received. False leaves it to be
   * read and collected. Default: false. */
  bool (*handle_read)(struct async_chat *c);

  void (*handle_connect)(struct async_chat *c); /* default: nothing */

  /* As dispatcher_ops has them: default close; default log, then handle_close. After a clean end
   * the channel may stay, to send the rest; after a loss it is closed whatever the handler does. */
  void (*handle_close)(struct async_chat *c);
  void (*handle_error)(struct async_chat *c, int err);

  /* Some of the queue was sent, and it has room. Default: nothing. */
  void (*handle_drain)(struct async_chat *c);

  void (*destroy)(struct async_chat *c); /* frees the object; default: nothing */
};

enum {
  ASYNC_CHAT_READ_SIZE = 64 * 1024,  /* at most this much of it is read an event */
  ASYNC_CHAT_SEND_SIZE = 64 * 1024,  /* and sent, */
  ASYNC_CHAT_FILE_SIZE = 512 * 1024, /* or of a file, which costs the loop less a byte */
  ASYNC_CHAT_HIGH_MARK = 1024 * 1024,
  ASYNC_CHAT_HARD_LIMIT = 16 * 1024 * 1024,
};

struct async_chat {
  struct dispatcher d;
  const struct async_chat_ops *ops;

  struct terminator terminator;
  struct buffer held;   /* the start of what may be the terminator */
  const uint8_t *input; /* during a delivery: the bytes not delivered yet */
  size_t input_length;

  struct list queue;
  size_t queued;     /* bytes the queue holds in memory, ... */
  size_t producers;  /* ... and how many producers it has */
  size_t high_mark;  /* has_room below it */
  size_t hard_limit; /* push fails above it */
  bool finishing;    /* close_when_done was called */
  bool lingering;    /* everything is sent; input is dropped until the peer ends */
  uint64_t linger_ms;
  struct timer linger;

  uint64_t received, sent; /* bytes */
  uint64_t allowance;      /* how many more may be sent; see async_chat_allow */
};

/* A channel with no terminator, no descriptor, and the limits above. Open it with the
 * dispatcher_* calls on &c->d. */
void async_chat_init(struct async_chat *c, struct reactor *r, const struct async_chat_ops *ops);

/* The rules of asynchat: inside found_terminator after a length, the length left is 0, so that
 * nothing more is found until a terminator is set again. Errors as in terminator.h. */
int async_chat_set_terminator(struct async_chat *c, const void *bytes, size_t n);
int async_chat_set_terminator_length(struct async_chat *c, int64_t n);
void async_chat_set_no_terminator(struct async_chat *c);

/* Queues a copy of `n` bytes and sends, at once and in one call, up to ASYNC_CHAT_SEND_SIZE of
 * what is queued; so the channel may be closed when this returns. 0; UV_ESHUTDOWN after
 * close_when_done or close, UV_EPIPE when the peer turned out to be lost, UV_ENOBUFS above the
 * hard limit, UV_ENOMEM: then nothing of it will be sent (after UV_EPIPE the stream is broken
 * anyway). Pushing nothing costs nothing. handle_drain may run before this returns. */
int async_chat_push(struct async_chat *c, const void *data, size_t n);

/* The same with a producer, which it owns from here on, also when it fails; NULL is UV_ENOMEM. */
int async_chat_push_with_producer(struct async_chat *c, struct producer *p);

/* The same, but sends nothing and closes nothing now. What is pushed so in one pass of the loop is
 * sent together at its end, unless another push follows, which sends. */
int async_chat_push_later(struct async_chat *c, struct producer *p);

/* The same as async_chat_push_with_producer for `n` bytes (a head, copied where it must wait) and
 * what follows them: the head is held back to leave in one packet with the first of it. NULL for
 * `p` is UV_ENOMEM. */
int async_chat_push_before_producer(struct async_chat *c, const void *data, size_t n,
                                    struct producer *p);

/* And for what follows them being `length` bytes of `b` from `offset` on, which gains a reference
 * only if some of it must wait. */
int async_chat_push_before_shared(struct async_chat *c, const void *data, size_t n,
                                  struct shared_bytes *b, size_t offset, size_t length);

/* Sends at most `n` bytes until it is called again. UINT64_MAX, the default, disables the limit. */
void async_chat_allow(struct async_chat *c, uint64_t n);

/* Closes once what was queued is sent. */
void async_chat_close_when_done(struct async_chat *c);

/* The same, but a peer that has sent something we did not read must not have our last bytes
 * eaten by a reset (RFC 1122 4.2.2.13): says the end, then reads and drops what comes until the
 * peer ends too or `linger_ms` have passed, and closes then. */
void async_chat_close_lingering(struct async_chat *c, uint64_t linger_ms);

/* Empties the queue, and drops bytes that were read but not delivered. */
void async_chat_discard_buffers(struct async_chat *c);

/* The queue holds less than its high mark. */
bool async_chat_has_room(const struct async_chat *c);

/* The queue is empty: everything that was pushed is sent. */
static inline bool async_chat_is_drained(const struct async_chat *c)
{
  return list_empty(&c->queue);
}

/* The next bytes of the queue wait for this machine's disk, not for the peer. */
static inline bool async_chat_waits_for_disk(const struct async_chat *c)
{
  return !list_empty(&c->queue) && container_of(c->queue.next, struct producer, link)->for_disk;
}

/* How many bytes the queue may hold before it has no room, and before a push fails. */
static inline void async_chat_set_limits(struct async_chat *c, size_t high_mark, size_t hard_limit)
{
  c->high_mark = high_mark;
  c->hard_limit = hard_limit;
}

/* Closes at once. What is queued is dropped, and the peer of a TCP connection then sees a reset:
 * what is cut must not look complete. */
void async_chat_close(struct async_chat *c);

#endif
