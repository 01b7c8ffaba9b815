#include "cmd/fetch/host.h"

#include "cmd/fetch/proxy.h"
#include "core/base/numeric_host.h"
#include "core/codec/idn.h"

#include <stdlib.h>
#include <uv.h>

int host_apply_idna(struct http_url *u, struct error *e)
{
  char *ascii;
  if (!idn_is_needed(u->host))
    return 0;
  int err = idn_to_ascii(u->host, &ascii, e);
  if (err)
    return err;
  if (numeric_host_is(span_of(ascii))) { /* full-width digits, which IDNA maps */
    free(ascii);
    return error_say(e, UV_EINVAL, "'%s': not an IPv4 address as it is written", u->host);
  }
  err = http_url_set_host(u, ascii);
  free(ascii);
  return err ? error_set(e, err, "'%s'", u->host) : 0;
}

int host_to_ask(struct address *a, struct http_url *u, struct http_url *proxy,
                const struct address *socket, struct error *e)
{
  int err = host_apply_idna(u, e);
  if (!err && u->tls)
    err = error_say(e, UV_ENOTSUP, "https needs TLS, which is not built in yet");
  http_url_release(proxy);
  if (err)
    return err;
  if (socket->size) {
    *a = *socket;
    return 0;
  }
  int found = proxy_for(proxy, u, e);
  if (found > 0)
    found = host_apply_idna(proxy, e);
  const struct http_url *asked = proxy->memory ? proxy : u;
  return found < 0 ? found : address_from_host(a, asked->host, asked->port, e);
}
