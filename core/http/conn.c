#include "core/http/conn.h"

#include "core/os/socket.h"

#include <stdlib.h>

enum {
  THROTTLE_MS = 100, /* how often an allowance is given */
  SLOW_RATE = 10000, /* below it, once a second */
  FRESH_MS = 1000,   /* a new connection that says nothing counts as resting after it */
  AT_ONCE = 64,      /* requests of one connection that are handled before others have their turn */
};

static struct http_conn *of_chat(struct async_chat *chat)
{
  return container_of(chat, struct http_conn, chat);
}

/* Pace and throttle. */

/* How much of a response has reached the peer, or how much of a body has come from it. */
static uint64_t progress(const struct http_conn *c)
{
  if (c->phase != HTTP_HANDLING && c->phase != HTTP_RESTING)
    return c->chat.received;
  if (c->conn.peer.ss_family == AF_UNIX) /* see conn.h */
    return c->chat.sent;
  uint64_t unsent = socket_unsent(c->chat.d.fd);
  return unsent < c->chat.sent ? c->chat.sent - unsent : 0;
}

void http_conn_watch_pace(struct http_conn *c)
{
  struct http_pace *p = &c->pace;
  list_remove(&p->link);
  p->from = p->moved = progress(c);
  p->since_ms = p->moved_ms = reactor_now_ms(c->chat.d.reactor);
  deadline_set(&c->http->pace, &c->deadline);
}

static void forget_pace(struct http_conn *c)
{
  list_remove(&c->pace.link);
  deadline_clear(&c->deadline);
}

/* How many bytes must move in `ms`. */
static uint64_t least_in(const struct http_conn *c, uint64_t ms)
{
  uint64_t rate = HTTP_PACE, limit = c->http->options.limit_rate;
  if (limit && limit / 2 < rate)
    rate = limit / 2;
  return rate * ms / 1000;
}

/* Notes what has moved since the last look; false if nothing has for too long. */
static bool still_moves(struct http_conn *c, uint64_t now)
{
  struct http_pace *p = &c->pace;
  uint64_t moved = progress(c), stall_ms = c->http->options.stall_ms;
  if (moved > p->moved) {
    p->moved = moved;
    p->moved_ms = now;
  }
  return stall_ms == 0 || now - p->moved_ms < stall_ms;
}

/* Whether the average since the beginning is too low. */
static bool is_too_slow(const struct http_conn *c, uint64_t now)
{
  const struct http_pace *p = &c->pace;
  uint64_t ms = now - p->since_ms;
  return ms >= HTTP_PACE_FROM_MS && p->moved - p->from < least_in(c, ms);
}

/* A slow rate is given by the second, so that it comes out even. */
static void give_allowance(struct http_conn *c)
{
  uint64_t rate = c->http->options.limit_rate;
  bool slow = rate < SLOW_RATE;
  async_chat_allow(&c->chat, slow ? rate : rate / (1000 / THROTTLE_MS));
  if (timer_start(&c->throttle, c->chat.d.reactor, slow ? 1000 : THROTTLE_MS))
    dispatcher_fail(&c->chat.d, UV_ENOMEM);
}

static void throttle(struct timer *t)
{
  struct http_conn *c = container_of(t, struct http_conn, throttle);
  if (async_chat_is_drained(&c->chat))
    async_chat_allow(&c->chat, UINT64_MAX);
  else
    give_allowance(c);
}

/* From phase to phase. */

void http_conn_head_begun(struct http_conn *c)
{
  c->phase = HTTP_READING_HEAD;
  deadline_set(&c->http->heads, &c->deadline);
}

void http_conn_begin_exchange(struct http_conn *c)
{
  c->phase = HTTP_HANDLING;
  c->linger = false;
  http_exchange_begin(&c->exchange, reactor_now_ms(c->chat.d.reactor), c->chat.sent);
  deadline_clear(&c->deadline);
}

void http_conn_body_came(struct http_conn *c)
{
  c->phase = HTTP_HANDLING;
  forget_pace(c);
}

void http_conn_will_respond(struct http_conn *c)
{
  if (c->http->server->signalled || !http_exchange_can_keep(&c->exchange))
    c->keep = false;
  if (c->http->options.limit_rate && !timer_is_running(&c->throttle))
    give_allowance(c);
}

void http_conn_end(struct http_conn *c, const char *why, uint64_t linger_ms)
{
  c->phase = HTTP_OVER;
  forget_pace(c);
  server_conn_because(&c->conn, why, 0);
  async_chat_close_lingering(&c->chat, linger_ms);
}

/* Closing a socket with unread input resets the connection, and the peer loses what it has not read
 * yet (RFC 9112 9.6). Where there is unread input, or some may still come while a long response is
 * on its way, we end our side first and wait for the peer to end its own. */
static uint64_t linger_ms(const struct http_conn *c)
{
  if (c->exchange.slow)
    return HTTP_SLOW_LINGER_MS;
  if (c->linger || c->exchange.body || c->input.length || socket_unread(c->chat.d.fd) > 0)
    return HTTP_LINGER_MS;
  return 0;
}

static void rest(struct http_conn *c)
{
  if (c->http->server->signalled) {
    http_conn_end(c, "done", linger_ms(c));
    return;
  }
  c->phase = HTTP_RESTING;
  list_remove(&c->pace.link);
  c->pace.moved = 0;
  c->pace.moved_ms = reactor_now_ms(c->chat.d.reactor);
  deadline_set(&c->http->resting, &c->deadline);
  if (c->input.length == 0)
    server_may_accept(c->http->server);
}

static void end_exchange(struct http_conn *c)
{
  http_exchange_end(&c->exchange, c->http->ops, reactor_now_ms(c->chat.d.reactor), c->chat.sent);
}

/* The response is sent: which phase follows. */
static void finish(struct http_conn *c)
{
  end_exchange(c);
  if (dispatcher_is_closing(&c->chat.d))
    return;
  if (!c->keep) {
    http_conn_end(c, "done", linger_ms(c));
  } else if (c->exchange.body) {
    c->phase = HTTP_DROPPING_BODY;
    http_conn_watch_pace(c);
  } else {
    rest(c);
  }
}

/* Input: what `take` cannot use now is kept until it can. */

static bool takes_input(const struct http_conn *c)
{
  return c->phase != HTTP_HANDLING && !dispatcher_is_closing(&c->chat.d) &&
         !timer_is_running(&c->turn);
}

/* Lets the other connections go first. */
static void end_turn(struct http_conn *c)
{
  if (timer_start(&c->turn, c->chat.d.reactor, 0))
    dispatcher_fail(&c->chat.d, UV_ENOMEM);
}

/* Takes what it can of `n` bytes, which stay where they are until it returns. A request that is
 * responded to meanwhile changes the phase only: this loop goes on with the next. */
static size_t consume(struct http_conn *c, const char *data, size_t n)
{
  size_t used = 0, taken = 1;
  unsigned heads = 0;
  c->consuming = true;
  while (used < n && taken > 0 && takes_input(c)) {
    if (c->phase == HTTP_OVER) {
      used = n;
      break;
    }
    if (heads == AT_ONCE) {
      end_turn(c);
      break;
    }
    heads += c->phase == HTTP_RESTING || c->phase == HTTP_READING_HEAD;
    taken = c->take(c, data + used, n - used);
    used += taken;
    if (c->phase == HTTP_DROPPING_BODY && !c->exchange.body)
      rest(c);
  }
  c->consuming = false;
  return used;
}

static void consume_input(struct http_conn *c)
{
  size_t used = consume(c, (const char *)buffer_data(&c->input), c->input.length);
  buffer_consume(&c->input, used);
}

static void collect(struct async_chat *chat, const void *data, size_t n)
{
  struct http_conn *c = of_chat(chat);
  bool behind = c->input.length > 0;
  size_t used = behind ? 0 : consume(c, data, n);
  if (used == n || dispatcher_is_closing(&c->chat.d))
    return;
  if (buffer_append(&c->input, (const char *)data + used, n - used))
    dispatcher_fail(&chat->d, UV_ENOMEM);
  else if (behind)
    consume_input(c);
}

static bool readable(struct async_chat *chat)
{
  return takes_input(of_chat(chat));
}

/* Outside of consume: input that was kept can be taken now. */
static void resume(struct http_conn *c)
{
  if (c->consuming || dispatcher_is_closing(&c->chat.d))
    return;
  dispatcher_changed(&c->chat.d);
  if (c->input.length > 0)
    consume_input(c);
}

static void turn_came(struct timer *t)
{
  resume(container_of(t, struct http_conn, turn));
}

/* Output. */

void http_conn_responded(struct http_conn *c, int err)
{
  if (dispatcher_is_closing(&c->chat.d))
    return;
  if (err) {
    server_conn_because(&c->conn, error_words(err), err);
    dispatcher_abort(&c->chat.d);
    return;
  }
  c->exchange.responded = true;
  c->phase = HTTP_HANDLING;
  if (async_chat_is_drained(&c->chat)) {
    finish(c);
    resume(c);
    return;
  }
  c->exchange.slow = true;
  http_conn_watch_pace(c);
  dispatcher_changed(&c->chat.d);
}

static void drained(struct async_chat *chat)
{
  struct http_conn *c = of_chat(chat);
  if (c->phase != HTTP_HANDLING || !c->exchange.responded || !async_chat_is_drained(chat))
    return;
  finish(c);
  resume(c);
}

/* Timeouts. */

/* A new connection that has said nothing may be spared from now on. */
static void waited(struct deadline_queue *q, struct deadline *d)
{
  (void)q;
  rest(http_conn_of_deadline(d));
}

/* The kernel may still hold some of the last response for a slow peer: it stays as long as that
 * moves. It can be spared all the time, so that no average is asked of it. */
static void rested(struct deadline_queue *q, struct deadline *d)
{
  struct http_conn *c = http_conn_of_deadline(d);
  bool moves = still_moves(c, reactor_now_ms(q->reactor));
  bool whole = c->pace.moved >= c->chat.sent;
  if (moves && !whole) {
    deadline_set(q, d);
    return;
  }
  server_conn_because(&c->conn, whole ? "idle" : "stalled", 0);
  async_chat_close(&c->chat);
}

/* One that is behind the pace since the last look can be spared from now on. */
static void look_again(struct http_conn *c, uint64_t before, uint64_t ms)
{
  deadline_set(&c->http->pace, &c->deadline);
  if (c->pace.moved - before >= least_in(c, ms)) {
    list_remove(&c->pace.link);
  } else if (list_empty(&c->pace.link)) {
    list_append(&c->http->behind, &c->pace.link);
    server_may_accept(c->http->server);
  }
}

static void pace_due(struct deadline_queue *q, struct deadline *d)
{
  struct http_conn *c = http_conn_of_deadline(d);
  uint64_t now = reactor_now_ms(q->reactor), before = c->pace.moved, ms = now - d->since_ms;
  if (async_chat_waits_for_disk(&c->chat)) { /* the time is ours, not the peer's */
    c->pace.since_ms += ms;
    c->pace.moved_ms += ms;
  }
  bool moves = still_moves(c, now);
  if (moves && !is_too_slow(c, now)) {
    look_again(c, before, ms);
    return;
  }
  server_conn_because(&c->conn, moves ? "too slow" : "stalled", UV_ETIMEDOUT);
  dispatcher_abort(&c->chat.d);
}

/* A short stall_ms is kept to more closely. */
static uint64_t look_ms(const struct http_server_options *o)
{
  return o->stall_ms && o->stall_ms / 2 < HTTP_LOOK_MS ? o->stall_ms / 2 + 1 : HTTP_LOOK_MS;
}

int http_conn_queues_init(struct http_server *h,
                          void (*head_late)(struct deadline_queue *q, struct deadline *d))
{
  struct reactor *r = h->server->reactor;
  h->heads = h->fresh = h->resting = h->pace = (struct deadline_queue){0};
  list_init(&h->behind);
  int err = deadline_queue_init(&h->heads, r, h->options.head_timeout_ms, head_late);
  if (!err)
    err = deadline_queue_init(&h->fresh, r, FRESH_MS, waited);
  if (!err)
    err = deadline_queue_init(&h->resting, r, h->options.idle_ms, rested);
  if (!err)
    err = deadline_queue_init(&h->pace, r, look_ms(&h->options), pace_due);
  return err;
}

void http_conn_queues_release(struct http_server *h)
{
  deadline_queue_release(&h->heads);
  deadline_queue_release(&h->fresh);
  deadline_queue_release(&h->resting);
  deadline_queue_release(&h->pace);
}

/* The connection's beginning and end. */

static void lost(struct async_chat *chat)
{
  struct http_conn *c = of_chat(chat);
  static const char *const whys[] = {
      [HTTP_RESTING] = "the peer ended",
      [HTTP_READING_HEAD] = "the peer ended within a head",
      [HTTP_READING_BODY] = "the peer ended within a body",
      [HTTP_HANDLING] = "the peer ended before it had its response",
      [HTTP_DROPPING_BODY] = "the peer ended within a body",
      [HTTP_OVER] = "the peer ended",
  };
  int err = chat->d.gone;
  server_conn_because(&c->conn, whys[c->phase], c->phase == HTTP_RESTING ? 0 : err);
  async_chat_close(chat);
}

static void failed(struct async_chat *chat, int err)
{
  server_conn_because(&of_chat(chat)->conn, error_words(err), err);
  dispatcher_abort(&chat->d);
}

static void destroy(struct async_chat *chat)
{
  struct http_conn *c = of_chat(chat);
  if (c->phase == HTTP_HANDLING || c->phase == HTTP_READING_BODY)
    end_exchange(c);
  forget_pace(c);
  timer_release(&c->throttle);
  timer_release(&c->turn);
  http_exchange_release(&c->exchange);
  buffer_release(&c->input);
  c->conn.received = chat->received;
  c->conn.sent = chat->sent;
  server_conn_end(&c->conn);
  free(c);
}

void http_conn_open(struct http_server *h, int fd, const struct sockaddr *peer, socklen_t peer_size,
                    size_t (*take)(struct http_conn *c, const char *data, size_t n))
{
  static const struct async_chat_ops ops = {
      .collect_incoming_data = collect,
      .readable = readable,
      .handle_close = lost,
      .handle_error = failed,
      .handle_drain = drained,
      .destroy = destroy,
  };
  struct http_conn *c = server_conn_new(fd, sizeof *c);
  if (!c)
    return;
  c->http = h;
  c->take = take;
  c->exchange.conn = c;
  c->throttle.fire = throttle;
  c->turn.fire = turn_came;
  deadline_init(&c->deadline);
  list_init(&c->pace.link);
  deadline_set(&h->fresh, &c->deadline);
  async_chat_init(&c->chat, h->server->reactor, &ops);
  /* Only one response waits, and its size is not the peer's choice. */
  async_chat_set_limits(&c->chat, ASYNC_CHAT_HIGH_MARK, SIZE_MAX);
  if (!server_conn_begin(&c->conn, h->server, &c->chat.d, fd, peer, peer_size))
    return;
  dispatcher_read_now(&c->chat.d); /* the request is often there already */
}

uint64_t http_conn_active_ms(const struct server_conn *conn)
{
  return http_conn_of(conn)->chat.d.active_ms;
}

/* A connection that rests has nothing to lose. Any other is reset, so that its peer sees an error
 * and not an end. */
void http_conn_close(struct server_conn *conn)
{
  struct http_conn *c = http_conn_of(conn);
  forget_pace(c);
  if (c->phase == HTTP_RESTING)
    async_chat_close(&c->chat);
  else
    dispatcher_abort(&c->chat.d);
}
