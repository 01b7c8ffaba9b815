/* The URLs that serve prints on stderr at the start. */
#ifndef ANET_CMD_SERVE_ANNOUNCE_H
#define ANET_CMD_SERVE_ANNOUNCE_H

#include "core/net/server.h"

/* Logs `WHAT at URL` at LOG_INFO for each listener of the server, with `scheme` before ://. A
 * listener on every interface has a line for the loopback, and one for each address that others can
 * reach: those of interfaces that are up, except link-local ones. A unix socket has no URL: its
 * address is logged instead. `what` is escaped. In JSON the event is "serving", with `path` and
 * `url`. */
void announce_urls(const struct server *s, const char *scheme, const char *what);

#endif
