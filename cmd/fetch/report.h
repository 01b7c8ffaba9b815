/* What is known of a transfer when it is over, for scripts: -w FORMAT and --stats=json. */
#ifndef ANET_CMD_FETCH_REPORT_H
#define ANET_CMD_FETCH_REPORT_H

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/http/message/fields.h"

#include <stdint.h>

/* Times are nanoseconds since the transfer began; 0 for a step that was not reached. Texts are
 * borrowed and NULL for what is missing. */
struct report {
  const char *url;                            /* as it was given */
  const char *effective_url;                  /* after the redirects, without user information */
  const char *method;                         /* of the last request */
  const char *file;                           /* that the body went to; NULL for stdout */
  const char *error;                          /* what was said of the failure */
  const char *remote_address, *local_address; /* `127.0.0.1:80`, `unix:/path` */
  const char *content_type;
  const struct http_fields *fields; /* of the last response; NULL when there was none */
  unsigned status;                  /* of the last response; 0 when there was none */
  unsigned minor;                   /* of its version: 1 for HTTP/1.1 */
  unsigned redirects, retries;
  unsigned exit_code;
  uint64_t head_bytes, body_bytes; /* that came: heads, and the last body as it was encoded */
  uint64_t written_bytes;          /* that went to stdout or the file */
  uint64_t sent_bytes;             /* of request bodies */
  uint64_t resolved_ns, connected_ns, sent_ns, first_byte_ns, total_ns;
};

/* Whether `format` can be printed: 0; or UV_EINVAL and an error that names what no variable is. */
int report_check(const char *format, struct error *e);

/* Appends `format` with curl's names for %{variables}, %% and the escapes \n \r \t \\. Texts that
 * came from the network go in as they are but for control characters, which are escaped. 0 or
 * UV_ENOMEM. */
int report_print(struct buffer *out, const char *format, const struct report *r);

/* Appends one JSON object and a newline. 0 or UV_ENOMEM. */
int report_print_json(struct buffer *out, const struct report *r);

#endif
