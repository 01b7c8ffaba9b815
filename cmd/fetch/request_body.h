/* What a request sends along: -d, --json, -F and -T. Made once and sent as often as redirects and
 * retries want. */
#ifndef ANET_CMD_FETCH_REQUEST_BODY_H
#define ANET_CMD_FETCH_REQUEST_BODY_H

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct fetch_options;

/* All zero is none. */
struct request_body {
  bool present; /* a request has one, maybe empty */
  struct list pieces;
  uint64_t length;
  const char *method; /* that it asks for */
  char *content_type; /* NULL for none */
  const char *accept; /* NULL for any */
  const char *name;   /* the last part of the uploaded file's path; NULL for stdin */
};

/* Reads what the options name; stdin, and files that are no regular ones, as a whole, into a file
 * without a name. 0; UV_EINVAL for options that contradict each other or a malformed -F; or the
 * negative errno of a file, with an error that says which. request_body_release frees in any case.
 */
int request_body_init(struct request_body *u, const struct fetch_options *o, struct error *e);

/* Appends producers of it to `producers`. 0 or UV_ENOMEM, with some of them on the list. */
int request_body_produce(const struct request_body *u, struct list *producers);

/* Also one that is all zero. */
void request_body_release(struct request_body *u);

#endif
