/* What the tests of the HTTP server share: a server with one connection, and its peer. The handlers
 * record their calls. */
#ifndef ANET_TESTS_HTTP_PAIR_H
#define ANET_TESTS_HTTP_PAIR_H

#include "tests/unit/lib/harness.h"

#include "core/http/server.h"

struct http_pair {
  struct server server;
  struct http_server http;
  int peer;

  /* To be set by a test: what the handler of that name does. Default: a response whose body is
   * "ok"; an empty one; nothing. */
  void (*request)(struct http_exchange *x, const struct http_request *r);
  void (*body_end)(struct http_exchange *x);
  void (*begin)(struct http_exchange *x);
  bool silent;                 /* begin, body and end are not recorded */
  unsigned ended;              /* exchanges */
  struct http_outcome outcome; /* of the last of them */
};

extern struct http_pair http_pair;

#define HTTP_TEST(f) cmocka_unit_test_setup_teardown(f, http_pair_open, http_pair_close)

int http_pair_open(void **state);
int http_pair_close(void **state);

/* The same with options for the server; idle_ms and head_timeout_ms are an hour unless set. */
int http_pair_open_with(void **state, const struct http_server_options *options);

/* The same for a command that handles `request` alone. */
int http_pair_open_bare(void **state);

/* Another connection; returns its peer, which is the caller's to close. */
int http_pair_connect(void);

/* The only connection there is. */
struct http_conn *http_pair_conn(void);

/* The peer sends `text`, and one pass is run. */
void http_pair_says(void **state, const char *text);

/* What came for the peer, after some passes, with a NUL at its end; at most `size` - 1 bytes.
 * Returns the length. */
size_t http_pair_gets(void **state, char *out, size_t size);

/* The same begins like this. */
void http_pair_answered(const char *begins);

#endif
