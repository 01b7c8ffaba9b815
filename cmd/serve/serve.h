/* The parts of `anet serve`: one file each. */
#ifndef ANET_CMD_SERVE_SERVE_H
#define ANET_CMD_SERVE_SERVE_H

#include "cmd/run/http_serving.h"
#include "cmd/serve/basic_auth.h"
#include "cmd/serve/cache.h"
#include "cmd/serve/listing_jobs.h"
#include "core/http/message/path.h"
#include "core/http/respond.h"

struct serve_options {
  struct run_options run;
  struct serving_options serving;
  const char *const *listen, *const *headers;
  const char *index, *spa, *mime_types, *auth, *auth_upload;
  unsigned links; /* enum link_policy */
  bool hidden, no_listing, no_sandbox, cors, upload, overwrite;
  uint64_t cache_ms, head_timeout_ms, limit_rate, max_upload;
};

struct serve {
  struct http_serving http;
  const struct serve_options *options;
  struct document_root root;
  struct media_types *types;
  struct cache cache;
  struct listing_jobs listings;
  struct basic_auth auth, auth_upload; /* each with its option */
  char *fields;                        /* of every answer */
  char control[64];                    /* the Cache-Control line, or empty */
};

struct upload;

/* What is kept of an exchange that is under way. */
struct exchange {
  struct http_exchange *conn;
  struct access_entry *log; /* NULL when nothing is logged */
  struct listing_request listing;
  bool json; /* is what the listing is asked for as */
  struct upload *upload;
};

/* The exchange of a connection, made when first asked for. NULL without memory. */
struct exchange *exchange_of(struct http_exchange *c);

static inline struct serve *serve_of(const struct http_exchange *c)
{
  return container_of(http_serving_of(c), struct serve, http);
}

extern const struct http_exchange_ops serve_ops;

/* Answers GET or HEAD of a file (file.c). `path` is not empty. False when there is no such file:
 * `*err` then, and nothing was answered. */
bool serve_file(struct http_exchange *c, const struct http_request *r, const char *path,
                size_t length, int *err);

/* Answers GET or HEAD of a folder: its index, or its listing (folder.c). */
void serve_folder(struct http_exchange *c, const struct http_request *r, const struct http_path *p);

/* With --spa, answers a path that only the page's own program knows with that page (request.c).
 * False when it is none: `err` says what is wrong with the path. */
bool serve_spa(struct http_exchange *c, const struct http_request *r, const struct http_path *p,
               int err);

/* Takes PUT or a multipart POST (upload.c). */
void serve_upload(struct http_exchange *c, const struct http_request *r, const struct http_path *p);
void upload_data(struct http_exchange *c, const void *data, size_t n);
void upload_done(struct http_exchange *c);
void upload_cancel(struct upload *u); /* removes what is not whole */

/* Answers what a negative errno of the file system means for `path`. */
void serve_error(struct http_exchange *c, const char *path, int err);

#endif
