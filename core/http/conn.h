/* A connection of the HTTP server: its phases, the deadline of each, and input that may come in
 * any pieces. What the bytes mean is the business of the protocol above it (server.c), which it
 * knows as a function. A command uses
 * http_exchange_peer and http_exchange_server only.
 *
 * The pace. A response or a body that the command asked for may take as long as it wants, if it
 * moves on: HTTP_PACE bytes a second on average since its beginning, so that what came fast is
 * credit for what comes later; and some of it within each stall_ms, whatever the credit. A receiver
 * with a large buffer acknowledges nothing for minutes and then megabytes at once: that is no
 * stall of the kind that ends a connection. Of a response counts what the peer has acknowledged; of
 * a body what has come. A unix socket has no acknowledgements: there counts what it took, which is
 * what the peer has read and at most one socket buffer more (some 200 KB).
 *
 * When places are short, those make room that fell behind the pace longest ago and have not caught
 * up (http_server_resting). */
#ifndef ANET_CORE_HTTP_CONN_H
#define ANET_CORE_HTTP_CONN_H

#include "core/base/writer.h"
#include "core/event/deadline.h"
#include "core/http/common_fields.h"
#include "core/http/exchange.h"
#include "core/net/server.h"
#include "core/stream/async_chat.h"

struct http_server_options {
  uint64_t head_timeout_ms; /* from the first byte of a request head to its last */
  uint64_t idle_ms;         /* between two requests; 0 disables it */
  uint64_t stall_ms;        /* without progress in a response or a body; 0 disables it */
  uint64_t limit_rate;      /* bytes a second to each connection; 0 disables it */
  const char *fields;       /* field lines for every response, with their CRLF; borrowed; or NULL */
};

enum {
  HTTP_RESPONSE_ROOM = 64 * 1024, /* a head and a copied body that fit leave as one piece */
  HTTP_PACE = 1024,               /* bytes a second, on average ... */
  HTTP_PACE_FROM_MS = 30000,      /* ... which is judged after this time */
  HTTP_LOOK_MS = 2000,            /* how often the pace is looked at */
  HTTP_STALL_MS = 360000,         /* for commands without an option for it */
  HTTP_LINGER_MS = 2000,
  HTTP_SLOW_LINGER_MS = 30000,
};

/* What the connections of one reactor share. */
struct http_server {
  struct server *server;
  const struct http_exchange_ops *ops;
  struct http_server_options options;
  struct deadline_queue heads, fresh, resting, pace;
  struct list behind;          /* connections behind the pace, the longest first */
  struct http_request request; /* the one that is handed over now */
  struct http_common_fields common;
  struct buffer out;    /* the head of the response being made, and a short body */
  struct writer writer; /* of `out` */
};

enum http_phase {
  HTTP_RESTING, /* nothing of the next request has come */
  HTTP_READING_HEAD,
  HTTP_READING_BODY,  /* the command asked for it */
  HTTP_HANDLING,      /* the response is not sent yet */
  HTTP_DROPPING_BODY, /* the response is sent; the command did not ask for the body */
  HTTP_OVER,          /* the connection closes; input is dropped */
};

struct http_conn {
  struct async_chat chat;
  struct server_conn conn;
  struct http_server *http;
  struct http_exchange exchange;

  /* Uses some of `n` bytes and returns how many; 0 when it needs more of them. */
  size_t (*take)(struct http_conn *c, const char *data, size_t n);
  struct buffer input; /* that was not taken yet */
  size_t scanned;      /* bytes of it that were searched for the end of the head */

  struct deadline deadline;
  struct timer throttle, turn;
  struct http_pace {
    struct list link;            /* of http_server's `behind` */
    uint64_t since_ms, moved_ms; /* its beginning; when some of it was last seen to move */
    uint64_t from, moved;        /* bytes at the one and at the other */
  } pace;
  uint8_t phase;
  bool keep;      /* another request may follow */
  bool linger;    /* input may be left unread when it closes */
  bool consuming; /* `take` is running */
};

/* Makes a connection of an accepted socket, and reads from it. */
void http_conn_open(struct http_server *h, int fd, const struct sockaddr *peer, socklen_t peer_size,
                    size_t (*take)(struct http_conn *c, const char *data, size_t n));

/* The deadlines of all connections. `head_late` is called for a connection whose request head is
 * not complete in time. 0 or UV_ENOMEM; to be released in either case. */
int http_conn_queues_init(struct http_server *h,
                          void (*head_late)(struct deadline_queue *q, struct deadline *d));
void http_conn_queues_release(struct http_server *h);

/* Some of the next request head has come: it has head_timeout_ms to become complete. */
void http_conn_head_begun(struct http_conn *c);

/* A request head is complete: its exchange begins. */
void http_conn_begin_exchange(struct http_conn *c);

/* From now on the peer must keep the pace: take the response, or send the body. */
void http_conn_watch_pace(struct http_conn *c);

/* All of the body has come: the command may take as long as it wants. */
void http_conn_body_came(struct http_conn *c);

/* A response is about to be made: decides whether the connection is kept. */
void http_conn_will_respond(struct http_conn *c);

/* The response is queued or sent: `err` is what the push of it returned. May end the exchange, and
 * go on with the next request that has come. */
void http_conn_responded(struct http_conn *c, int err);

/* Sends what is queued, then closes. The peer may take `linger_ms` to end its side. */
void http_conn_end(struct http_conn *c, const char *why, uint64_t linger_ms);

/* For server_ops. */
uint64_t http_conn_active_ms(const struct server_conn *c);
void http_conn_close(struct server_conn *c);

/* The peer of an exchange, and the server that it belongs to. */
static inline const struct sockaddr *http_exchange_peer(const struct http_exchange *x,
                                                        socklen_t *size)
{
  *size = x->conn->conn.peer_size;
  return (const struct sockaddr *)&x->conn->conn.peer;
}

static inline struct http_server *http_exchange_server(const struct http_exchange *x)
{
  return x->conn->http;
}

/* The connection that a part of it belongs to. */
static inline struct http_conn *http_conn_of(const struct server_conn *c)
{
  return container_of(c, struct http_conn, conn);
}

static inline struct http_conn *http_conn_of_deadline(const struct deadline *d)
{
  return container_of(d, struct http_conn, deadline);
}

#endif
