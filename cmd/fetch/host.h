/* The host of a URL, on its way to an address. */
#ifndef ANET_CMD_FETCH_HOST_H
#define ANET_CMD_FETCH_HOST_H

#include "core/base/error.h"
#include "core/http/message/url.h"
#include "core/net/address.h"

/* Puts what DNS has for it in the place of a name beyond ASCII. 0 or a negative errno with an
 * error. */
int host_apply_idna(struct http_url *u, struct error *e);

/* Where to connect for `u`, to which the above is applied: to `socket` if that has a size, else to
 * the proxy that the environment names, which `proxy` then is (it is released first, and stays all
 * zero without), else to its host. 0 or a negative errno with an error. */
int host_to_ask(struct address *a, struct http_url *u, struct http_url *proxy,
                const struct address *socket, struct error *e);

#endif
