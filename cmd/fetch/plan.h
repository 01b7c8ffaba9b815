/* The command line of fetch, read and checked before anything is requested. */
#ifndef ANET_CMD_FETCH_PLAN_H
#define ANET_CMD_FETCH_PLAN_H

#include "cmd/fetch/checksum.h"
#include "cmd/fetch/options.h"
#include "cmd/fetch/output.h"
#include "cmd/fetch/request_body.h"
#include "core/http/message/url.h"
#include "core/net/address.h"

struct fetch_plan {
  const struct fetch_options *options;
  bool raw; /* HOST PATH or --raw: ask in HTTP/1.0, and show any response as it comes */
  size_t count;
  const char **texts;    /* the URLs as given; borrowed, or `whole` */
  struct http_url *urls; /* the same, parsed */
  char **paths;          /* the file for each URL; NULL for stdout */
  char *format;          /* of --write-out; NULL without it */
  char *whole;           /* the URL made of HOST and PATH */
  struct address socket; /* of --unix-socket: connect here for any URL; size 0 for none */
  struct checksum checksum;
  struct request_body body;
  struct output output; /* of --output, opened; others are opened when their transfer begins */
  bool has_output;
};

/* EXIT_DONE; or another exit code, with the reason logged. plan_release frees in either case. */
int plan_init(struct fetch_plan *p, const struct fetch_options *o, const char *const *operands);

/* The method of the first request. */
const char *plan_method(const struct fetch_plan *p);

void plan_release(struct fetch_plan *p);

#endif
