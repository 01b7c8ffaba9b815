/* From a request to its response: methods, passwords, paths; and the request's line in the log. */
#ifndef ANET_CMD_SERVE_ROUTE_H
#define ANET_CMD_SERVE_ROUTE_H

#include "core/http/server.h"

extern const struct http_exchange_ops serve_ops;

#endif
