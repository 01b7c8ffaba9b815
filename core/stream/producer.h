/* What waits to be sent: asynchat's producers. A producer gives its bytes piece by piece. */
#ifndef ANET_CORE_STREAM_PRODUCER_H
#define ANET_CORE_STREAM_PRODUCER_H

#include "core/base/buffer.h"
#include "core/base/list.h"
#include "core/event/dispatcher.h"
#include "core/stream/shared.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct producer;

struct producer_ops {
  /* Points `data` at the bytes that come next and returns how many; they stay valid until
   * `consume` or the next call. 0 is the end. A negative errno fails the channel. */
  ssize_t (*peek)(struct producer *p, const void **data);

  /* `n` of the bytes that peek gave are out. Whether it knows that no more will follow. */
  bool (*consume)(struct producer *p, size_t n);

  /* Instead of those two: sends up to `n` bytes by itself through dispatcher_sent, and sets
   * `*done` after the last. Returns what dispatcher_send would. One whose next bytes are not at
   * hand sets `waiting` and returns 0; when they are it clears it and says dispatcher_changed. */
  ssize_t (*send)(struct producer *p, struct dispatcher *d, size_t n, bool *done);

  void (*release)(struct producer *p); /* frees it */
};

struct producer {
  const struct producer_ops *ops;
  struct list link;
  size_t queued; /* bytes it holds in memory, for the limits of the queue */
  bool waiting;  /* its channel has nothing to send for now ... */
  bool for_disk; /* ... and the wait is for this machine's disk, not for the peer */
};

/* Each returns NULL without memory; the queue releases it. */

/* A copy of `n` bytes. */
struct producer *producer_bytes(const void *data, size_t n);

/* All of `b`, which is empty then, also when NULL is returned. */
struct producer *producer_buffer(struct buffer *b);

/* More bytes at the end of one that producer_bytes made; true when they went in. */
bool producer_bytes_extend(struct producer *p, const void *data, size_t n);

/* One more receiver of `length` bytes of `b` from `offset` on; `b` gains a reference. */
struct producer *producer_shared(struct shared_bytes *b, size_t offset, size_t length);

/* `length` bytes of `file`, which gains a reference, from `offset` on, by sendfile(2). A file that
 * has become shorter, or was written to while it was being sent, fails the channel with UV_EIO
 * before its last bytes: what was promised cannot be kept, and a cut is seen where a patchwork is
 * not. What is not in the page cache is read by another thread first. */
struct producer *producer_file(struct shared_file *file, int64_t offset, uint64_t length);

/* asynchat's more(): `more` puts up to `room` of the next bytes into `data` and returns how many,
 * 0 at the end, or a negative errno. `done`, which may be NULL, is called when the queue releases
 * it, for any reason. */
struct producer *producer_callback(ssize_t (*more)(void *arg, void *data, size_t room),
                                   void (*done)(void *arg), void *arg);

/* For who writes another kind. */
static inline void producer_init(struct producer *p, const struct producer_ops *ops, size_t queued)
{
  p->ops = ops;
  p->queued = queued;
  p->waiting = p->for_disk = false;
  list_init(&p->link);
}

static inline void producer_release(struct producer *p)
{
  list_remove(&p->link);
  p->ops->release(p);
}

#endif
