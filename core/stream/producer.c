#include "core/stream/producer.h"

#include <stdlib.h>
#include <string.h>

enum {
  LARGEST_EXTENDED = 64 * 1024, /* beyond it, a new producer costs less than a copy */
  CALLBACK_PIECE = 16 * 1024,
};

/* bytes */

struct bytes_producer {
  struct producer base;
  struct buffer bytes;
};

static ssize_t bytes_peek(struct producer *p, const void **data)
{
  struct bytes_producer *self = container_of(p, struct bytes_producer, base);
  *data = buffer_data(&self->bytes);
  return (ssize_t)self->bytes.length;
}

static bool bytes_consume(struct producer *p, size_t n)
{
  buffer_consume(&container_of(p, struct bytes_producer, base)->bytes, n);
  p->queued -= n;
  return p->queued == 0;
}

static void bytes_release(struct producer *p)
{
  struct bytes_producer *self = container_of(p, struct bytes_producer, base);
  buffer_release(&self->bytes);
  free(self);
}

static const struct producer_ops bytes_ops = {
    .peek = bytes_peek, .consume = bytes_consume, .release = bytes_release};

struct producer *producer_bytes(const void *data, size_t n)
{
  struct bytes_producer *self = calloc(1, sizeof *self);
  if (!self)
    return NULL;
  if (buffer_append(&self->bytes, data, n)) {
    free(self);
    return NULL;
  }
  producer_init(&self->base, &bytes_ops, n);
  return &self->base;
}

struct producer *producer_buffer(struct buffer *b)
{
  struct bytes_producer *self = calloc(1, sizeof *self);
  if (!self) {
    buffer_release(b);
    return NULL;
  }
  self->bytes = *b;
  *b = (struct buffer){0};
  producer_init(&self->base, &bytes_ops, self->bytes.length);
  return &self->base;
}

bool producer_bytes_extend(struct producer *p, const void *data, size_t n)
{
  if (p->ops != &bytes_ops || n > LARGEST_EXTENDED || p->queued > LARGEST_EXTENDED - n)
    return false;
  if (buffer_append(&container_of(p, struct bytes_producer, base)->bytes, data, n))
    return false;
  p->queued += n;
  return true;
}

/* shared bytes */

struct shared_producer {
  struct producer base;
  struct shared_bytes *bytes;
  size_t at;
};

static ssize_t shared_peek(struct producer *p, const void **data)
{
  struct shared_producer *self = container_of(p, struct shared_producer, base);
  *data = self->bytes->data + self->at;
  return (ssize_t)p->queued;
}

static bool shared_consume(struct producer *p, size_t n)
{
  container_of(p, struct shared_producer, base)->at += n;
  p->queued -= n;
  return p->queued == 0;
}

static void shared_release(struct producer *p)
{
  struct shared_producer *self = container_of(p, struct shared_producer, base);
  shared_bytes_drop(self->bytes);
  free(self);
}

struct producer *producer_shared(struct shared_bytes *b, size_t offset, size_t length)
{
  static const struct producer_ops ops = {
      .peek = shared_peek, .consume = shared_consume, .release = shared_release};
  struct shared_producer *self = calloc(1, sizeof *self);
  if (!self)
    return NULL;
  self->bytes = shared_bytes_hold(b);
  self->at = offset;
  producer_init(&self->base, &ops, length);
  return &self->base;
}

/* callback */

struct callback_producer {
  struct producer base;
  ssize_t (*more)(void *arg, void *data, size_t room);
  void (*done)(void *arg);
  void *arg;
  struct buffer piece;
};

static ssize_t callback_peek(struct producer *p, const void **data)
{
  struct callback_producer *self = container_of(p, struct callback_producer, base);
  if (self->piece.length == 0) {
    uint8_t *room = buffer_reserve(&self->piece, CALLBACK_PIECE);
    if (!room)
      return UV_ENOMEM;
    ssize_t n = self->more(self->arg, room, CALLBACK_PIECE);
    if (n <= 0)
      return n;
    buffer_commit(&self->piece, (size_t)n);
  }
  *data = buffer_data(&self->piece);
  return (ssize_t)self->piece.length;
}

static bool callback_consume(struct producer *p, size_t n)
{
  buffer_consume(&container_of(p, struct callback_producer, base)->piece, n);
  return false;
}

static void callback_release(struct producer *p)
{
  struct callback_producer *self = container_of(p, struct callback_producer, base);
  if (self->done)
    self->done(self->arg);
  buffer_release(&self->piece);
  free(self);
}

struct producer *producer_callback(ssize_t (*more)(void *arg, void *data, size_t room),
                                   void (*done)(void *arg), void *arg)
{
  static const struct producer_ops ops = {
      .peek = callback_peek, .consume = callback_consume, .release = callback_release};
  struct callback_producer *self = calloc(1, sizeof *self);
  if (!self)
    return NULL;
  self->more = more;
  self->done = done;
  self->arg = arg;
  producer_init(&self->base, &ops, 0);
  return &self->base;
}
