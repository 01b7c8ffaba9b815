/* Hosts that some programs read as an IPv4 address: `127.1`, `0177.0.0.1`, `2130706433`, `0x7f.1`.
 */
#ifndef ANET_CORE_BASE_NUMERIC_HOST_H
#define ANET_CORE_BASE_NUMERIC_HOST_H

#include "core/base/span.h"

#include <stdbool.h>

/* Whether the last label of `host`, before a final dot, is a number in digits or after 0x. Such a
 * host is an IPv4 address or nothing (WHATWG URL, "ends in a number"): no name of DNS ends so. */
bool numeric_host_is(struct span host);

#endif
