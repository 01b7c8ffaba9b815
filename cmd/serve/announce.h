/* What is said on stderr at the start: the URLs that a person can open. */
#ifndef ANET_CMD_SERVE_ANNOUNCE_H
#define ANET_CMD_SERVE_ANNOUNCE_H

#include "core/net/server.h"

/* Logs `WHAT at URL` at LOG_INFO for each listener of the server, with `scheme` before ://. One on
 * every interface has a line for the loopback and one for each address of this machine that others
 * can reach: of an interface that is up, and not link-local. A unix socket has no URL: its address
 * stands there. `what` is escaped. In JSON the event is "serving", with `path` and `url`. */
void announce_urls(const struct server *s, const char *scheme, const char *what);

#endif
