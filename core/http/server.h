/* The server's side of HTTP/1.1 (RFC 9112) on an async_chat: connections that are kept, requests
 * that come in any pieces or many at once, bodies, time-outs, and answers in their order. What the
 * requests mean is the command's. */
#ifndef ANET_CORE_HTTP_SERVER_H
#define ANET_CORE_HTTP_SERVER_H

#include "core/event/deadline.h"
#include "core/http/message/date.h"
#include "core/http/message/request.h"
#include "core/net/server.h"
#include "core/stream/async_chat.h"

struct http_conn;

/* How an exchange went, when it is over. */
struct http_outcome {
  unsigned status; /* of the answer; 0 when there was none */
  uint64_t bytes;  /* of its body that were sent */
  uint64_t ms;     /* since the request's head was whole */
};

/* For each exchange `begin` is called once and `end` once; `request`, `body` and `body_end` only
 * between the two. Any may close the connection, or answer. */
struct http_server_ops {
  /* A head has come; the spans of `r` are valid during the call. r->status says whether it is
   * malformed: then it is answered here, and `request` is not called. Default: nothing. */
  void (*begin)(struct http_conn *c, const struct http_request *r);

  /* The request, and the same spans. Answers (respond.h) now or later; until it has, nothing more
   * is read of the connection unless http_read_body was called. */
  void (*request)(struct http_conn *c, const struct http_request *r);

  /* The next bytes of the body that http_read_body asked for, and its end. A body that is too
   * long or malformed is answered here. */
  void (*body)(struct http_conn *c, const void *data, size_t n);
  void (*body_end)(struct http_conn *c);

  /* The exchange is over: the answer is out, or the connection lost. Frees c->exchange. */
  void (*end)(struct http_conn *c, const struct http_outcome *o);
};

struct http_server_options {
  uint64_t head_timeout_ms; /* from a head's first byte to its last */
  uint64_t idle_ms;         /* between two requests */
  uint64_t limit_rate;      /* bytes a second to each connection; 0 for no limit */
  const char *fields;       /* field lines for every answer, with their CRLF; borrowed; or NULL */
};

enum {
  HTTP_RESPONSE_HEAD_ROOM = 64 * 1024,
  HTTP_DROPPED_BODY = 64 * 1024, /* of a body that nobody wants; then the connection closes */
  HTTP_PACE_MS = 30000,          /* in each such span of time a peer must take or send ... */
  HTTP_PACE_BYTES = 30 * 1024,   /* ... so many bytes of an answer or a body */
  HTTP_LINGER_MS = 2000,
};

/* What the connections of one reactor share. */
struct http_server {
  struct server *server;
  const struct http_server_ops *ops;
  struct http_server_options options;
  struct deadline_queue heads, fresh, resting, pace;
  struct http_request request; /* the one that is handed over now */
  int64_t second;              /* what `common` was made for, in Unix time */
  char *common;                /* the lines that every answer has: Server, Date and the options' */
  size_t common_length;
  size_t head_length; /* of the answer that is being made */
  bool head_overflow;
  char head[HTTP_RESPONSE_HEAD_ROOM];
};

struct http_body;

struct http_conn {
  struct async_chat chat;
  struct server_conn conn;
  struct http_server *http;
  void *exchange; /* the command's, for this exchange; NULL at its beginning */
  struct buffer input;
  size_t scanned; /* how much of the input was searched for the end of the head */
  struct deadline deadline;
  struct timer throttle, turn;
  struct http_body *body; /* of this request, until its end has come; NULL without */
  uint64_t begun_ms, paced;
  uint64_t sent_before; /* chat.sent when the exchange began */
  uint32_t head_length; /* of the answer */
  uint16_t status;      /* of the answer; 0 until there is one */
  uint8_t phase;
  bool keep;      /* the connection stays for another request */
  bool head_only; /* the request is HEAD */
  bool old;       /* the request is HTTP/1.0 */
  bool answered;
  bool linger;    /* there may be something unread when it closes */
  bool slow;      /* the answer did not leave at once */
  bool more_came; /* behind the head, when that was taken */
  bool consuming; /* input is being taken: what an answer frees goes on there */
};

/* 0 or UV_ENOMEM. To be released before its reactor. */
int http_server_init(struct http_server *h, struct server *s, const struct http_server_ops *ops,
                     const struct http_server_options *options);
void http_server_release(struct http_server *h);

/* Makes a connection of what server_ops.accepted was given. */
void http_server_accept(struct http_server *h, int fd, const struct sockaddr *peer,
                        socklen_t peer_size);

/* The other server_ops. */
uint64_t http_conn_active_ms(const struct server_conn *c);
void http_conn_close(struct server_conn *c);
void http_server_stopping(struct http_server *h);
struct server_conn *http_server_resting(const struct http_server *h);

/* The time in seconds; `common` has the same as an HTTP-date. */
int64_t http_server_now(struct http_server *h);

/* In `request`: the body is wanted, up to `limit` bytes; the client that waits for it is told to go
 * on (RFC 9110 10.1.1). A longer one is answered with 413. Returns whether there is a body; if not,
 * nothing of it will be called. */
bool http_read_body(struct http_conn *c, uint64_t limit);

/* The connection of a server_conn, and back. */
static inline struct http_conn *http_conn_of(const struct server_conn *c)
{
  return container_of(c, struct http_conn, conn);
}

#endif
