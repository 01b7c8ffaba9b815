/* What one run of serve holds: its options, and what was opened and loaded for them. */
#ifndef ANET_CMD_SERVE_SITE_H
#define ANET_CMD_SERVE_SITE_H

#include "cmd/run/http_serving.h"
#include "cmd/run/run.h"
#include "cmd/serve/basic_auth.h"
#include "cmd/serve/cache.h"
#include "cmd/serve/document_root.h"
#include "cmd/serve/listing_jobs.h"
#include "cmd/serve/media_types.h"

struct serve_options {
  struct run_options run;
  struct serving_options serving;
  const char *const *listen, *const *headers;
  const char *index, *spa, *mime_types, *auth, *auth_upload;
  unsigned links; /* enum link_policy */
  bool hidden, no_listing, no_sandbox, cors, upload, overwrite;
  uint64_t cache_ms, head_timeout_ms, stall_ms, limit_rate, max_upload;
};

struct site {
  struct http_serving http;
  const struct serve_options *options;
  struct document_root root;
  struct media_types *types;
  struct cache cache;
  atomic_uint writes; /* files that were published; uploads count it up before they respond */
  struct listing_jobs listings;
  struct basic_auth auth, auth_upload; /* set if the option of that name is */
  char *fields;                        /* field lines of every response */
  char control[64]; /* the Cache-Control line of files; empty if --header has it */
};

static inline struct site *site_of(const struct http_exchange *x)
{
  return container_of(http_serving_of(x), struct site, http);
}

/* Checks the options, opens the folder or file at `path`, and loads passwords and media types. The
 * http, cache and listings members stay untouched. Returns an exit code; unless it is EXIT_DONE,
 * the reason has been logged. site_close is needed either way. */
int site_open(struct site *s, const struct serve_options *options, const char *path);
void site_close(struct site *s);

#endif
