#include "cmd/fetch/exchange.h"

#include "cmd/cli/exit_code.h"
#include "cmd/fetch/trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <uv.h>

static struct fetch_exchange *exchange_of(struct http_client *c)
{
  return container_of(c, struct fetch_exchange, client);
}

static struct span head_of(const struct http_client *c)
{
  return (struct span){(const char *)buffer_data(&c->reader.head), c->reader.head.length};
}

/* The http_client_ops. */

static void raw(struct http_client *c, const void *data, size_t n)
{
  struct fetch_exchange *x = exchange_of(c);
  if (x->as_it_comes)
    body_saver_show(x->saver, data, n);
}

static void interim(struct http_client *c)
{
  trace_head("interim", '<', head_of(c), exchange_of(c)->shows_secrets);
  exchange_of(c)->head_bytes += c->reader.head.length;
}

static void head(struct http_client *c)
{
  struct fetch_exchange *x = exchange_of(c);
  trace_head("response", '<', head_of(c), x->shows_secrets);
  x->head_bytes += c->reader.head.length;
  if (!x->ops->head(x, &c->reader.response))
    fetch_exchange_close(x);
}

static void body(struct http_client *c, const void *data, size_t n)
{
  struct fetch_exchange *x = exchange_of(c);
  if (!x->as_it_comes)
    body_saver_write(x->saver, data, n);
  if (!c->over)
    x->ops->moved(x);
}

static bool readable(struct http_client *c)
{
  return body_saver_has_room(exchange_of(c)->saver);
}

static ssize_t move_body(struct http_client *c, struct dispatcher *from, uint64_t most)
{
  return body_saver_move(exchange_of(c)->saver, from, most);
}

static void moved(struct http_client *c)
{
  struct fetch_exchange *x = exchange_of(c);
  x->ops->moved(x);
}

static void destroy(struct http_client *c)
{
  free(exchange_of(c));
}

/* How it ends. */

static void say_cut(struct failure *f, const struct fetch_exchange *x)
{
  const struct http_response_reader *reader = &x->client.reader;
  uint64_t length = reader->response.framing == HTTP_LENGTH ? reader->response.length : x->expected;
  if (length != UINT64_MAX)
    failure_say(f, EXIT_CUT_SHORT, FAILURE_TRANSIENT,
                "the body is cut short: %" PRIu64 " of %" PRIu64 " bytes received", reader->body,
                length);
  else
    failure_say(f, EXIT_CUT_SHORT, FAILURE_TRANSIENT,
                "the body is cut short: no last chunk after %" PRIu64 " bytes", reader->body);
}

static void say_lost(struct failure *f, const struct http_client *c)
{
  bool sending = c->reader.head.length == 0 && !async_chat_is_drained(&c->chat);
  failure_say(f, EXIT_RECEIVING, FAILURE_TRANSIENT, "%s: %s",
              sending ? "send the request" : "receive", error_words(c->chat.d.gone));
}

static void whole(struct fetch_exchange *x)
{
  struct failure f;
  uint64_t came = x->client.reader.body;
  if (x->expected == UINT64_MAX || came == x->expected) {
    x->ops->whole(x);
    return;
  }
  if (x->is_exact)
    failure_say(&f, EXIT_RECEIVING, FAILURE_FINAL,
                "the server sent %" PRIu64 " bytes as all of %" PRIu64, came, x->expected);
  else if (came < x->expected)
    say_cut(&f, x);
  else
    failure_say(&f, EXIT_RECEIVING, FAILURE_FINAL,
                "the server sent %" PRIu64 " bytes for a range of %" PRIu64, came, x->expected);
  x->ops->failed(x, &f);
}

static void done(struct http_client *c, enum http_result result)
{
  struct fetch_exchange *x = exchange_of(c);
  struct failure f;
  switch (result) {
  case HTTP_RESULT_WHOLE:
    whole(x);
    return;
  case HTTP_RESULT_EMPTY:
    failure_say(&f, EXIT_EMPTY_REPLY, FAILURE_TRANSIENT,
                "the server closed the connection without a response");
    break;
  case HTTP_RESULT_CUT_IN_HEAD:
    failure_say(&f, EXIT_RECEIVING, FAILURE_TRANSIENT, "the response ends inside its head");
    break;
  case HTTP_RESULT_CUT:
    say_cut(&f, x);
    break;
  case HTTP_RESULT_MALFORMED:
    failure_say(&f, EXIT_RECEIVING, FAILURE_FINAL, "malformed HTTP response: %s", c->reader.reason);
    break;
  case HTTP_RESULT_LOST:
    say_lost(&f, c);
    break;
  }
  x->ops->failed(x, &f);
}

int fetch_exchange_start(struct fetch_exchange **place, struct dispatcher *winner,
                         struct span request, struct list *sent_body, bool to_head,
                         struct body_saver *saver, bool as_it_comes, bool shows_secrets,
                         const struct fetch_exchange_ops *ops, void *owner)
{
  static const struct http_client_ops client_ops = {
      .raw = raw,
      .interim = interim,
      .head = head,
      .body = body,
      .readable = readable,
      .move_body = move_body,
      .moved = moved,
      .done = done,
      .destroy = destroy,
  };
  struct fetch_exchange *x = malloc(sizeof *x);
  if (!x)
    return UV_ENOMEM;
  *place = x;
  http_client_init(&x->client, winner, to_head, &client_ops);
  x->ops = ops;
  x->owner = owner;
  x->saver = saver;
  x->as_it_comes = as_it_comes;
  x->shows_secrets = shows_secrets;
  x->expected = UINT64_MAX;
  x->is_exact = false;
  x->request_length = request.length;
  x->head_bytes = 0;
  trace_head("request", '>', request, shows_secrets);
  http_client_send(&x->client, request.data, request.length, sent_body);
  return 0;
}
