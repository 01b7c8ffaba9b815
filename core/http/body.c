#include "core/http/body.h"

#include "core/http/conn.h"
#include "core/http/respond.h"

#include <stdlib.h>

static const char too_long[] = "The body is larger than the server takes";

static const struct http_exchange_ops *ops_of(const struct http_exchange *x)
{
  return x->conn->http->ops;
}

bool http_body_begin(struct http_exchange *x, const struct http_request *r)
{
  if (!r->chunked && r->length == 0)
    return true;
  x->body = calloc(1, sizeof *x->body);
  if (!x->body)
    return false;
  x->body->chunked = r->chunked;
  x->body->left = r->length;
  x->body->limit = HTTP_DROPPED_BODY;
  x->body->expects_continue = r->expects_continue;
  return true;
}

bool http_body_read(struct http_exchange *x, uint64_t limit)
{
  static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
  struct http_conn *c = x->conn;
  struct http_body *b = x->body;
  if (!b)
    return false;
  b->wanted = true;
  b->limit = limit;
  c->phase = HTTP_READING_BODY;
  if (!b->chunked && b->left > limit) {
    http_respond_refuse(x, 413, too_long);
    return true;
  }
  http_conn_watch_pace(c);
  if (b->expects_continue && !x->more_came) {
    x->sent_before += sizeof interim - 1; /* it is not part of the response */
    async_chat_push(&c->chat, interim, sizeof interim - 1);
  }
  b->expects_continue = false;
  return true;
}

/* `n` bytes of the body itself. */
static void deliver(struct http_exchange *x, const char *data, size_t n)
{
  struct http_body *b = x->body;
  if (n > b->limit) {
    http_respond_refuse(x, b->wanted ? 413 : 0, b->wanted ? too_long : "more than is dropped came");
    return;
  }
  b->limit -= n;
  if (b->wanted && n > 0 && ops_of(x)->body)
    ops_of(x)->body(x, data, n);
}

static void end_body(struct http_exchange *x)
{
  bool wanted = x->body->wanted;
  http_exchange_release(x);
  if (!wanted)
    return;
  http_conn_body_came(x->conn);
  if (ops_of(x)->body_end)
    ops_of(x)->body_end(x);
}

/* The same, and then the end if it is `done`; unless a handler has responded or closed. */
static void deliver_and_end(struct http_exchange *x, const char *data, size_t n, bool done)
{
  unsigned phase = x->conn->phase;
  deliver(x, data, n);
  if (done && x->conn->phase == phase && !dispatcher_is_closing(&x->conn->chat.d))
    end_body(x);
}

static size_t take_chunks(struct http_exchange *x, const char *data, size_t n)
{
  struct http_body *b = x->body;
  struct span piece;
  const char *reason;
  ssize_t used = http_chunked_next(&b->chunks, data, n, &piece, &reason);
  if (used < 0) {
    http_respond_refuse(x, b->wanted ? 400 : 0, reason);
    return 0;
  }
  deliver_and_end(x, piece.data, piece.length, b->chunks.done);
  return (size_t)used;
}

size_t http_body_take(struct http_exchange *x, const char *data, size_t n)
{
  struct http_body *b = x->body;
  if (b->chunked)
    return take_chunks(x, data, n);
  if (n > b->left)
    n = (size_t)b->left;
  b->left -= n;
  deliver_and_end(x, data, n, b->left == 0);
  return n;
}
