/* Redirects: where they lead, and with which method (RFC 9110 15.4). Pure. */
#ifndef ANET_CMD_FETCH_REDIRECT_H
#define ANET_CMD_FETCH_REDIRECT_H

#include "core/base/error.h"
#include "core/http/message/response.h"
#include "core/http/message/url.h"

/* Whether the response is a redirect that a client may follow by itself: 301, 302, 303, 307 or 308,
 * with a Location that is not blank. */
bool redirect_is_one(const struct http_response *r);

/* Resolves its Location against `from`: 0, and `to` is to be released. Else a negative errno with
 * an error: the Location is malformed, there are two different ones, the scheme is not supported,
 * or it leads from https to http. */
int redirect_read(const struct http_response *r, const struct http_url *from, struct http_url *to,
                  struct error *e);

/* The method of the next request. 303 turns all but HEAD into GET, and 301 and 302 turn POST into
 * GET, as all clients do. If the method changes, the request body is dropped. */
const char *redirect_method(unsigned status, const char *method);

#endif
