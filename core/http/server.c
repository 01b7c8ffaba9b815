#include "core/http/server.h"

#include "core/base/log.h"
#include "core/http/conn.h"
#include "core/http/message/character.h"
#include "core/http/respond.h"
#include "core/os/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
  THROTTLE_MS = 100, /* how often an allowance is given */
  SLOW_RATE = 10000,
  FRESH_MS = 1000, /* so long a new connection may wait before it counts as resting */
  AT_ONCE = 64,    /* so many requests of one connection are answered in a turn */
};

static struct http_conn *http_conn(struct async_chat *chat)
{
  return container_of(chat, struct http_conn, chat);
}

/* The end of an exchange. */

static void end_exchange(struct http_conn *c)
{
  uint64_t sent = c->chat.sent - c->sent_before;
  struct http_outcome o = {
      .status = c->status,
      .bytes = sent > c->head_length ? sent - c->head_length : 0,
      .ms = reactor_now_ms(c->chat.d.reactor) - c->begun_ms,
  };
  if (c->http->ops->end)
    c->http->ops->end(c, &o);
  c->exchange = NULL;
}

/* How much has reached the peer of an answer, or come from it of a body. */
static uint64_t progress(const struct http_conn *c)
{
  if (c->phase != HTTP_HANDLING && c->phase != HTTP_RESTING)
    return c->chat.received;
  uint64_t unsent = socket_unsent(c->chat.d.fd);
  return unsent < c->chat.sent ? c->chat.sent - unsent : 0;
}

void http_conn_watch_pace(struct http_conn *c)
{
  c->paced = progress(c);
  deadline_set(&c->http->pace, &c->deadline);
}

/* Input that nobody has read turns a close into a reset, which takes from the peer what it has not
 * read yet (RFC 9112 9.6): where there is some, or may still come while a long answer is on its
 * way, the end is said first and waited for. */
static void end_connection(struct http_conn *c)
{
  uint64_t linger_ms = 0;
  if (c->slow)
    linger_ms = HTTP_PACE_MS;
  else if (c->linger || c->body || c->input.length || socket_unread(c->chat.d.fd) > 0)
    linger_ms = HTTP_LINGER_MS;
  c->phase = HTTP_OVER;
  deadline_clear(&c->deadline);
  server_conn_because(&c->conn, "answered", 0);
  async_chat_close_lingering(&c->chat, linger_ms);
}

static void rest(struct http_conn *c)
{
  if (c->http->server->signalled) {
    end_connection(c);
    return;
  }
  c->phase = HTTP_RESTING;
  c->paced = 0;
  deadline_set(&c->http->resting, &c->deadline);
  if (c->input.length == 0)
    server_may_accept(c->http->server);
}

/* The answer is out. */
static void finish(struct http_conn *c)
{
  end_exchange(c);
  if (c->chat.d.closing)
    return;
  if (c->keep && c->body) {
    c->phase = HTTP_DROPPING_BODY;
    http_conn_watch_pace(c);
  } else if (c->keep) {
    rest(c);
  } else {
    end_connection(c);
  }
}

static void start_throttle(struct http_conn *c);

void http_conn_will_respond(struct http_conn *c)
{
  if (c->body && (c->body->wanted || c->body->expects_continue ||
                  (!c->body->chunked && c->body->left > HTTP_DROPPED_BODY)))
    c->keep = false;
  if (c->http->server->signalled)
    c->keep = false;
  if (c->http->options.limit_rate)
    start_throttle(c);
}

static void go_on(struct http_conn *c);

void http_conn_responded(struct http_conn *c, int err)
{
  if (c->chat.d.closing)
    return;
  if (err) {
    server_conn_because(&c->conn, error_words(err), err);
    dispatcher_abort(&c->chat.d);
    return;
  }
  c->answered = true;
  c->phase = HTTP_HANDLING;
  if (list_empty(&c->chat.queue)) {
    finish(c);
    go_on(c);
    return;
  }
  c->slow = true;
  http_conn_watch_pace(c);
  dispatcher_changed(&c->chat.d);
}

/* An answer that comes too late to be one (status 0) is none: the connection just ends. */
void http_conn_refuse(struct http_conn *c, unsigned status, const char *why)
{
  c->keep = false;
  c->linger = true;
  if (status && !c->answered) {
    http_respond_error(c, status, why);
    return;
  }
  c->phase = HTTP_OVER;
  deadline_clear(&c->deadline);
  server_conn_because(&c->conn, why ? why : "more came than is dropped", 0);
  async_chat_close_lingering(&c->chat, HTTP_LINGER_MS);
}

static void drained(struct async_chat *chat)
{
  struct http_conn *c = http_conn(chat);
  if (c->phase != HTTP_HANDLING || !c->answered || !list_empty(&chat->queue))
    return;
  finish(c);
  go_on(c);
}

/* The way in. */

static void begin_exchange(struct http_conn *c)
{
  c->phase = HTTP_HANDLING;
  c->answered = c->linger = c->slow = false;
  c->status = 0;
  c->head_length = 0;
  c->sent_before = c->chat.sent;
  c->begun_ms = reactor_now_ms(c->chat.d.reactor);
  deadline_clear(&c->deadline);
}

/* A head that is wrong, or too long, or too late: `line` is what there is of its first line. */
static void refuse_head(struct http_conn *c, struct http_request *r)
{
  c->keep = c->old = false;
  c->head_only = r->method == HTTP_HEAD;
  if (c->http->ops->begin)
    c->http->ops->begin(c, r);
  if (!c->chat.d.closing)
    http_conn_refuse(c, r->status, r->reason);
}

static void refuse_unfinished(struct http_conn *c, const char *data, size_t n, unsigned status,
                              const char *reason)
{
  struct http_request *r = &c->http->request;
  size_t empty = http_end_of_line(data, data + n);
  data += empty;
  n -= empty;
  const char *end = memchr(data, '\n', n);
  begin_exchange(c);
  memset(r, 0, offsetof(struct http_request, fields));
  r->fields.count = 0;
  r->fields.seen = r->fields.repeated = 0;
  r->line = (struct span){data, end ? (size_t)(end - data) : n};
  if (r->line.length > 0 && r->line.data[r->line.length - 1] == '\r')
    r->line.length--;
  r->status = status;
  r->reason = reason;
  refuse_head(c, r);
}

static void handle_request(struct http_conn *c, const char *head, size_t n)
{
  struct http_request *r = &c->http->request;
  begin_exchange(c);
  if (!http_parse_request(r, head, n)) {
    refuse_head(c, r);
    return;
  }
  c->keep = r->keep_alive;
  c->head_only = r->method == HTTP_HEAD;
  c->old = r->minor == 0;
  if (c->http->ops->begin)
    c->http->ops->begin(c, r);
  if (c->chat.d.closing)
    return;
  if (!http_body_begin(c, r))
    http_conn_refuse(c, 503, "There is no memory for it");
  else
    c->http->ops->request(c, r);
}

/* Takes the next head, or 0 of the bytes when it is not whole. */
static size_t take_head(struct http_conn *c, const char *data, size_t n)
{
  const char *reason;
  size_t length = http_head_length(data, n, &c->scanned);
  if (length > 0) {
    c->scanned = 0;
    c->more_came = n > length;
    handle_request(c, data, length);
    return length;
  }
  unsigned status = http_bad_beginning(data, n, &reason);
  if (status) {
    refuse_unfinished(c, data, n, status, reason);
    return n;
  }
  if (c->phase == HTTP_RESTING && n > http_end_of_line(data, data + n)) {
    c->phase = HTTP_READING_HEAD;
    deadline_set(&c->http->heads, &c->deadline);
  }
  return 0;
}

static bool takes_input(const struct http_conn *c)
{
  return c->phase != HTTP_HANDLING && !c->chat.d.closing && !timer_is_running(&c->turn);
}

/* After so many requests it is the others' turn first. */
static void end_turn(struct http_conn *c)
{
  if (timer_start(&c->turn, c->chat.d.reactor, 0))
    dispatcher_fail(&c->chat.d, UV_ENOMEM);
}

static void turn_over(struct timer *t)
{
  go_on(container_of(t, struct http_conn, turn));
}

/* Uses what it can of `n` bytes, which stay where they are until it returns. */
static size_t consume(struct http_conn *c, const char *data, size_t n)
{
  size_t used = 0;
  unsigned heads = 0;
  c->consuming = true;
  while (used < n && takes_input(c)) {
    if (c->phase == HTTP_OVER) {
      used = n;
      break;
    }
    if (heads == AT_ONCE) {
      end_turn(c);
      break;
    }
    bool body = c->phase == HTTP_READING_BODY || c->phase == HTTP_DROPPING_BODY;
    bool dropping = c->phase == HTTP_DROPPING_BODY;
    size_t taken =
        body ? http_body_take(c, data + used, n - used) : take_head(c, data + used, n - used);
    used += taken;
    heads += !body;
    if (dropping && !c->body && c->phase == HTTP_DROPPING_BODY)
      rest(c);
    if (taken == 0)
      break;
  }
  c->consuming = false;
  return used;
}

static void consume_input(struct http_conn *c)
{
  size_t used = consume(c, (const char *)buffer_data(&c->input), c->input.length);
  buffer_consume(&c->input, used);
}

/* What was kept while an answer was under way is looked at now. */
static void go_on(struct http_conn *c)
{
  if (c->consuming || c->chat.d.closing)
    return;
  dispatcher_changed(&c->chat.d);
  if (c->input.length > 0)
    consume_input(c);
}

static void collect(struct async_chat *chat, const void *data, size_t n)
{
  struct http_conn *c = http_conn(chat);
  bool behind = c->input.length > 0;
  size_t used = behind ? 0 : consume(c, data, n);
  if (used == n || c->chat.d.closing)
    return;
  if (buffer_append(&c->input, (const char *)data + used, n - used))
    dispatcher_fail(&chat->d, UV_ENOMEM);
  else if (behind)
    consume_input(c);
}

static bool readable(struct async_chat *chat)
{
  return takes_input(http_conn(chat));
}

static void lost(struct async_chat *chat)
{
  struct http_conn *c = http_conn(chat);
  static const char *const whys[] = {
      [HTTP_RESTING] = "the peer ended",
      [HTTP_READING_HEAD] = "the peer ended within a head",
      [HTTP_READING_BODY] = "the peer ended within a body",
      [HTTP_HANDLING] = "the peer went before it had its answer",
      [HTTP_DROPPING_BODY] = "the peer ended within a body",
      [HTTP_OVER] = "the peer ended",
  };
  int err = chat->d.gone;
  server_conn_because(&c->conn, whys[c->phase], c->phase == HTTP_RESTING ? 0 : err);
  async_chat_close(chat);
}

static void failed(struct async_chat *chat, int err)
{
  server_conn_because(&http_conn(chat)->conn, error_words(err), err);
  dispatcher_abort(&chat->d);
}

/* Time-outs. */

static struct http_conn *of_deadline(struct deadline *d)
{
  return container_of(d, struct http_conn, deadline);
}

static void head_late(struct deadline_queue *q, struct deadline *d)
{
  struct http_conn *c = of_deadline(d);
  struct buffer input = c->input;
  (void)q;
  server_conn_because(&c->conn, "its head took too long", 0);
  c->input = (struct buffer){0};
  refuse_unfinished(c, (const char *)buffer_data(&input), input.length, 408,
                    "The request took too long to come");
  buffer_release(&input);
}

/* So many bytes must move in `ms`. */
static uint64_t least_in(const struct http_conn *c, uint64_t ms)
{
  uint64_t rate = HTTP_PACE_BYTES / (HTTP_PACE_MS / 1000), limit = c->http->options.limit_rate;
  if (limit && limit / 2 < rate)
    rate = limit / 2;
  return rate * (ms / 1000);
}

/* What the kernel still has for a slow peer is not cut off, while the peer takes some of it. */
static void rested(struct deadline_queue *q, struct deadline *d)
{
  struct http_conn *c = of_deadline(d);
  uint64_t moved = progress(c);
  if (moved < c->chat.sent && (c->paced == 0 || moved >= c->paced + least_in(c, q->length_ms))) {
    c->paced = moved;
    deadline_set(q, d);
    return;
  }
  server_conn_because(&c->conn, moved < c->chat.sent ? "too slow" : "idle", 0);
  async_chat_close(&c->chat);
}

/* A new connection that has said nothing may be spared from now on. */
static void waited(struct deadline_queue *q, struct deadline *d)
{
  (void)q;
  rest(of_deadline(d));
}

static bool waits_for_disk(const struct http_conn *c)
{
  const struct list *queue = &c->chat.queue;
  return !list_empty(queue) && container_of(queue->next, struct producer, link)->for_disk;
}

static void pace_due(struct deadline_queue *q, struct deadline *d)
{
  struct http_conn *c = of_deadline(d);
  uint64_t moved = progress(c);
  if (moved >= c->paced + least_in(c, q->length_ms) || waits_for_disk(c)) {
    c->paced = moved;
    deadline_set(q, d);
    return;
  }
  server_conn_because(&c->conn, "too slow", UV_ETIMEDOUT);
  dispatcher_abort(&c->chat.d);
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
  if (list_empty(&c->chat.queue))
    async_chat_allow(&c->chat, UINT64_MAX);
  else
    give_allowance(c);
}

static void start_throttle(struct http_conn *c)
{
  if (!timer_is_running(&c->throttle))
    give_allowance(c);
}

/* Connections. */

static void destroy(struct async_chat *chat)
{
  struct http_conn *c = http_conn(chat);
  if (c->phase == HTTP_HANDLING || c->phase == HTTP_READING_BODY)
    end_exchange(c);
  deadline_clear(&c->deadline);
  timer_release(&c->throttle);
  timer_release(&c->turn);
  http_body_release(c);
  buffer_release(&c->input);
  c->conn.received = chat->received;
  c->conn.sent = chat->sent;
  server_conn_end(&c->conn);
  free(c);
}

void http_server_accept(struct http_server *h, int fd, const struct sockaddr *peer,
                        socklen_t peer_size)
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
  c->throttle.fire = throttle;
  c->turn.fire = turn_over;
  deadline_init(&c->deadline);
  deadline_set(&h->fresh, &c->deadline);
  async_chat_init(&c->chat, h->server->reactor, &ops);
  c->chat.hard_limit =
      SIZE_MAX; /* one answer at a time waits, whose size is not the peer's choice */
  dispatcher_open(&c->chat.d, fd, true);
  server_conn_begin(&c->conn, h->server, peer, peer_size);
  dispatcher_read_now(&c->chat.d); /* the request is often there already */
}

uint64_t http_conn_active_ms(const struct server_conn *c)
{
  return http_conn_of(c)->chat.d.active_ms;
}

/* One that rests has nothing to lose; the others are cut so that it shows. */
void http_conn_close(struct server_conn *conn)
{
  struct http_conn *c = http_conn_of(conn);
  deadline_clear(&c->deadline);
  if (c->phase == HTTP_RESTING)
    async_chat_close(&c->chat);
  else
    dispatcher_abort(&c->chat.d);
}

static void close_all(struct deadline_queue *q)
{
  struct deadline *d;
  while ((d = deadline_first(q)) != NULL) {
    deadline_clear(d);
    server_conn_because(&of_deadline(d)->conn, "the server stops", 0);
    async_chat_close(&of_deadline(d)->chat);
  }
}

void http_server_stopping(struct http_server *h)
{
  close_all(&h->fresh);
  close_all(&h->resting);
}

struct server_conn *http_server_resting(const struct http_server *h)
{
  struct deadline *d = deadline_first(&h->resting);
  return d ? &of_deadline(d)->conn : NULL;
}

/* The server. */

static void print_common(struct http_server *h)
{
  char date[HTTP_DATE_SIZE];
  const char *fields = h->options.fields ? h->options.fields : "";
  http_date_print(date, h->second);
  h->common_length =
      (size_t)sprintf(h->common, "Server: anet/" ANET_VERSION "\r\nDate: %s\r\n%s", date, fields);
}

int64_t http_server_now(struct http_server *h)
{
  int64_t now = (int64_t)time(NULL);
  if (now != h->second) {
    h->second = now;
    print_common(h);
  }
  return now;
}

int http_server_init(struct http_server *h, struct server *s, const struct http_server_ops *ops,
                     const struct http_server_options *options)
{
  static const char longest[] = "Server: anet/" ANET_VERSION "\r\nDate: \r\n";
  struct reactor *r = s->reactor;
  h->server = s;
  h->ops = ops;
  h->options = *options;
  h->second = -1;
  h->heads = h->fresh = h->resting = h->pace = (struct deadline_queue){0};
  h->common =
      malloc(sizeof longest + HTTP_DATE_SIZE + (options->fields ? strlen(options->fields) : 0));
  int err = h->common ? 0 : UV_ENOMEM;
  if (!err)
    err = deadline_queue_init(&h->heads, r, options->head_timeout_ms, head_late);
  if (!err)
    err = deadline_queue_init(&h->fresh, r, FRESH_MS, waited);
  if (!err)
    err = deadline_queue_init(&h->resting, r, options->idle_ms, rested);
  if (!err)
    err = deadline_queue_init(&h->pace, r, HTTP_PACE_MS, pace_due);
  if (err)
    http_server_release(h);
  return err;
}

void http_server_release(struct http_server *h)
{
  deadline_queue_release(&h->heads);
  deadline_queue_release(&h->fresh);
  deadline_queue_release(&h->resting);
  deadline_queue_release(&h->pace);
  free(h->common);
  h->common = NULL;
}
