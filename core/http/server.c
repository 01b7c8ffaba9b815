#include "core/http/server.h"

#include "core/http/message/character.h"
#include "core/http/respond.h"

#include <stdlib.h>
#include <string.h>

/* A request head that is malformed, too long or too late: `r` holds what there is of it. */
static void refuse_head(struct http_conn *c, struct http_request *r)
{
  struct http_exchange *x = &c->exchange;
  c->keep = x->http10 = false;
  x->head_only = r->method == HTTP_HEAD;
  if (c->http->ops->begin)
    c->http->ops->begin(x, r);
  if (!dispatcher_is_closing(&c->chat.d))
    http_respond_refuse(x, r->status, r->reason);
}

/* The same for one that is not complete: its request line is what there is of the first line. */
static void refuse_unfinished(struct http_conn *c, const char *data, size_t n, unsigned status,
                              const char *reason)
{
  struct http_request *r = &c->http->request;
  size_t empty = http_end_of_line(data, data + n);
  data += empty;
  n -= empty;
  const char *end = memchr(data, '\n', n);
  http_conn_begin_exchange(c);
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
  struct http_exchange *x = &c->exchange;
  http_conn_begin_exchange(c);
  if (!http_parse_request(r, head, n)) {
    refuse_head(c, r);
    return;
  }
  c->keep = r->keep_alive;
  x->head_only = r->method == HTTP_HEAD;
  x->http10 = r->minor == 0;
  if (c->http->ops->begin)
    c->http->ops->begin(x, r);
  if (dispatcher_is_closing(&c->chat.d))
    return;
  if (!http_body_begin(x, r))
    http_respond_refuse(x, 503, "The server is short of memory");
  else
    c->http->ops->request(x, r);
}

static size_t take_head(struct http_conn *c, const char *data, size_t n)
{
  const char *reason;
  size_t length = http_head_length(data, n, &c->scanned);
  if (length > 0) {
    c->scanned = 0;
    c->exchange.more_came = n > length;
    handle_request(c, data, length);
    return length;
  }
  unsigned status = http_bad_beginning(data, n, &reason);
  if (status) {
    refuse_unfinished(c, data, n, status, reason);
    return n;
  }
  if (c->phase == HTTP_RESTING && n > http_end_of_line(data, data + n))
    http_conn_head_begun(c);
  return 0;
}

/* What the bytes are is known by the phase. */
static size_t take(struct http_conn *c, const char *data, size_t n)
{
  if (c->phase == HTTP_READING_BODY || c->phase == HTTP_DROPPING_BODY)
    return http_body_take(&c->exchange, data, n);
  return take_head(c, data, n);
}

void http_server_accept(struct http_server *h, int fd, const struct sockaddr *peer,
                        socklen_t peer_size)
{
  http_conn_open(h, fd, peer, peer_size, take);
}

static void head_late(struct deadline_queue *q, struct deadline *d)
{
  struct http_conn *c = http_conn_of_deadline(d);
  struct buffer input = c->input;
  (void)q;
  server_conn_because(&c->conn, "the request head took too long", 0);
  c->input = (struct buffer){0};
  refuse_unfinished(c, (const char *)buffer_data(&input), input.length, 408,
                    "The request took too long to come");
  buffer_release(&input);
}

static void close_all(struct deadline_queue *q)
{
  struct deadline *d;
  while ((d = deadline_first(q)) != NULL) {
    struct http_conn *c = http_conn_of_deadline(d);
    deadline_clear(d);
    server_conn_because(&c->conn, "the server stops", 0);
    async_chat_close(&c->chat);
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
  if (d)
    return &http_conn_of_deadline(d)->conn;
  if (list_empty(&h->behind))
    return NULL;
  return &container_of(h->behind.next, struct http_conn, pace.link)->conn;
}

int64_t http_server_now(struct http_server *h)
{
  return http_common_fields_now(&h->common);
}

int http_server_init(struct http_server *h, struct server *s, const struct http_exchange_ops *ops,
                     const struct http_server_options *options)
{
  h->server = s;
  h->ops = ops;
  h->options = *options;
  h->common = (struct http_common_fields){0};
  h->out =
      (struct buffer){.memory = page_alloc(HTTP_RESPONSE_ROOM), .capacity = HTTP_RESPONSE_ROOM};
  int err = http_conn_queues_init(h, head_late);
  if (!err)
    err = h->out.memory ? http_common_fields_init(&h->common, options->fields) : UV_ENOMEM;
  if (err)
    http_server_release(h);
  return err;
}

void http_server_release(struct http_server *h)
{
  http_conn_queues_release(h);
  http_common_fields_release(&h->common);
  buffer_release(&h->out);
}
