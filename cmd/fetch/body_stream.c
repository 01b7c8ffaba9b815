#include "cmd/fetch/body_stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_READY = 64 * 1024 }; /* with so much to send it reads no more */

struct stream_producer {
  struct producer base;
  struct body_stream *stream;
  struct dispatcher source;
  struct dispatcher *target; /* where it is sent; NULL before it begins */
  struct buffer ready;       /* read, and to be sent as it is */
};

struct body_stream {
  int fd;
  const char *name;
  uint64_t length, came;
  bool ended, stopped;
  struct error error;
  struct stream_producer *current; /* the one that sends it; NULL without one */
};

struct body_stream *body_stream_new(int fd, const char *name, uint64_t length)
{
  struct body_stream *s = malloc(sizeof *s);
  if (s)
    *s = (struct body_stream){.fd = fd, .name = name, .length = length};
  else
    close(fd);
  return s;
}

void body_stream_free(struct body_stream *s)
{
  if (s)
    close(s->fd);
  free(s);
}

/* What was read. */

static struct stream_producer *of_source(struct dispatcher *d)
{
  return container_of(d, struct stream_producer, source);
}

/* There is something to send, or to tell. */
static void wake(struct stream_producer *self)
{
  if (self->stream->stopped)
    return;
  self->base.waiting = false;
  dispatcher_changed(self->target);
}

static void take(struct stream_producer *self, const void *data, size_t n)
{
  struct body_stream *s = self->stream;
  int err = 0;
  s->came += n;
  if (s->length == BODY_STREAM_ANY_LENGTH) {
    err = buffer_printf(&self->ready, "%zx\r\n", n);
    if (!err)
      err = buffer_append(&self->ready, data, n);
    if (!err)
      err = buffer_append(&self->ready, "\r\n", 2);
  } else if (s->came <= s->length) {
    err = buffer_append(&self->ready, data, n);
  } else {
    error_say(&s->error, UV_EINVAL, "%s: more than the %" PRIu64 " bytes of --length", s->name,
              s->length);
  }
  if (err)
    error_set(&s->error, err, "read %s", s->name);
  wake(self);
}

static void end(struct stream_producer *self, int err)
{
  struct body_stream *s = self->stream;
  s->ended = true;
  if (err)
    error_set(&s->error, err, "read %s", s->name);
  else if (s->length != BODY_STREAM_ANY_LENGTH && s->came < s->length && !s->error.code)
    error_say(&s->error, UV_EINVAL,
              "%s: ends after %" PRIu64 " of the %" PRIu64 " bytes of --length", s->name, s->came,
              s->length);
  wake(self);
}

/* The source. */

static bool source_readable(struct dispatcher *d)
{
  const struct stream_producer *self = of_source(d);
  const struct body_stream *s = self->stream;
  return s && !s->ended && !s->stopped && !s->error.code && self->ready.length < MOST_READY;
}

static bool source_writable(struct dispatcher *d)
{
  (void)d;
  return false;
}

static void source_read(struct dispatcher *d)
{
  if (!source_readable(d))
    return;
  uint8_t *buffer = d->reactor->buffer;
  size_t most = MOST_READY, room = REACTOR_BUFFER_SIZE;
  ssize_t n = dispatcher_recv(d, buffer, most < room ? most : room);
  if (n > 0)
    take(of_source(d), buffer, (size_t)n);
  else if (n < 0 && n != UV_EAGAIN)
    dispatcher_fail(d, (int)n);
}

static void source_closed(struct dispatcher *d)
{
  if (of_source(d)->stream)
    end(of_source(d), d->gone);
}

static void source_failed(struct dispatcher *d, int err)
{
  if (of_source(d)->stream)
    end(of_source(d), err);
}

static void source_destroy(struct dispatcher *d)
{
  free(of_source(d));
}

/* The producer. */

static int open_source(struct stream_producer *self, struct dispatcher *target)
{
  static const struct dispatcher_ops ops = {
      .readable = source_readable,
      .writable = source_writable,
      .handle_read = source_read,
      .handle_close = source_closed,
      .handle_error = source_failed,
      .destroy = source_destroy,
  };
  struct body_stream *s = self->stream;
  self->target = target;
  dispatcher_init(&self->source, target->reactor, &ops);
  int err = dispatcher_open_file(&self->source, s->fd);
  return err ? error_set(&s->error, err, "read %s", s->name) : 0;
}

static size_t sendable(const struct stream_producer *self)
{
  const struct body_stream *s = self->stream;
  bool holds_back = s->came == s->length && !s->ended && self->ready.length > 0;
  return self->ready.length - holds_back;
}

static ssize_t stream_send(struct producer *p, struct dispatcher *d, size_t n, bool *done)
{
  struct stream_producer *self = container_of(p, struct stream_producer, base);
  struct body_stream *s = self->stream;
  if (!self->target)
    open_source(self, d);
  if (s->error.code)
    return s->error.code;
  size_t most = sendable(self);
  if (most == 0 || s->stopped) {
    *done = s->ended && !s->stopped;
    p->waiting = !*done;
    return 0;
  }
  ssize_t sent = dispatcher_send(d, buffer_data(&self->ready), n < most ? n : most);
  if (sent <= 0 || dispatcher_is_closing(d))
    return sent;
  buffer_consume(&self->ready, (size_t)sent);
  dispatcher_changed(&self->source);
  *done = s->ended && self->ready.length == 0;
  return sent;
}

static void stream_release(struct producer *p)
{
  struct stream_producer *self = container_of(p, struct stream_producer, base);
  self->stream->current = NULL;
  self->stream = NULL;
  buffer_release(&self->ready);
  if (self->target)
    dispatcher_close(&self->source);
  else
    free(self);
}

struct producer *body_stream_producer(struct body_stream *s)
{
  static const struct producer_ops ops = {.send = stream_send, .release = stream_release};
  struct stream_producer *self = calloc(1, sizeof *self);
  if (!self)
    return NULL;
  self->stream = s;
  s->current = self;
  s->stopped = false;
  producer_init(&self->base, &ops, 0);
  return &self->base;
}

/* What the transfer asks. */

void body_stream_stop(struct body_stream *s)
{
  s->stopped = true;
  if (s->current && s->current->target)
    dispatcher_changed(&s->current->source);
}

bool body_stream_is_waiting(const struct body_stream *s)
{
  return s->current && s->current->base.waiting && !s->ended && !s->stopped;
}

uint64_t body_stream_came(const struct body_stream *s)
{
  return s->came;
}

const struct error *body_stream_error(const struct body_stream *s)
{
  return s->error.code ? &s->error : NULL;
}
