/* The line of a request: the Common Log Format with referer and agent, as Apache's "combined" has
 * them, and the seconds it took; or a JSON object. */
#ifndef ANET_CMD_RUN_ACCESS_LOG_H
#define ANET_CMD_RUN_ACCESS_LOG_H

#include "core/base/span.h"

#include <stdint.h>

/* A request and its answer. Texts are as they came, borrowed, and empty for what is missing. */
struct access_entry {
  struct span host; /* of the peer: address_format_host */
  struct span user; /* who was allowed */
  struct span line; /* the request line without its end, well-formed or not */
  struct span referer, agent;
  unsigned status;
  uint64_t bytes;       /* of the body that went out */
  uint64_t duration_ms; /* from the end of the request head to the end of the response */
  int64_t time;         /* when the request came, in seconds since 1970 */
  char *kept;           /* see access_entry_keep; NULL at first */
};

/* The date of the lines of one second. All zero is an empty one. */
struct access_log {
  int64_t time;
  char date[32]; /* [21/Nov/2026:08:10:11 +0000] */
};

/* Copies the texts, in one allocation, so that they stay until access_entry_release, which may be
 * called in any case. 0, or UV_ENOMEM with the entry as it was. */
int access_entry_keep(struct access_entry *e);
void access_entry_release(struct access_entry *e);

/* Writes the line to the log, at LOG_INFO:
 *
 *   HOST - USER [DATE] "REQUEST LINE" STATUS BYTES "REFERER" "AGENT" SECONDS
 *
 * with a dash for what is missing and for no bytes, and nothing from outside unescaped that could
 * end its field: a quote is \x22, and where there are no quotes a space is \x20. A request line
 * that is none is cut at ACCESS_LONGEST_BAD_LINE bytes. In JSON it is split into method, target and
 * version, or is `line` when it is none; what is missing is left out, and the time is that of the
 * writing, as in every line. */
void access_log_write(struct access_log *log, const struct access_entry *e);

enum { ACCESS_LONGEST_BAD_LINE = 1000 };

#endif
