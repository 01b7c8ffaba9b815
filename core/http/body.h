/* The body of a request: handed to the command if it asked for it, else dropped. */
#ifndef ANET_CORE_HTTP_BODY_H
#define ANET_CORE_HTTP_BODY_H

#include "core/http/exchange.h"

/* In `request`: asks for the body, up to `limit` bytes. A client that waits for it gets 100
 * Continue (RFC 9110 10.1.1); a longer body gets 413. False when the request has no body: then
 * neither `body` nor `body_end` is called. */
bool http_body_read(struct http_exchange *x, uint64_t limit);

/* For server.c. */

/* Prepares for the body that `r` announces, if any. False without memory. */
bool http_body_begin(struct http_exchange *x, const struct http_request *r);

/* Uses some of `n` bytes and returns how many; 0 when it cannot go on. At the end of the body,
 * x->body is NULL. */
size_t http_body_take(struct http_exchange *x, const char *data, size_t n);

#endif
