/* The proxy from the environment: http_proxy, https_proxy, all_proxy and no_proxy, also in
 * capitals. HTTP_PROXY is ignored, since a CGI request can set it. */
#ifndef ANET_CMD_FETCH_PROXY_H
#define ANET_CMD_FETCH_PROXY_H

#include "core/base/error.h"
#include "core/http/message/url.h"

#include <stdbool.h>

/* Whether no_proxy exempts the host of `u`. Its entries, separated by commas or spaces, are `*`, a
 * host, a domain (`.example.com` and `example.com` both mean the domain and everything below it),
 * an IP address or a network (`10.0.0.0/8`, `fd00::/8`), each optionally with `:PORT`. Case does
 * not matter. */
bool proxy_is_exempt(const struct http_url *u, const char *no_proxy);

/* Sets `proxy` to the proxy for `u`. 1, and it is to be released; 0 for none; UV_EINVAL if the
 * variable is not an http URL, with an error that names the variable but not its value, which may
 * hold a password; or UV_ENOMEM. The scheme's own variable goes before all_proxy, lower case before
 * capitals; an empty variable counts as unset. */
int proxy_for(struct http_url *proxy, const struct http_url *u, struct error *e);

/* Says in `e` that it happened on the way to `proxy` or through it: `proxy 127.0.0.1:8080: connect:
 * connection refused`. */
void proxy_blame(struct error *e, const struct http_url *proxy);

#endif
