/* The bodies of requests: handed over when they are wanted, else dropped. */
#include "core/http/conn.h"
#include "core/http/respond.h"

#include <stdlib.h>

bool http_body_begin(struct http_conn *c, const struct http_request *r)
{
  if (!r->chunked && r->length == 0)
    return true;
  c->body = calloc(1, sizeof *c->body);
  if (!c->body)
    return false;
  c->body->chunked = r->chunked;
  c->body->left = r->length;
  c->body->limit = HTTP_DROPPED_BODY;
  c->body->expects_continue = r->expects_continue;
  return true;
}

void http_body_release(struct http_conn *c)
{
  free(c->body);
  c->body = NULL;
}

bool http_read_body(struct http_conn *c, uint64_t limit)
{
  static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
  struct http_body *b = c->body;
  if (!b)
    return false;
  b->wanted = true;
  b->limit = limit;
  c->phase = HTTP_READING_BODY;
  if (!b->chunked && b->left > limit) {
    http_conn_refuse(c, 413, "The body is larger than what is taken here");
    return true;
  }
  http_conn_watch_pace(c);
  if (b->expects_continue && !c->more_came) {
    c->sent_before += sizeof interim - 1; /* it is no part of the answer */
    async_chat_push(&c->chat, interim, sizeof interim - 1);
  }
  b->expects_continue = false;
  return true;
}

/* `n` bytes of the body itself. */
static void deliver(struct http_conn *c, const char *data, size_t n)
{
  struct http_body *b = c->body;
  if (n > b->limit) {
    if (b->wanted)
      http_conn_refuse(c, 413, "The body is larger than what is taken here");
    else
      http_conn_refuse(c, 0, NULL);
    return;
  }
  b->limit -= n;
  if (b->wanted && n > 0 && c->http->ops->body)
    c->http->ops->body(c, data, n);
}

static void end_body(struct http_conn *c)
{
  bool wanted = c->body->wanted;
  http_body_release(c);
  if (!wanted)
    return;
  c->phase = HTTP_HANDLING;
  deadline_clear(&c->deadline);
  if (c->http->ops->body_end)
    c->http->ops->body_end(c);
}

static size_t take_chunks(struct http_conn *c, const char *data, size_t n)
{
  struct http_body *b = c->body;
  struct span piece;
  const char *reason;
  ssize_t used = http_chunked_next(&b->chunks, data, n, &piece, &reason);
  if (used < 0) {
    http_conn_refuse(c, b->wanted ? 400 : 0, reason);
    return 0;
  }
  bool done = b->chunks.done;
  unsigned phase = c->phase;
  deliver(c, piece.data, piece.length);
  if (done && c->phase == phase && !c->chat.d.closing)
    end_body(c);
  return (size_t)used;
}

size_t http_body_take(struct http_conn *c, const char *data, size_t n)
{
  struct http_body *b = c->body;
  if (b->chunked)
    return take_chunks(c, data, n);
  if (n > b->left)
    n = (size_t)b->left;
  b->left -= n;
  bool done = b->left == 0;
  unsigned phase = c->phase;
  deliver(c, data, n);
  if (done && c->phase == phase && !c->chat.d.closing) /* else a handler has answered */
    end_body(c);
  return n;
}
