/* Logs request and response heads, for -v. */
#ifndef ANET_CMD_FETCH_TRACE_H
#define ANET_CMD_FETCH_TRACE_H

#include "core/base/span.h"

/* Logs each line of a head at LOG_DEBUG, after `mark` and a space: `> GET / HTTP/1.1`. In JSON the
 * head is one event called `name`. */
void trace_head(const char *name, char mark, struct span head);

#endif
