#include "cmd/run/http_serving.h"

#include "core/base/log.h"
#include "core/net/address.h"

#include <stdlib.h>

static struct http_serving *of_server(const struct server *s)
{
  return container_of(s, struct http_serving, serving.server);
}

static void accepted(struct server *s, struct listener *l, int fd, const struct sockaddr *peer,
                     socklen_t peer_size)
{
  (void)l;
  http_server_accept(&of_server(s)->http, fd, peer, peer_size);
}

static struct server_conn *resting(const struct server *s)
{
  return http_server_resting(&of_server(s)->http);
}

static void stopping(struct server *s)
{
  http_server_stopping(&of_server(s)->http);
}

static struct span refusal(const struct server *s)
{
  (void)s;
  return span_of("HTTP/1.1 503 Service Unavailable\r\n"
                 "Connection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n");
}

int http_serving_init(struct http_serving *h, const struct http_exchange_ops *ops,
                      const struct serving_options *options, const struct http_server_options *http,
                      unsigned descriptors_each, unsigned descriptors_shared)
{
  static const struct server_ops server_ops = {
      .accepted = accepted,
      .active_ms = http_conn_active_ms,
      .close = http_conn_close,
      .refusal = refusal,
      .resting = resting,
      .stopping = stopping,
  };
  struct serving_options server = *options;
  struct http_server_options with_idle = *http;
  with_idle.idle_ms = options->idle_ms;
  server.idle_ms = 0; /* HTTP has time-outs of its own */
  int code =
      serving_init(&h->serving, &server_ops, &server, descriptors_each, descriptors_shared, NULL);
  if (code != EXIT_DONE)
    return code;
  h->serving.scheme = "http";
  int err = http_server_init(&h->http, &h->serving.server, ops, &with_idle);
  if (!err)
    return EXIT_DONE;
  log_error("start: %s", error_words(err));
  return serving_leave(&h->serving, EXIT_FAILED);
}

int http_serving_run(struct http_serving *h, int code)
{
  code = serving_run(&h->serving, code);
  http_server_release(&h->http);
  return serving_leave(&h->serving, code);
}

struct access_entry *http_serving_entry(struct http_exchange *x, const struct http_request *r)
{
  char host[ADDRESS_TEXT_SIZE];
  socklen_t peer_size;
  const struct sockaddr *peer = http_exchange_peer(x, &peer_size);
  struct access_entry *e = log_enabled(LOG_INFO) ? malloc(sizeof *e) : NULL;
  if (!e)
    return NULL;
  *e = (struct access_entry){
      .host = span_of(address_format_host(host, peer, peer_size)),
      .line = r->line,
      .referer = http_field(&r->fields, HTTP_REFERER),
      .agent = http_field(&r->fields, HTTP_USER_AGENT),
      .time = http_server_now(http_exchange_server(x)),
  };
  if (access_entry_keep(e) == 0)
    return e;
  free(e);
  return NULL;
}

void http_serving_log(struct http_exchange *x, struct access_entry *e, const struct http_outcome *o)
{
  if (!e)
    return;
  e->status = o->status;
  e->bytes = o->bytes;
  e->duration_ms = o->ms;
  access_log_write(&http_serving_of(x)->log, e);
  access_entry_release(e);
  free(e);
}
