#include "core/stream/relay.h"

#include "core/os/socket.h"

#include <assert.h>
#include <unistd.h>

enum {
  PREFETCH = 16 * 1024,
  LARGE_READ = 64 * 1024,
  SMALL_READ = 16 * 1024,
  LARGE_TO_SPLICE = 4, /* large reads in a row prove that it is bulk */
  BULK_TURNS = 4,     /* full pipes an event: waking the other side up costs more than moving one */
  SMALL_TO_COPY = 16, /* small ones, that it no longer is: two calls a read cost more than a copy */
};

static struct relay_end *end_of(struct dispatcher *d)
{
  return container_of(d, struct relay_end, d);
}

bool flow_is_waiting(const struct flow *f)
{
  return f->waiting.length > 0 || (f->pipe && f->pipe->held > 0);
}

static void flow_empty(struct flow *f)
{
  buffer_release(&f->waiting);
  if (f->pipe)
    splice_pipe_put(f->source->relay->reactor, f->pipe);
  f->pipe = NULL;
}

/* The end of the relay.
 *
 * A flow goes from MOVING over ENDING to OVER, never back:
 *   its source ends or is lost (end_event)           -> ENDING
 *   nothing waits any more (flow_settle)             -> OVER: the end is passed on to the sink
 *   its sink is lost (end_lost)                      -> OVER: what waits is dropped
 * A lost end takes the flow into it along at once, while what it had sent is read on, so that the
 * loss reaches the other side behind it. When both flows are over, or a reset has reached the other
 * side, the relay is over (finish). */

static void close_ends(struct relay *relay, bool abort)
{
  abort = abort || flow_is_waiting(&relay->there) || flow_is_waiting(&relay->back);
  flow_empty(&relay->there);
  flow_empty(&relay->back);
  relay->done = true;
  for (size_t i = 0; i < RELAY_ENDS; i++) {
    struct dispatcher *d = &relay->ends[i].d;
    if (!relay->ends[i].relay || dispatcher_is_closing(d))
      continue;
    if (abort)
      dispatcher_abort(d);
    else
      dispatcher_close(d);
  }
}

static void note_loss(struct relay_end *end, int err)
{
  struct relay *relay = end->relay;
  end->reset = end->reset || !socket_is_unix(end->d.fd);
  if (!relay->error) {
    relay->error = err;
    relay->failed = end;
  }
}

/* A peer that has ended can still reset what is sent to it. It is no longer read, so that nothing
 * has told of that. */
static void look_for_loss(struct relay_end *end)
{
  if (!end->out || end->reset || end->d.fd < 0)
    return;
  int err = socket_error(end->d.fd);
  if (err)
    note_loss(end, err);
}

static void finish(struct relay *relay)
{
  bool reset = false;
  for (size_t i = 0; i < RELAY_ENDS; i++) {
    if (!relay->ends[i].relay)
      continue;
    look_for_loss(&relay->ends[i]);
    reset = reset || relay->ends[i].reset;
  }
  close_ends(relay, reset);
  relay->ops->over(relay);
}

static void half_over(struct relay *relay)
{
  if (relay->ops->half_over)
    relay->ops->half_over(relay);
}

/* Passes the end of a flow's source on, once nothing waits. */
static void flow_settle(struct flow *f)
{
  struct relay *relay = f->source->relay ? f->source->relay : f->sink->relay;
  if (relay->done || f->state != FLOW_ENDING || flow_is_waiting(f))
    return;
  f->state = FLOW_OVER;
  flow_empty(f);
  if (f->source->reset || (flow_is_over(&relay->there) && flow_is_over(&relay->back))) {
    finish(relay);
    return;
  }
  if (!f->keeps_end)
    dispatcher_shutdown(&f->sink->d);
  if (!relay->done) /* the end could be passed on */
    half_over(relay);
}

/* The peer of `end` is lost. What it had sent can still be there to read: the flow it feeds goes on
 * until reading says otherwise, and passes the loss on then. */
static void end_lost(struct relay_end *end, int err)
{
  struct relay *relay = end->relay;
  note_loss(end, err);
  if (end->out) {
    flow_empty(end->out);
    end->out->state = FLOW_OVER;
  }
  if (!end->in || flow_is_over(end->in))
    finish(relay);
}

/* The peer of `d` is lost if d->gone says so, and `read_out` if nothing more can be read. */
static void end_event(struct dispatcher *d, bool read_out)
{
  struct relay_end *end = end_of(d);
  struct relay *relay = end->relay;
  if (relay->done)
    return;
  bool out_goes_on = end->out && !flow_is_over(end->out);
  if (d->gone)
    end_lost(end, d->gone);
  if (!relay->done && read_out && end->in && end->in->state == FLOW_MOVING) {
    end->in->state = FLOW_ENDING;
    flow_settle(end->in);
  }
  if (!relay->done && d->gone && out_goes_on)
    half_over(relay);
}

static void handle_close(struct dispatcher *d)
{
  end_event(d, d->ended);
}

static void handle_error(struct dispatcher *d, int err)
{
  (void)err; /* d->gone has it */
  end_event(d, true);
}

/* An end that is not read, since the other end takes nothing, has gone. Its last bytes wait for the
 * other end, but the owner may limit that. */
static void handle_hangup(struct dispatcher *d)
{
  struct relay *relay = end_of(d)->relay;
  if (relay->ops->source_gone)
    relay->ops->source_gone(relay);
}

/* Moving bytes. */

static void flow_unsplice(struct flow *f)
{
  struct splice_pipe *pipe = f->pipe;
  struct reactor *r = f->source->relay->reactor;
  f->only_copy = true;
  while (pipe->held > 0) {
    uint8_t *room = buffer_reserve(&f->waiting, pipe->held);
    ssize_t n = room ? read(pipe->read_end, room, pipe->held) : UV_ENOMEM;
    if (n <= 0) {
      dispatcher_fail(&f->sink->d, n == UV_ENOMEM ? UV_ENOMEM : UV_EIO);
      return;
    }
    buffer_commit(&f->waiting, (size_t)n);
    pipe->held -= (size_t)n;
  }
  f->pipe = NULL;
  splice_pipe_put(r, pipe);
}

/* Sends what waits, once. */
static void flow_drain(struct flow *f)
{
  struct dispatcher *sink = &f->sink->d;
  ssize_t n = 0;
  if (f->pipe && f->pipe->held > 0) {
    n = splice_drain(f->pipe, sink);
    if (n == UV_EINVAL) { /* a file opened for appending, a terminal */
      flow_unsplice(f);
      n = 0;
    }
    n = dispatcher_sent(sink, n);
  } else if (f->waiting.length > 0) {
    n = dispatcher_send(sink, buffer_data(&f->waiting), f->waiting.length);
    if (n > 0)
      buffer_consume(&f->waiting, (size_t)n);
  }
  if (n < 0)
    dispatcher_fail(sink, (int)n);
  if (flow_is_over(f) || f->source->relay->done)
    return;
  dispatcher_changed(sink);
  dispatcher_changed(&f->source->d);
  flow_settle(f);
}

static void flow_pass_on(struct flow *f, const void *data, size_t n, bool last)
{
  struct relay *relay = f->source->relay;
  if (relay->ops->transform && f == &relay->back) {
    int err = relay->ops->transform(relay, data, n, &f->waiting);
    if (err)
      dispatcher_fail(&f->sink->d, err);
    else
      flow_drain(f);
    return;
  }
  struct dispatcher *sink = &f->sink->d;
  ssize_t sent = last ? dispatcher_send_more(sink, data, n) : dispatcher_send(sink, data, n);
  if (sent < 0)
    dispatcher_fail(sink, (int)sent);
  if (flow_is_over(f) || relay->done || sent == (ssize_t)n)
    return;
  if (buffer_append(&f->waiting, (const uint8_t *)data + sent, n - (size_t)sent))
    dispatcher_fail(sink, UV_ENOMEM);
  dispatcher_changed(sink);
}

void relay_end_flow(struct flow *f)
{
  if (f->state == FLOW_MOVING)
    f->state = FLOW_ENDING;
  flow_settle(f);
}

bool relay_prefetch(struct relay *relay)
{
  struct flow *f = &relay->there;
  struct dispatcher *d = &f->source->d;
  ssize_t n = dispatcher_recv_only(d, relay->reactor->buffer, PREFETCH);
  if (n == 0) /* asked again once the end can be passed on */
    return false;
  if (n > 0) {
    f->bytes += (uint64_t)n;
    n = buffer_append(&f->waiting, relay->reactor->buffer, (size_t)n);
    if (n == 0)
      return true;
  } else {
    n = dispatcher_received(d, n);
  }
  if (n < 0 && n != UV_EAGAIN)
    dispatcher_fail(d, (int)n);
  return false;
}

void relay_flush(struct relay *relay)
{
  if (!relay->done && flow_is_waiting(&relay->there))
    flow_drain(&relay->there);
}

static ssize_t read_raw(struct dispatcher *d, size_t at)
{
  return dispatcher_recv_only(d, d->reactor->buffer + at, REACTOR_BUFFER_SIZE - at);
}

/* Reads and passes on. Where the peer has hung up, what is behind the last bytes is asked for
 * before they are sent: if it is the end, the two leave in one packet. */
static void flow_copy(struct flow *f)
{
  struct dispatcher *source = &f->source->d;
  ssize_t n = read_raw(source, 0), behind = UV_EAGAIN;
  if (n > 0 && n < REACTOR_BUFFER_SIZE && source->hung_up) {
    behind = read_raw(source, (size_t)n);
    n += behind > 0 ? behind : 0;
  }
  if (n > 0) {
    bool last = behind == 0 && source->pending_error == 0;
    f->bytes += (uint64_t)n;
    f->large = n >= LARGE_READ ? f->large + 1 : 0;
    flow_pass_on(f, source->reactor->buffer, (size_t)n, last);
    if (behind > 0 || f->source->relay->done || dispatcher_is_closing(source))
      return;
    n = behind;
  }
  n = dispatcher_received(source, n);
  if (n < 0 && n != UV_EAGAIN)
    dispatcher_fail(source, (int)n);
}

/* Whether a full pipe went through at once, so that more is likely to be there. */
static bool flow_splice(struct flow *f)
{
  struct dispatcher *source = &f->source->d;
  size_t room = f->pipe->room;
  ssize_t n = splice_fill(f->pipe, source, UINT64_MAX);
  if (n == UV_EINVAL) {
    flow_unsplice(f);
    return false;
  }
  n = dispatcher_received(source, n);
  if (n < 0 && n != UV_EAGAIN)
    dispatcher_fail(source, (int)n);
  if (n <= 0)
    return false;
  f->bytes += (uint64_t)n;
  f->small = n < SMALL_READ ? f->small + 1 : 0;
  bool full = (size_t)n == room;
  flow_drain(f);
  return full && f->pipe && !flow_is_over(f) && !flow_is_waiting(f);
}

static bool may_splice(const struct flow *f)
{
  const struct relay *relay = f->source->relay;
  return !f->only_copy && !(relay->ops->transform && f == &relay->back) &&
         dispatcher_can_splice(&f->source->d) && dispatcher_can_splice(&f->sink->d);
}

static void flow_choose(struct flow *f)
{
  struct reactor *r = f->source->relay->reactor;
  if (!f->pipe && f->large >= LARGE_TO_SPLICE && may_splice(f)) {
    f->pipe = splice_pipe_get(r);
    f->small = f->large = 0;
  } else if (f->pipe && f->small >= SMALL_TO_COPY) {
    splice_pipe_put(r, f->pipe);
    f->pipe = NULL;
  }
}

static void handle_read(struct dispatcher *d)
{
  struct flow *f = end_of(d)->in;
  if (!f || flow_is_waiting(f) || f->state != FLOW_MOVING)
    return;
  flow_choose(f);
  if (!f->pipe) {
    flow_copy(f);
    return;
  }
  int turns = BULK_TURNS;
  while (turns-- > 0 && flow_splice(f))
    ;
}

static void handle_write(struct dispatcher *d)
{
  struct flow *f = end_of(d)->out;
  if (f && !flow_is_over(f))
    flow_drain(f);
}

static bool readable(struct dispatcher *d)
{
  const struct flow *f = end_of(d)->in;
  return f && f->state == FLOW_MOVING && !flow_is_waiting(f) && f->sink->relay &&
         f->sink->d.fd >= 0;
}

static bool writable(struct dispatcher *d)
{
  const struct flow *f = end_of(d)->out;
  return f && !flow_is_over(f) && flow_is_waiting(f);
}

static void destroy(struct dispatcher *d)
{
  struct relay *relay = end_of(d)->relay;
  assert(relay->opened > 0);
  if (--relay->opened > 0)
    return;
  relay_close(relay);
  relay->ops->destroy(relay);
}

/* Making one. */

static void join(struct flow *f, struct relay_end *source, struct relay_end *sink)
{
  f->source = source;
  f->sink = sink;
  source->in = f;
  sink->out = f;
}

void relay_init(struct relay *relay, struct reactor *r, const struct relay_ops *ops)
{
  *relay = (struct relay){.ops = ops, .reactor = r};
  join(&relay->there, &relay->ends[0], &relay->ends[1]);
  join(&relay->back, &relay->ends[1], &relay->ends[0]);
}

void relay_init_three(struct relay *relay, struct reactor *r, const struct relay_ops *ops)
{
  *relay = (struct relay){.ops = ops, .reactor = r};
  join(&relay->there, &relay->ends[0], &relay->ends[1]);
  join(&relay->back, &relay->ends[1], &relay->ends[2]);
}

struct dispatcher *relay_end(struct relay *relay, size_t index)
{
  static const struct dispatcher_ops ops = {
      .readable = readable,
      .writable = writable,
      .handle_read = handle_read,
      .handle_write = handle_write,
      .handle_close = handle_close,
      .handle_hangup = handle_hangup,
      .handle_error = handle_error,
      .destroy = destroy,
  };
  struct relay_end *end = &relay->ends[index];
  assert(!end->relay);
  end->relay = relay;
  relay->opened++;
  dispatcher_init(&end->d, relay->reactor, &ops);
  /* Its opening is what the other ends wait for. */
  for (size_t i = 0; i < RELAY_ENDS; i++)
    if (relay->ends[i].relay)
      dispatcher_changed(&relay->ends[i].d);
  return &end->d;
}

void relay_close(struct relay *relay)
{
  if (!relay->done)
    close_ends(relay, false);
}

void relay_abort(struct relay *relay)
{
  if (!relay->done)
    close_ends(relay, true);
}

uint64_t relay_active_ms(const struct relay *relay)
{
  uint64_t latest = 0;
  for (size_t i = 0; i < RELAY_ENDS; i++)
    if (relay->ends[i].relay && relay->ends[i].d.active_ms > latest)
      latest = relay->ends[i].d.active_ms;
  return latest;
}
