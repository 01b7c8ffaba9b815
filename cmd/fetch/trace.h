/* Logs request and response heads, for -v. */
#ifndef ANET_CMD_FETCH_TRACE_H
#define ANET_CMD_FETCH_TRACE_H

#include "core/base/span.h"

#include <stdbool.h>

/* Logs each line of a head at LOG_DEBUG, after `mark` and a space: `> GET / HTTP/1.1`. In JSON the
 * head is one event called `name`. Unless `shows_secrets`, the values of fields by which somebody
 * else could log in are replaced by `[hidden]`: Authorization (its scheme stays), cookies and the
 * usual tokens. */
void trace_head(const char *name, char mark, struct span head, bool shows_secrets);

/* Logs that what stands in Content-Encoding is no coding. */
void trace_no_coding(struct span name);

/* Logs that the server may not know the chunks that it was sent. */
void trace_no_chunks(void);

#endif
