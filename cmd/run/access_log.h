/* The log line of a request: Apache's "combined" format (the Common Log Format, referer, agent) and
 * the seconds it took; or a JSON object. */
#ifndef ANET_CMD_RUN_ACCESS_LOG_H
#define ANET_CMD_RUN_ACCESS_LOG_H

#include "core/base/span.h"

#include <stdint.h>

/* A request and its response. Texts are as received, borrowed, and empty if missing. */
struct access_entry {
  struct span host; /* of the peer: address_format_host */
  struct span user; /* the authenticated user */
  struct span line; /* the request line without its end, well-formed or not */
  struct span referer, agent;
  unsigned status;
  uint64_t bytes;       /* of the body, as sent */
  uint64_t duration_ms; /* from the end of the request head to the end of the response */
  int64_t time;         /* when the request head was complete, in seconds since 1970 */
  char *kept;           /* see access_entry_keep; NULL at first */
};

/* The formatted date, which all lines of one second share. All zero is an empty one. */
struct access_log {
  int64_t time;
  char date[32]; /* [21/Nov/2026:08:10:11 +0000] */
};

/* Copies the texts, in one allocation, so that they stay valid until access_entry_release, which
 * may be called in any case. 0; or UV_ENOMEM, and the entry is unchanged. */
int access_entry_keep(struct access_entry *e);
void access_entry_release(struct access_entry *e);

/* Writes the line to the log, at LOG_INFO:
 *
 *   HOST - USER [DATE] "REQUEST LINE" STATUS BYTES "REFERER" "AGENT" SECONDS
 *
 * A missing field and a body of 0 bytes are a dash. Bytes that could end a field are escaped: a
 * quote is \x22, and in a field without quotes a space is \x20. A malformed request line is cut at
 * ACCESS_LONGEST_BAD_LINE bytes. In JSON the request line is split into method, target and version,
 * or is `line` if it is malformed; missing fields are left out, and the time is when the line is
 * written, as in every log line. */
void access_log_write(struct access_log *log, const struct access_entry *e);

enum { ACCESS_LONGEST_BAD_LINE = 1000 };

#endif
