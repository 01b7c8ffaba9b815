#include "core/stream/async_chat.h"

#include <assert.h>
#include <string.h>

enum { MOST_TOGETHER = 64 }; /* producers that one call sends from */

static struct async_chat *chat(struct dispatcher *d)
{
  return container_of(d, struct async_chat, d);
}

/* The way in. */

static void collect(struct async_chat *c, size_t n)
{
  const uint8_t *data = c->input;
  c->input += n;
  c->input_length -= n;
  if (n > 0 && c->ops->collect_incoming_data)
    c->ops->collect_incoming_data(c, data, n);
}

static void found(struct async_chat *c)
{
  if (!dispatcher_is_closing(&c->d) && c->ops->found_terminator)
    c->ops->found_terminator(c);
}

static void deliver_length(struct async_chat *c)
{
  if (c->input_length < c->terminator.left) {
    c->terminator.left -= c->input_length;
    collect(c, c->input_length);
    return;
  }
  size_t n = (size_t)c->terminator.left;
  c->terminator.left = 0;
  collect(c, n);
  found(c);
}

/* Whether there may be more to deliver: not when the rest could be the start of a terminator. */
static bool deliver_bytes(struct async_chat *c)
{
  const struct terminator *t = &c->terminator;
  const uint8_t *at = memmem(c->input, c->input_length, t->bytes, t->length);
  if (at) {
    size_t length = t->length;
    size_t before = (size_t)(at - c->input);
    collect(c, before);
    /* A handler that emptied the buffers has taken the terminator with them. */
    if (c->input_length >= length) {
      c->input += length;
      c->input_length -= length;
      found(c);
    }
    return true;
  }

  size_t partial = terminator_prefix_at_end(t, c->input, c->input_length);
  if (partial > 0 && buffer_append(&c->held, c->input + c->input_length - partial, partial)) {
    dispatcher_fail(&c->d, UV_ENOMEM);
    return false;
  }
  size_t whole = c->input_length - partial;
  c->input_length = whole;
  collect(c, whole);
  return false;
}

static void deliver(struct async_chat *c, const uint8_t *data, size_t n)
{
  c->input = data;
  c->input_length = n;
  while (c->input_length > 0 && !dispatcher_is_closing(&c->d)) {
    const struct terminator *t = &c->terminator;
    if (t->kind == TERMINATOR_BYTES) {
      if (!deliver_bytes(c))
        break;
    } else if (t->kind == TERMINATOR_LENGTH && t->left > 0) {
      deliver_length(c);
    } else {
      collect(c, c->input_length);
    }
  }
  c->input_length = 0;
}

static bool readable(struct dispatcher *d)
{
  struct async_chat *c = chat(d);
  if (c->lingering)
    return true;
  if (c->finishing)
    return false;
  return c->ops->readable ? c->ops->readable(c) : async_chat_has_room(c);
}

/* What was held back is copied in front of what comes, so that the two are searched as one. */
static void handle_read(struct dispatcher *d)
{
  struct async_chat *c = chat(d);
  if (!readable(d)) /* another channel of this pass has filled what this one writes to */
    return;
  if (c->ops->handle_read && c->held.length == 0 && !c->lingering && c->ops->handle_read(c))
    return;
  uint8_t *buffer = d->reactor->buffer;
  size_t held = c->held.length;
  assert(held < TERMINATOR_LONGEST);
  if (held > 0)
    memcpy(buffer, buffer_data(&c->held), held);

  ssize_t n = dispatcher_recv(d, buffer + held, ASYNC_CHAT_READ_SIZE);
  if (n == 0 || n == UV_EAGAIN)
    return;
  if (n < 0) {
    dispatcher_fail(d, (int)n);
    return;
  }
  c->received += (uint64_t)n;
  if (c->lingering)
    return;
  buffer_release(&c->held);
  deliver(c, buffer, held + (size_t)n);
}

/* The way out. */

static void start_lingering(struct async_chat *c)
{
  struct dispatcher *d = &c->d;
  if (c->linger_ms == 0 || d->ended || timer_start(&c->linger, d->reactor, c->linger_ms)) {
    dispatcher_close(d);
    return;
  }
  c->lingering = true;
  dispatcher_shutdown(d);
  dispatcher_changed(d);
}

static void linger_over(struct timer *t)
{
  dispatcher_close(&container_of(t, struct async_chat, linger)->d);
}

static void pop(struct async_chat *c, struct producer *p)
{
  c->queued -= p->queued;
  c->producers--;
  producer_release(p);
}

/* How much of `n` bytes one send may take. */
static size_t at_once(const struct async_chat *c, size_t n, size_t most)
{
  if (n > most)
    n = most;
  return n < c->allowance ? n : (size_t)c->allowance;
}

/* `n` bytes are out. */
static void count_sent(struct async_chat *c, ssize_t n)
{
  c->sent += (uint64_t)n;
  if (c->allowance != UINT64_MAX) /* a producer may have had to send a little more */
    c->allowance -= (uint64_t)n < c->allowance ? (uint64_t)n : c->allowance;
}

/* Whether bytes of it are sure to follow: what is held back for them must not wait in vain. */
static bool will_send(const struct producer *p)
{
  return p->queued > 0 || p->ops->send;
}

static struct producer *producer_of(const struct list *node)
{
  return container_of(node, struct producer, link);
}

static bool has_follower(const struct async_chat *c, const struct producer *p)
{
  return p->link.next != &c->queue && will_send(producer_of(p->link.next));
}

/* Whether its bytes are in memory, to be sent together with others. */
static bool is_in_memory(const struct producer *p)
{
  return p->queued > 0 && !p->ops->send;
}

/* `n` bytes of the producers in front are out. */
static void consume(struct async_chat *c, size_t n)
{
  while (n > 0) {
    struct producer *p = producer_of(c->queue.next);
    size_t before = p->queued, taken = n < before ? n : before;
    bool done = p->ops->consume(p, taken);
    c->queued -= before - p->queued;
    n -= taken;
    if (done)
      pop(c, p);
  }
}

/* Sends from the producers in front, as far as their bytes are in memory, in one call. A count, as
 * dispatcher_send. */
static ssize_t send_together(struct async_chat *c)
{
  struct iovec pieces[MOST_TOGETHER];
  size_t left = at_once(c, SIZE_MAX, ASYNC_CHAT_SEND_SIZE);
  struct list *node = c->queue.next;
  int count = 0;
  for (; node != &c->queue && count < MOST_TOGETHER && left > 0; node = node->next) {
    struct producer *p = producer_of(node);
    const void *data;
    if (!is_in_memory(p))
      break;
    ssize_t there = p->ops->peek(p, &data);
    if (there != (ssize_t)p->queued) /* it has more, which no other may overtake */
      break;
    size_t n = (size_t)there < left ? (size_t)there : left;
    pieces[count++] = (struct iovec){(void *)data, n};
    left -= n;
  }
  bool more = left > 0 && node != &c->queue && will_send(producer_of(node));
  ssize_t sent = dispatcher_sendv(&c->d, pieces, count, more);
  if (sent > 0 && !dispatcher_is_closing(&c->d))
    consume(c, (size_t)sent);
  return sent;
}

static bool goes_together(const struct async_chat *c, const struct producer *p)
{
  return is_in_memory(p) && p->link.next != &c->queue && is_in_memory(producer_of(p->link.next));
}

/* Sends from the first producer. A count, as dispatcher_send; `*done` when it has no more. */
static ssize_t send_from(struct async_chat *c, struct producer *p, bool *done)
{
  if (p->ops->send)
    return p->ops->send(p, &c->d, at_once(c, SIZE_MAX, ASYNC_CHAT_FILE_SIZE), done);

  const void *data;
  ssize_t n = p->ops->peek(p, &data);
  if (n <= 0) {
    *done = n == 0;
    return n;
  }
  size_t now = at_once(c, (size_t)n, ASYNC_CHAT_SEND_SIZE);
  if (now == (size_t)n && has_follower(c, p))
    n = dispatcher_send_more(&c->d, data, now);
  else
    n = dispatcher_send(&c->d, data, now);
  if (n > 0 && !dispatcher_is_closing(&c->d))
    *done = p->ops->consume(p, (size_t)n);
  return n;
}

/* One send, as asynchat's initiate_send: fair to the other channels of the pass. */
static void send_some(struct async_chat *c)
{
  struct dispatcher *d = &c->d;
  ssize_t sent = 0;
  bool emptied = false;
  while (sent == 0 && !async_chat_is_drained(c) && dispatcher_is_connected(d) && c->allowance > 0) {
    struct producer *p = producer_of(c->queue.next);
    bool done = false, together = goes_together(c, p);
    size_t before = p->queued;
    sent = together ? send_together(c) : send_from(c, p, &done);
    if (dispatcher_is_closing(d))
      return;
    if (sent < 0) {
      dispatcher_fail(d, (int)sent);
      return;
    }
    count_sent(c, sent);
    if (together) {
      emptied = async_chat_is_drained(c);
      break;
    }
    c->queued -= before - p->queued;
    if (done) {
      pop(c, p);
      emptied = async_chat_is_drained(c);
    } else if (sent == 0)
      break;
  }

  if ((sent > 0 || emptied) && c->ops->handle_drain && async_chat_has_room(c))
    c->ops->handle_drain(c);
  if (c->finishing && async_chat_is_drained(c) && dispatcher_is_connected(d) && !c->lingering)
    start_lingering(c);
}

static void handle_write(struct dispatcher *d)
{
  send_some(chat(d));
}

/* A close that was asked for before the connection stood has nothing queued, and waits for this. */
static bool writable(struct dispatcher *d)
{
  const struct async_chat *c = chat(d);
  if (async_chat_is_drained(c))
    return c->finishing && !c->lingering;
  return c->allowance > 0 && !container_of(c->queue.next, struct producer, link)->waiting;
}

static int may_push(const struct async_chat *c, size_t n)
{
  if (dispatcher_is_closing(&c->d) || c->finishing)
    return UV_ESHUTDOWN;
  if (c->queued > c->hard_limit || n > c->hard_limit - c->queued)
    return UV_ENOBUFS;
  return 0;
}

static int enqueue(struct async_chat *c, struct producer *p)
{
  if (!p)
    return UV_ENOMEM;
  list_append(&c->queue, &p->link);
  c->queued += p->queued;
  c->producers++;
  dispatcher_changed(&c->d);
  return 0;
}

/* What a send left of `n` bytes is queued; without memory the stream is broken. */
static int queue_rest(struct async_chat *c, const void *data, size_t n, size_t sent)
{
  if (sent >= n || enqueue(c, producer_bytes((const uint8_t *)data + sent, n - sent)) == 0)
    return 0;
  dispatcher_fail(&c->d, UV_ENOMEM);
  return UV_EPIPE;
}

static bool may_send_now(const struct async_chat *c)
{
  return async_chat_is_drained(c) && dispatcher_is_connected(&c->d) && c->allowance > 0;
}

/* After a send of a push: a count, or UV_EPIPE when the channel is lost or closed by it. */
static ssize_t pushed(struct async_chat *c, ssize_t sent)
{
  if (sent < 0)
    dispatcher_fail(&c->d, (int)sent);
  if (dispatcher_is_closing(&c->d) || sent < 0)
    return UV_EPIPE;
  count_sent(c, sent);
  return sent;
}

int async_chat_push(struct async_chat *c, const void *data, size_t n)
{
  if (n == 0)
    return 0;
  int err = may_push(c, n);
  if (err)
    return err;

  /* With nothing queued the bytes go out from where they are, and only the rest is copied. */
  if (may_send_now(c)) {
    ssize_t sent = pushed(c, dispatcher_send(&c->d, data, at_once(c, n, ASYNC_CHAT_SEND_SIZE)));
    return sent < 0 ? UV_EPIPE : queue_rest(c, data, n, (size_t)sent);
  }

  struct producer *last = container_of(c->queue.prev, struct producer, link);
  if (!async_chat_is_drained(c) && producer_bytes_extend(last, data, n))
    c->queued += n;
  else if ((err = enqueue(c, producer_bytes(data, n))) != 0)
    return err;
  send_some(c);
  return dispatcher_is_closing(&c->d) ? UV_EPIPE : 0;
}

int async_chat_push_before_shared(struct async_chat *c, const void *data, size_t n,
                                  struct shared_bytes *b, size_t offset, size_t length)
{
  if (length == 0)
    return async_chat_push(c, data, n);
  if (!may_send_now(c) || c->allowance < n + length) {
    struct producer *p = producer_shared(b, offset, length);
    return async_chat_push_before_producer(c, data, n, p);
  }
  int err = may_push(c, n + length);
  if (err)
    return err;
  const struct iovec pieces[] = {{(void *)data, n}, {b->data + offset, length}};
  ssize_t sent = pushed(c, dispatcher_sendv(&c->d, pieces, 2, false));
  if (sent < 0)
    return UV_EPIPE;
  if ((size_t)sent == n + length)
    return 0;
  err = queue_rest(c, data, n, (size_t)sent);
  size_t gone = (size_t)sent > n ? (size_t)sent - n : 0;
  if (!err && enqueue(c, producer_shared(b, offset + gone, length - gone))) {
    dispatcher_fail(&c->d, UV_ENOMEM);
    err = UV_EPIPE;
  }
  return err;
}

int async_chat_push_before_producer(struct async_chat *c, const void *data, size_t n,
                                    struct producer *p)
{
  struct producer *head = NULL;
  size_t sent = 0;
  int err = p ? may_push(c, n + p->queued) : UV_ENOMEM;
  if (!err && may_send_now(c)) {
    size_t now = at_once(c, n, ASYNC_CHAT_SEND_SIZE);
    ssize_t put = pushed(c, will_send(p) ? dispatcher_send_more(&c->d, data, now)
                                         : dispatcher_send(&c->d, data, now));
    err = put < 0 ? UV_EPIPE : 0;
    sent = put < 0 ? 0 : (size_t)put;
  }
  if (!err && sent < n) {
    head = producer_bytes((const uint8_t *)data + sent, n - sent);
    err = head ? 0 : UV_ENOMEM;
  }
  if (err) {
    if (p)
      producer_release(p);
    if (err == UV_ENOMEM && sent > 0)
      dispatcher_fail(&c->d, UV_ENOMEM); /* half of it is out: the stream is broken */
    return err;
  }
  if (head)
    enqueue(c, head);
  enqueue(c, p);
  send_some(c);
  return dispatcher_is_closing(&c->d) ? UV_EPIPE : 0;
}

int async_chat_push_with_producer(struct async_chat *c, struct producer *p)
{
  int err = p ? may_push(c, p->queued) : UV_ENOMEM;
  if (err) {
    if (p)
      producer_release(p);
    return err;
  }
  enqueue(c, p);
  send_some(c);
  return dispatcher_is_closing(&c->d) ? UV_EPIPE : 0;
}

int async_chat_push_later(struct async_chat *c, struct producer *p)
{
  int err = p ? may_push(c, p->queued) : UV_ENOMEM;
  if (err) {
    if (p)
      producer_release(p);
    return err;
  }
  if (async_chat_is_drained(c)) /* else the end of the pass is waited for already, or the poller */
    dispatcher_write_soon(&c->d);
  return enqueue(c, p);
}

void async_chat_close_lingering(struct async_chat *c, uint64_t linger_ms)
{
  if (c->finishing || dispatcher_is_closing(&c->d))
    return;
  c->finishing = true;
  c->linger_ms = linger_ms;
  dispatcher_changed(&c->d);
  if (async_chat_is_drained(c) && dispatcher_is_connected(&c->d))
    start_lingering(c);
}

void async_chat_close_when_done(struct async_chat *c)
{
  async_chat_close_lingering(c, 0);
}

void async_chat_close(struct async_chat *c)
{
  if (async_chat_is_drained(c))
    dispatcher_close(&c->d);
  else
    dispatcher_abort(&c->d);
}

void async_chat_discard_buffers(struct async_chat *c)
{
  while (!async_chat_is_drained(c))
    pop(c, container_of(c->queue.next, struct producer, link));
  buffer_release(&c->held);
  c->input_length = 0;
  dispatcher_changed(&c->d);
}

void async_chat_allow(struct async_chat *c, uint64_t n)
{
  c->allowance = n;
  dispatcher_changed(&c->d);
}

bool async_chat_has_room(const struct async_chat *c)
{
  return c->queued < c->high_mark;
}

/* Both ways. */

static void handle_connect(struct dispatcher *d)
{
  struct async_chat *c = chat(d);
  if (c->ops->handle_connect)
    c->ops->handle_connect(c);
}

static void handle_close(struct dispatcher *d)
{
  struct async_chat *c = chat(d);
  if (c->held.length > 0 && !c->lingering && c->ops->collect_incoming_data) {
    struct buffer rest = c->held; /* no terminator after all (D6) */
    c->held = (struct buffer){0};
    c->ops->collect_incoming_data(c, buffer_data(&rest), rest.length);
    buffer_release(&rest);
  }
  if (dispatcher_is_closing(d))
    return;
  if (c->ops->handle_close && !c->lingering)
    c->ops->handle_close(c);
  else
    dispatcher_close(d);
  if (d->gone)
    async_chat_close(c); /* there is nobody left to send the rest to */
}

static void handle_error(struct dispatcher *d, int err)
{
  struct async_chat *c = chat(d);
  if (c->ops->handle_error)
    c->ops->handle_error(c, err);
  else
    dispatcher_default_error(d, err);
}

static void destroy(struct dispatcher *d)
{
  struct async_chat *c = chat(d);
  async_chat_discard_buffers(c);
  terminator_release(&c->terminator);
  timer_release(&c->linger);
  if (c->ops->destroy)
    c->ops->destroy(c);
}

void async_chat_init(struct async_chat *c, struct reactor *r, const struct async_chat_ops *ops)
{
  static const struct dispatcher_ops dispatcher_ops = {
      .readable = readable,
      .writable = writable,
      .handle_connect = handle_connect,
      .handle_read = handle_read,
      .handle_write = handle_write,
      .handle_close = handle_close,
      .handle_error = handle_error,
      .destroy = destroy,
  };
  *c = (struct async_chat){.ops = ops};
  dispatcher_init(&c->d, r, &dispatcher_ops);
  list_init(&c->queue);
  c->linger.fire = linger_over;
  c->high_mark = ASYNC_CHAT_HIGH_MARK;
  c->hard_limit = ASYNC_CHAT_HARD_LIMIT;
  c->allowance = UINT64_MAX;
}

int async_chat_set_terminator(struct async_chat *c, const void *bytes, size_t n)
{
  return terminator_set_bytes(&c->terminator, bytes, n);
}

int async_chat_set_terminator_length(struct async_chat *c, int64_t n)
{
  return terminator_set_length(&c->terminator, n);
}

void async_chat_set_no_terminator(struct async_chat *c)
{
  terminator_release(&c->terminator);
}
