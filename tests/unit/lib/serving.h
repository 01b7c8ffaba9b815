/* A server whose connections are async_chats that record how they end, and its clients. One too
 * many from a host is told "no". */
#ifndef ANET_TESTS_SERVING_H
#define ANET_TESTS_SERVING_H

#include "tests/unit/lib/harness.h"

#include "core/net/server.h"
#include "core/stream/async_chat.h"

extern struct server server;

struct conn {
  struct server_conn sc;
  struct async_chat c;
  bool never_idle;
  bool rests; /* it may be closed to make room */
};

/* As a command would set them: 1 descriptor a connection, no limits. */
extern const struct server_options plain_options;

void serve(struct reactor *r, const struct server_options *options);

/* Listens on `text`, which must work; returns the listener. `transports` may be NULL. */
struct listener *serve_on(const char *text);
struct listener *serve_on_with(const char *text, struct transport_maker *transports);

/* A blocking client of a listener. */
int client_of(const struct listener *l);

/* Serves until `n` connections have been accepted in all; then the newest of them. */
struct conn *accepted(struct reactor *r, uint64_t n);

/* Connections that are refused from now on: their descriptor is closed. */
extern bool refuse_all;

#endif
