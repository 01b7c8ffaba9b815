#include "core/http/client.h"

#include <uv.h>

enum {
  BULK = 512 * 1024, /* a rest this long is worth moving without looking at it */
  BULK_TURNS = 4,    /* such moves in one event */
};

static struct http_client *client_of(struct async_chat *chat)
{
  return container_of(chat, struct http_client, chat);
}

static void finish(struct http_client *c, enum http_result result)
{
  if (c->over)
    return;
  http_client_close(c);
  c->ops->done(c, result);
}

static void act_on(struct http_client *c, enum http_event event, struct span piece)
{
  switch (event) {
  case HTTP_NEEDS_MORE:
    break;
  case HTTP_INTERIM:
    if (c->ops->interim)
      c->ops->interim(c);
    break;
  case HTTP_HEAD_CAME:
    if (c->ops->head)
      c->ops->head(c);
    break;
  case HTTP_BODY_CAME:
    if (c->ops->body)
      c->ops->body(c, piece.data, piece.length);
    break;
  case HTTP_WHOLE:
    finish(c, HTTP_RESULT_WHOLE);
    break;
  case HTTP_MALFORMED:
    finish(c, HTTP_RESULT_MALFORMED);
    break;
  }
}

static void collect(struct async_chat *chat, const void *data, size_t n)
{
  struct http_client *c = client_of(chat);
  const char *at = data;
  enum http_event event;
  if (!c->first_byte_ns)
    c->first_byte_ns = uv_hrtime();
  do {
    struct span piece;
    size_t used;
    event = http_response_reader_next(&c->reader, at, n, &used, &piece);
    if (used > 0 && c->ops->raw)
      c->ops->raw(c, at, used);
    at += used;
    n -= used;
    if (!c->over)
      act_on(c, event, piece);
  } while (!c->over && event != HTTP_NEEDS_MORE);
}

/* Where only body follows, its bytes need not pass through here. */
static bool move(struct async_chat *chat)
{
  struct http_client *c = client_of(chat);
  for (int turn = 0; turn < BULK_TURNS; turn++) {
    uint64_t most = http_response_reader_bulk(&c->reader);
    if (!c->ops->move_body || (most < BULK && turn == 0) || c->reader.body < BULK)
      return turn > 0;
    ssize_t n = c->ops->move_body(c, &chat->d, most);
    if (n == UV_EINVAL)
      return turn > 0;
    if (c->over)
      return true;
    n = dispatcher_received(&chat->d, n);
    if (n < 0 && n != UV_EAGAIN)
      dispatcher_fail(&chat->d, (int)n);
    if (n <= 0)
      return true;
    chat->received += (uint64_t)n;
    enum http_event event = http_response_reader_moved(&c->reader, (uint64_t)n);
    if (c->ops->moved)
      c->ops->moved(c);
    act_on(c, event, (struct span){NULL, 0});
    if (c->over || (c->ops->readable && !c->ops->readable(c)))
      return true;
  }
  return true;
}

static bool readable(struct async_chat *chat)
{
  struct http_client *c = client_of(chat);
  return !c->ops->readable || c->ops->readable(c);
}

static void drained(struct async_chat *chat)
{
  struct http_client *c = client_of(chat);
  if (!c->sent_ns && async_chat_is_drained(chat))
    c->sent_ns = uv_hrtime();
}

/* A server may respond and close before it has read the whole request. Sending the rest fails then,
 * but the response can still be read. */
static void read_what_came(struct http_client *c)
{
  struct dispatcher *d = &c->chat.d;
  ssize_t n;
  while (!c->over && (n = dispatcher_recv_only(d, d->reactor->buffer, REACTOR_BUFFER_SIZE)) > 0)
    collect(&c->chat, d->reactor->buffer, (size_t)n);
}

static void lost(struct http_client *c)
{
  if (!c->chat.d.ended)
    read_what_came(c);
  finish(c, HTTP_RESULT_LOST);
}

static void handle_close(struct async_chat *chat)
{
  static const enum http_result results[] = {
      [HTTP_ENDED_WHOLE] = HTTP_RESULT_WHOLE,
      [HTTP_ENDED_EMPTY] = HTTP_RESULT_EMPTY,
      [HTTP_ENDED_IN_HEAD] = HTTP_RESULT_CUT_IN_HEAD,
      [HTTP_ENDED_IN_BODY] = HTTP_RESULT_CUT,
  };
  struct http_client *c = client_of(chat);
  if (chat->d.gone)
    lost(c);
  else
    finish(c, results[http_response_reader_end(&c->reader)]);
}

static void handle_error(struct async_chat *chat, int err)
{
  (void)err; /* d.gone has it */
  lost(client_of(chat));
}

static void destroy(struct async_chat *chat)
{
  struct http_client *c = client_of(chat);
  http_response_reader_release(&c->reader);
  if (c->ops->destroy)
    c->ops->destroy(c);
}

void http_client_init(struct http_client *c, struct dispatcher *winner, bool to_head,
                      const struct http_client_ops *ops)
{
  static const struct async_chat_ops chat_ops = {
      .collect_incoming_data = collect,
      .readable = readable,
      .handle_read = move,
      .handle_close = handle_close,
      .handle_error = handle_error,
      .handle_drain = drained,
      .destroy = destroy,
  };
  async_chat_init(&c->chat, winner->reactor, &chat_ops);
  c->ops = ops;
  c->sent_ns = c->first_byte_ns = 0;
  c->over = false;
  http_response_reader_init(&c->reader, to_head);
  dispatcher_take(&c->chat.d, winner);
}

void http_client_send(struct http_client *c, const void *head, size_t n, struct list *body)
{
  struct list *node = list_pop(body);
  int err = node ? async_chat_push_before_producer(&c->chat, head, n,
                                                   container_of(node, struct producer, link))
                 : async_chat_push(&c->chat, head, n);
  while ((node = list_pop(body)) != NULL) {
    struct producer *p = container_of(node, struct producer, link);
    if (err)
      producer_release(p);
    else
      err = async_chat_push_with_producer(&c->chat, p);
  }
  if (c->over)
    return;
  if (err)
    dispatcher_fail(&c->chat.d, err);
  else
    drained(&c->chat);
}

void http_client_close(struct http_client *c)
{
  c->over = true;
  async_chat_close(&c->chat);
}
