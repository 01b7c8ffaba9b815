/* From the host of a URL to the address to connect to. */
#ifndef ANET_CMD_FETCH_HOST_H
#define ANET_CMD_FETCH_HOST_H

#include "core/base/error.h"
#include "core/http/message/url.h"
#include "core/net/address.h"

/* Replaces a host name that is not ASCII by its form in DNS (IDNA). 0 or a negative errno with an
 * error. */
int host_apply_idna(struct http_url *u, struct error *e);

/* The address to connect to for `u`, after host_apply_idna: `socket` if it is set, else the proxy
 * from the environment, else the host. `proxy` is released first and becomes that proxy, or all
 * zero. 0 or a negative errno with an error. */
int host_to_ask(struct address *a, struct http_url *u, struct http_url *proxy,
                const struct address *socket, struct error *e);

#endif
