/* An exchange: one request and its response (RFC 9110 3.4). HTTP/1.1 has one at a time on a
 * connection, which keeps it by value; a protocol that interleaves them has many. */
#ifndef ANET_CORE_HTTP_EXCHANGE_H
#define ANET_CORE_HTTP_EXCHANGE_H

#include "core/http/message/chunked.h"
#include "core/http/message/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_conn;
struct http_exchange;

enum {
  HTTP_DROPPED_BODY = 64 * 1024, /* bytes of a body the command did not ask for are read and
                                  * dropped; a longer one ends the connection */
};

/* The body of the request, as long as some of it is still to come. */
struct http_body {
  bool chunked;
  bool wanted;           /* the command asked for it (http_body_read) */
  bool expects_continue; /* the client waits for 100 Continue */
  uint64_t left;         /* bytes still to come; unless it is chunked */
  uint64_t limit;        /* bytes that may still be taken */
  struct http_chunked chunks;
};

/* What came of an exchange. */
struct http_outcome {
  unsigned status; /* of the response; 0 for none */
  uint64_t bytes;  /* of the response's body that were sent */
  uint64_t ms;     /* from the end of the request's head to the end of the response */
};

/* What a command does with its exchanges. For each, `begin` is called once and `end` once;
 * `request`, `body` and `body_end` only between the two. Each handler may respond or close the
 * connection. */
struct http_exchange_ops {
  /* A request head has come; the spans of `r` are valid during the call. If it is malformed
   * (r->status is not 0), it is refused afterwards and `request` is not called. Default: nothing.
   */
  void (*begin)(struct http_exchange *x, const struct http_request *r);

  /* The same request. The handler responds (respond.h) now or later. Until then, nothing more is
   * read from the connection unless it calls http_body_read. */
  void (*request)(struct http_exchange *x, const struct http_request *r);

  /* The next bytes of the body that http_body_read asked for, and its end. A body that is
   * malformed or too long is refused by the server. Default: nothing. */
  void (*body)(struct http_exchange *x, const void *data, size_t n);
  void (*body_end)(struct http_exchange *x);

  /* The response is sent, or the connection is lost. Frees x->context. Default: nothing. */
  void (*end)(struct http_exchange *x, const struct http_outcome *o);
};

/* A command uses `context` only. */
struct http_exchange {
  void *context; /* the command's own; NULL at the beginning */
  struct http_conn *conn;

  /* The request. */
  struct http_body *body; /* until its end has come; NULL if there is none */
  uint64_t begun_ms;      /* when its head was complete */
  bool head_only;         /* the method is HEAD */
  bool http10;            /* the version is HTTP/1.0 */
  bool more_came;         /* bytes followed the head at once */

  /* The response. */
  bool responded;       /* it is queued or sent */
  bool slow;            /* it could not be sent at once */
  uint16_t status;      /* 0 until it was started */
  uint32_t head_length; /* in bytes */
  uint64_t sent_before; /* bytes that the connection had sent before it */
};

/* Begins an exchange on its connection, which has sent `sent` bytes so far. */
void http_exchange_begin(struct http_exchange *x, uint64_t now_ms, uint64_t sent);

/* Ends it: `end` gets the outcome, and `context` is NULL from then on. The body may still have to
 * be dropped. */
void http_exchange_end(struct http_exchange *x, const struct http_exchange_ops *ops,
                       uint64_t now_ms, uint64_t sent);

/* Whether the next request can follow on the connection: a response made now leaves no part of the
 * body behind that the client sends in vain or may never send. */
bool http_exchange_can_keep(const struct http_exchange *x);

/* Frees the body. */
void http_exchange_release(struct http_exchange *x);

#endif
