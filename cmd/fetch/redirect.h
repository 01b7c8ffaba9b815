/* Where an answer sends the client (RFC 9110 15.4). Pure. */
#ifndef ANET_CMD_FETCH_REDIRECT_H
#define ANET_CMD_FETCH_REDIRECT_H

#include "core/base/error.h"
#include "core/http/message/response.h"
#include "core/http/message/url.h"

/* Whether the answer names another place that a client may go to by itself: 301, 302, 303, 307 or
 * 308, with a Location. */
bool redirect_is_one(const struct http_response *r);

/* Where to, from `from`: 0, and `to` is to be released. Else an error: a Location that is none, two
 * that differ, another scheme, or from https to http. */
int redirect_read(const struct http_response *r, const struct http_url *from, struct http_url *to,
                  struct error *e);

/* With which method: 303 makes it GET, but HEAD stays; so do 301 and 302 of POST, since that is
 * what everybody does. When it changes, nothing is sent along. */
const char *redirect_method(unsigned status, const char *method);

#endif
