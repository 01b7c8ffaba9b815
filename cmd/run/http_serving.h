/* The frame of a command that serves HTTP: serving.h with HTTP connections and an access log. */
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

/* As serving_init. The idle timeout is the one between two requests, and listeners are announced as
 * URLs. A connection that is one too many from its host is answered with 503. */
int http_serving_init(struct http_serving *h, const struct http_exchange_ops *ops,
                      const struct serving_options *options, const struct http_server_options *http,
                      unsigned descriptors_each, unsigned descriptors_shared);

/* serving_run, then serving_leave. */
int http_serving_run(struct http_serving *h, int code);

/* The entry of a request for the log, kept until its answer is out: NULL when nothing is logged, or
 * without memory. */
struct access_entry *http_serving_entry(struct http_exchange *x, const struct http_request *r);

/* Writes the line, and frees the entry; NULL does nothing. */
void http_serving_log(struct http_exchange *x, struct access_entry *e,
                      const struct http_outcome *o);

#endif
