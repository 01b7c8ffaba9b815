/* Which proxy the environment names: http_proxy, https_proxy, all_proxy and no_proxy, in small
 * letters or capitals, but HTTP_PROXY, which a CGI request can set. */
#ifndef ANET_CMD_FETCH_PROXY_H
#define ANET_CMD_FETCH_PROXY_H

#include "core/base/error.h"
#include "core/http/message/url.h"

#include <stdbool.h>

/* Whether `u` goes straight to its host: no_proxy names it. Its members, between commas or spaces,
 * are `*`, a host, a domain (`.example.com` and `example.com` both mean it and what is below it),
 * an IP address or a network (`10.0.0.0/8`, `fd00::/8`), each maybe with `:PORT`; case does not
 * count.
 */
bool proxy_is_exempt(const struct http_url *u, const char *no_proxy);

/* The proxy for `u`, in `proxy`, which is to be released then: 1; 0 for none; UV_EINVAL when what
 * the environment says is no http URL, with an error that names the variable and quotes nothing of
 * it, for there may be a password in it; or UV_ENOMEM. The scheme's own variable goes before
 * all_proxy, small letters before capitals; an empty one counts as not set. */
int proxy_for(struct http_url *proxy, const struct http_url *u, struct error *e);

#endif
