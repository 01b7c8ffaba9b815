/* What scripts can learn of a transfer when it is over: -w FORMAT and --stats=json. */
#ifndef ANET_CMD_FETCH_REPORT_H
#define ANET_CMD_FETCH_REPORT_H

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/http/message/fields.h"

#include <stdint.h>

/* Times are nanoseconds since the transfer began; 0 if it did not get that far. Texts are borrowed;
 * NULL if missing. */
struct report {
  const char *url;                            /* as given */
  const char *effective_url;                  /* after redirects, without user information */
  const char *method;                         /* of the last request */
  const char *file;                           /* of the body; NULL for stdout */
  const char *error;                          /* of a failure, as logged */
  const char *remote_address, *local_address; /* `127.0.0.1:80`, `unix:/path` */
  const char *content_type;
  const struct http_fields *fields; /* of the last response; NULL without one */
  unsigned status;                  /* of the last response; 0 without one */
  unsigned minor;                   /* of its version: 1 for HTTP/1.1 */
  unsigned redirects, retries;
  unsigned exit_code;
  uint64_t head_bytes, body_bytes; /* received: all heads, and the last body, still encoded */
  uint64_t written_bytes;          /* written to stdout or the file */
  uint64_t sent_bytes;             /* of request bodies */
  uint64_t resolved_ns, connected_ns, sent_ns, first_byte_ns, total_ns;
};

/* Looks for a variable that is unknown from `*format` on: 0 without one; or UV_EINVAL and an error
 * that names it, with `*format` moved behind it. */
int report_check(const char **format, struct error *e);

/* Appends `format`, with %{variables} named as curl's, %% and the escapes \n \r \t \\. An unknown
 * variable is nothing. Control
 * characters in texts from the network are escaped. 0 or UV_ENOMEM. */
int report_print(struct buffer *out, const char *format, const struct report *r);

/* Appends one JSON object and a newline. 0 or UV_ENOMEM. */
int report_print_json(struct buffer *out, const struct report *r);

#endif
