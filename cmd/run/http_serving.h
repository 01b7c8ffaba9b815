/* What the commands that serve HTTP share: the server's part of their connections, and the line
 * that each request leaves in the log. */
#ifndef ANET_CMD_RUN_HTTP_SERVING_H
#define ANET_CMD_RUN_HTTP_SERVING_H

#include "cmd/run/access_log.h"
#include "cmd/run/serving.h"
#include "core/http/server.h"

/* Part of the command's object. */
struct http_serving {
  struct serving serving;
  struct http_server http;
  struct access_log log;
};

static inline struct http_serving *http_serving_of(const struct http_exchange *x)
{
  return container_of(http_exchange_server(x), struct http_serving, http);
}

/* As serving_init, whose idle time-out becomes the one between two requests; listeners are
 * announced as URLs. */
int http_serving_init(struct http_serving *h, const struct http_exchange_ops *ops,
                      const struct serving_options *options, const struct http_server_options *http,
                      unsigned descriptors_each, unsigned descriptors_shared);

/* As serving_run and serving_leave in one. */
int http_serving_run(struct http_serving *h, int code);

/* The entry of a request for the log, kept until its answer is out: NULL when nothing is logged, or
 * without memory. */
struct access_entry *http_serving_entry(struct http_exchange *x, const struct http_request *r);

/* Writes the line, and frees the entry; NULL does nothing. */
void http_serving_log(struct http_exchange *x, struct access_entry *e,
                      const struct http_outcome *o);

#endif
