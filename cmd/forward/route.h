/* Where the connections of a listener go: a target, and the addresses it has. */
#ifndef ANET_CMD_FORWARD_ROUTE_H
#define ANET_CMD_FORWARD_ROUTE_H

#include "core/base/error.h"
#include "core/net/resolve.h"

enum { ROUTE_LOOK_UP_AGAIN_MS = 10000 };

/* All zero but `listen` and `target` before route_resolve. */
struct route {
  struct address listen, target;
  char name[ADDRESS_TEXT_SIZE]; /* the target's, for the log */
  struct sockaddr_list addresses;
  struct resolver resolver; /* of a target that is a name */
  struct reactor *reactor;
  uint64_t looked_up_ms; /* when the last look-up began or ended */
};

/* Looks the target up and waits for it, before the loop runs: better to learn that a target has no
 * address before anybody connects. 0 or as resolve_now. */
int route_resolve(struct route *route, struct reactor *r, struct error *e);

/* Looks a name up again when ROUTE_LOOK_UP_AGAIN_MS have passed, beside the connections and never
 * in their way: they go to the addresses known so far. A look-up that still runs is left alone. */
void route_renew(struct route *route);

/* The same without the interval: the addresses known so far cannot be reached. */
void route_renew_now(struct route *route);

/* Ends a look-up that runs; before the reactor is released. */
void route_stop(struct route *route);

void route_release(struct route *route);

#endif
