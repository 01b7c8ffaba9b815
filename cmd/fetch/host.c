#include "cmd/fetch/host.h"

#include "core/idn.h"

#include <stdlib.h>

int host_apply_idna(struct http_url *u, struct error *e)
{
  char *ascii;
  if (!idn_is_needed(u->host))
    return 0;
  int err = idn_to_ascii(u->host, &ascii, e);
  if (err)
    return err;
  err = http_url_set_host(u, ascii);
  free(ascii);
  return err ? error_set(e, err, "'%s'", u->host) : 0;
}

int host_address(struct address *a, const struct http_url *u, struct error *e)
{
  return address_from_host(a, u->host, u->port, e);
}
