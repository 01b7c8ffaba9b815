/* Conditional requests (RFC 9110 13), in the order of 13.2.2. Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_CONDITION_H
#define ANET_CORE_HTTP_MESSAGE_CONDITION_H

#include "core/http/message/request.h"

/* The representation as it is now. */
struct http_validators {
  bool exists;      /* without it the others do not count */
  struct span etag; /* with its quotes; a strong one; length 0 for none */
  int64_t modified; /* Last-Modified, in seconds */
};

enum http_verdict {
  HTTP_PROCEED = 0,
  HTTP_NOT_MODIFIED = 304,
  HTTP_PRECONDITION_FAILED = 412,
};

/* If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since. If-Modified-Since holds only for
 * GET and HEAD, and only without If-None-Match; a date that does not parse, or a
 * list of dates, is ignored; a date at or after the modification is 304. Call it only where the
 * response would otherwise be 2xx (RFC 9110 13.2.1): If-Match with nothing there is 412, not 404.
 */
enum http_verdict http_conditions(const struct http_request *r, const struct http_validators *v,
                                  int64_t now);

/* Whether If-Range, if there is one, permits Range: the tag matches in strong comparison, or the
 * date is that of the last modification, which is at least one second old (RFC 9110 8.8.2.2). */
bool http_if_range(const struct http_request *r, const struct http_validators *v, int64_t now);

#endif
