/* The host of a URL, on its way to an address. */
#ifndef ANET_FETCH_HOST_H
#define ANET_FETCH_HOST_H

#include "core/address.h"
#include "core/error.h"
#include "core/http/url.h"

/* Puts what DNS has for it in the place of a name beyond ASCII. 0 or a negative errno with an
 * error. */
int host_apply_idna(struct http_url *u, struct error *e);

/* Where to connect for `u`, to which the above was applied. The same. */
int host_address(struct address *a, const struct http_url *u, struct error *e);

#endif
