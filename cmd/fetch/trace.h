/* The heads that went and came, for -v. */
#ifndef ANET_CMD_FETCH_TRACE_H
#define ANET_CMD_FETCH_TRACE_H

#include "core/base/span.h"

/* Logs each line of a head with `mark` and a space before it, `> GET / HTTP/1.1`, at LOG_DEBUG; in
 * JSON the head is one event called `name`. */
void trace_head(const char *name, char mark, struct span head);

#endif
