/* One connection that is forwarded: the client, and the target once that answers. */
#ifndef ANET_CMD_FORWARD_PAIR_H
#define ANET_CMD_FORWARD_PAIR_H

#include "cmd/forward/forward.h"

/* What the server does with its connections. The tag of each listener is its struct route, and the
 * server is that of a struct forward. */
extern const struct server_ops pair_server_ops;

#endif
