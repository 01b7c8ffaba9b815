/* A host and a port, as they stand in Host, in an http URL and after CONNECT. Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_AUTHORITY_H
#define ANET_CORE_HTTP_MESSAGE_AUTHORITY_H

#include "core/base/span.h"

#include <stdbool.h>

/* Whether `s` is `uri-host [":" port]` (RFC 9110 7.2) with a host that is not empty; user
 * information is not allowed. The port may be empty, else it is 0 to 65535. */
bool http_is_authority(struct span s);

/* The same, and tells the port: data is NULL when there is no colon before it. */
bool http_parse_authority(struct span s, struct span *port);

/* Whether it is an IPv6 address, without brackets and a zone. */
bool http_is_ipv6(struct span s);

#endif
