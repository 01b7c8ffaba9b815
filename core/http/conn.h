/* The inside of a connection: its phases and its request's body. For server.c, body.c and respond.c
 * alone. */
#ifndef ANET_CORE_HTTP_CONN_H
#define ANET_CORE_HTTP_CONN_H

#include "core/http/message/chunked.h"
#include "core/http/server.h"

enum http_phase {
  HTTP_RESTING, /* nothing of the next request has come */
  HTTP_READING_HEAD,
  HTTP_READING_BODY,  /* which the command wants */
  HTTP_HANDLING,      /* the answer is not out yet */
  HTTP_DROPPING_BODY, /* the answer is out, and the body was not wanted */
  HTTP_OVER,          /* the connection closes; what comes is dropped */
};

struct http_body {
  bool chunked, wanted;
  bool expects_continue; /* the client waits for a word */
  uint64_t left;         /* without chunks: what has not come yet */
  uint64_t limit;        /* how much more is taken */
  struct http_chunked chunks;
};

/* The answer is about to be made: whether the connection is kept is decided now. */
void http_conn_will_respond(struct http_conn *c);

/* The answer is queued, or out: `err` is what the push of it returned. */
void http_conn_responded(struct http_conn *c, int err);

/* Refuses what came, with a page, and lets the connection go after it. */
void http_conn_refuse(struct http_conn *c, unsigned status, const char *why);

/* From now on the peer must keep the pace: take the answer, or send the body. */
void http_conn_watch_pace(struct http_conn *c);

/* The body of a request that has one. False without memory. */
bool http_body_begin(struct http_conn *c, const struct http_request *r);

/* Takes some of `n` bytes: returns how many were used, 0 when it cannot go on. When the body is
 * over c->body is NULL. */
size_t http_body_take(struct http_conn *c, const char *data, size_t n);
void http_body_release(struct http_conn *c);

#endif
