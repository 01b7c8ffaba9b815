/* The client's side of HTTP/1.1 (RFC 9112) on an async_chat: one request, and its response as it
 * comes. What they mean is the command's. */
#ifndef ANET_CORE_HTTP_CLIENT_H
#define ANET_CORE_HTTP_CLIENT_H

#include "core/http/response_reader.h"
#include "core/stream/async_chat.h"

struct http_client;

/* How an exchange ended. */
enum http_result {
  HTTP_RESULT_WHOLE,       /* the response is whole */
  HTTP_RESULT_EMPTY,       /* the connection ended before the response began */
  HTTP_RESULT_CUT_IN_HEAD, /* or in a head */
  HTTP_RESULT_CUT,         /* or in the body */
  HTTP_RESULT_MALFORMED,   /* reader.reason says why */
  HTTP_RESULT_LOST,        /* it was reset, or sending or receiving failed: chat.d.gone */
};

/* NULL means the default. Any of them may close the client, and nothing follows then. */
struct http_client_ops {
  /* Every byte of the responses, heads and chunks too, before it is acted on: to show it as it
   * came. Not those that move_body takes. Default: nothing. */
  void (*raw)(struct http_client *c, const void *data, size_t n);

  /* A head has come, an interim one (status 1xx but 101) or the final one: reader.response, and the
   * bytes in reader.head. Default: nothing. */
  void (*interim)(struct http_client *c);
  void (*head)(struct http_client *c);

  /* The next bytes of the body, without chunk framing. Default: dropped. */
  void (*body)(struct http_client *c, const void *data, size_t n);

  /* Whether to read on. Default: yes. After a no, http_client_changed says when to ask again. */
  bool (*readable)(struct http_client *c);

  /* Moves up to `most` bytes of the body from the socket by itself, unseen. Returns a count; 0 at
   * the end of the stream; UV_EAGAIN if there are none now; UV_EINVAL if that cannot be done, and
   * they come to `body`; or another negative errno of the socket. Called only where enough is sure
   * to follow to make it worth while. Default: UV_EINVAL. */
  ssize_t (*move_body)(struct http_client *c, struct dispatcher *from, uint64_t most);

  /* The bytes that move_body took have been counted. Default: nothing. */
  void (*moved)(struct http_client *c);

  /* The exchange is over, and the connection closed. */
  void (*done)(struct http_client *c, enum http_result result);

  /* Frees the object it lives in; runs at the end of the pass. Default: nothing. */
  void (*destroy)(struct http_client *c);
};

struct http_client {
  struct async_chat chat;
  const struct http_client_ops *ops;
  struct http_response_reader reader;
  uint64_t sent_ns;       /* uv_hrtime when the last of the request was out; 0 before */
  uint64_t first_byte_ns; /* and when the first of a response came */
  bool over;
};

/* Takes the connection of `winner` over (dispatcher_take), which is connected. `to_head` says that
 * the request will be HEAD. Nothing is read before http_client_send. */
void http_client_init(struct http_client *c, struct dispatcher *winner, bool to_head,
                      const struct http_client_ops *ops);

/* Sends the request: `n` bytes of its head, then the producers of `body`, which loses them. May run
 * `done`. */
void http_client_send(struct http_client *c, const void *head, size_t n, struct list *body);

/* readable() may have changed. */
static inline void http_client_changed(struct http_client *c)
{
  dispatcher_changed(&c->chat.d);
}

/* Ends it without `done`. */
void http_client_close(struct http_client *c);

#endif
