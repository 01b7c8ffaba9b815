/* Request heads: the request line and the fields. */
#ifndef ANET_CMD_FETCH_REQUEST_HEAD_H
#define ANET_CMD_FETCH_REQUEST_HEAD_H

#include "cmd/fetch/options.h"
#include "cmd/fetch/request_body.h"
#include "core/http/message/url.h"

struct request_head {
  const struct fetch_options *options;
  bool raw; /* in HTTP/1.0, with as few fields as the server needs */
  const struct http_url *url;
  const struct http_url *origin; /* the URL that was given: credentials and the like are for it, and
                                  * go nowhere else */
  const struct http_url *proxy;  /* NULL without one */
  const char *method;
  const struct request_body *body; /* NULL without one */
  const char *accept;              /* the media type to ask for; NULL for any */
  bool decodes;                    /* ask for content codings */
  uint64_t resume_from;            /* ask for the bytes from here on; 0 for the whole */
  const char *if_range;            /* with resume_from: the validator of the partial file. NULL to
                                    * ask whether there is anything from there on */
  int64_t modified; /* the time of FILE: with resume_from and no if_range, or to ask for a newer
                     * one; 0 for neither */
};

/* Whether the values of the options may stand in a request head: 0; or UV_EINVAL and an error that
 * names the option (RFC 9110 5.5, 9.1). */
int request_head_check(const struct fetch_options *o, struct error *e);

/* Whether -H sets, replaces or leaves out the field `name`: then it is not ours to send. */
bool request_head_has_own(const struct fetch_options *o, const char *name);

/* The value that -H gives the field `name`; data is NULL if it does not. */
struct span request_head_own(const struct fetch_options *o, const char *name);

/* Appends the request head with its empty line. 0, or UV_ENOMEM with nothing appended. */
int request_head_print(struct buffer *out, const struct request_head *r);

#endif
