/* The head of a request. */
#ifndef ANET_CMD_FETCH_REQUEST_HEAD_H
#define ANET_CMD_FETCH_REQUEST_HEAD_H

#include "cmd/fetch/options.h"
#include "cmd/fetch/request_body.h"
#include "core/http/message/url.h"

struct request_head {
  const struct fetch_options *options;
  bool raw; /* in HTTP/1.0, and with as few fields as the server needs */
  const struct http_url *url;
  const struct http_url *origin; /* that was given: what is meant for it, such as credentials, goes
                                  * nowhere else */
  const struct http_url *proxy;  /* NULL for none */
  const char *method;
  const struct request_body *body; /* NULL for none */
  const char *accept;              /* what the response is to be; NULL for anything */
  bool decodes;                    /* content codings are asked for */
  uint64_t resume_from;            /* 0 for the whole */
  const char *if_range;            /* with that */
};

/* Whether the option's values may stand in a head: 0; or UV_EINVAL and an error that says which
 * does not (RFC 9110 5.5, 9.1). */
int request_head_check(const struct fetch_options *o, struct error *e);

/* Whether -H says anything of the field `name`, so that it is no more ours. */
bool request_head_has_own(const struct fetch_options *o, const char *name);

/* Appends the head with its empty line. 0 or UV_ENOMEM. */
int request_head_print(struct buffer *out, const struct request_head *r);

#endif
