/* The state that serve keeps of a request and its response, and the responses to errors. */
#ifndef ANET_CMD_SERVE_EXCHANGE_H
#define ANET_CMD_SERVE_EXCHANGE_H

#include "cmd/serve/site.h"
#include "core/http/respond.h"

struct upload;

struct serve_exchange {
  struct http_exchange *exchange;
  struct access_entry *log; /* NULL when nothing is logged */
  struct listing_request listing;
  bool json;   /* the listing is asked for as JSON */
  bool varies; /* the response depends on Accept */
  struct upload *upload;
};

/* The exchange of a connection; made on the first call. NULL without memory. */
struct serve_exchange *serve_exchange_of(struct http_exchange *x);

/* Responds to a negative errno of the file system; `path` is named in the log. */
void serve_error(struct http_exchange *x, const char *path, int err);

#endif
