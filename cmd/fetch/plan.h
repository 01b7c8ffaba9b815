/* What stands on the command line of fetch, read and checked: nothing is asked before all of it is
 * right. */
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
  bool raw; /* in HTTP/1.0, and any status is an answer */
  size_t count;
  const char **texts;    /* the URLs as they were given; borrowed, or `whole` */
  struct http_url *urls; /* the same, taken apart */
  char **paths;          /* the files for them; each NULL for stdout */
  char *whole;           /* the URL that HOST PATH is short for */
  struct address socket; /* where to connect whatever they say; size 0 for none */
  struct checksum checksum;
  struct request_body body;
  struct output output; /* of --output, ready; others are made when their turn comes */
  bool has_output;
};

/* EXIT_DONE; or another exit code with the reason said. plan_release frees in either case. */
int plan_init(struct fetch_plan *p, const struct fetch_options *o, const char *const *operands);
void plan_release(struct fetch_plan *p);

#endif
