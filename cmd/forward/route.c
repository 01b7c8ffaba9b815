#include "cmd/forward/route.h"

#include "core/base/log.h"

#include <stdio.h>

/* A look-up that failed: forwarding goes on as before. */
static void keep_addresses(const struct route *route, int err)
{
  log_error("resolve %s: %s; keeping the addresses known so far", route->name, error_words(err));
}

static void renewed(struct resolver *r, int status, struct sockaddr_list *found)
{
  struct route *route = container_of(r, struct route, resolver);
  route->looked_up_ms = reactor_now_ms(route->reactor);
  if (status) {
    keep_addresses(route, status);
    return;
  }
  sockaddr_list_release(&route->addresses);
  route->addresses = *found;
}

int route_resolve(struct route *route, struct reactor *r, struct error *e)
{
  route->reactor = r;
  route->resolver.done = renewed;
  int err = resolve_now(&route->target, &route->addresses, e);
  if (err)
    return err;
  route->looked_up_ms = reactor_now_ms(r);
  if (route->target.kind == ADDRESS_NAME)
    snprintf(route->name, sizeof route->name, "%s:%u", route->target.name, route->target.port);
  else
    address_format(route->name, (struct sockaddr *)&route->target.sockaddr, route->target.size);
  return 0;
}

void route_renew(struct route *route)
{
  if (reactor_now_ms(route->reactor) - route->looked_up_ms >= ROUTE_LOOK_UP_AGAIN_MS)
    route_renew_now(route);
}

void route_renew_now(struct route *route)
{
  if (route->target.kind != ADDRESS_NAME || resolver_is_running(&route->resolver))
    return;
  route->looked_up_ms = reactor_now_ms(route->reactor);
  int err = resolver_start(&route->resolver, route->reactor, &route->target);
  if (err)
    keep_addresses(route, err);
}

void route_stop(struct route *route)
{
  resolver_cancel(&route->resolver);
}

void route_release(struct route *route)
{
  sockaddr_list_release(&route->addresses);
}
