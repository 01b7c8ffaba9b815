/* Request bodies: -d, --json, -F and -T. Made once, and sent as often as redirects and retries
 * need; but what comes from a pipe, a terminal or a device can be sent only once. */
#ifndef ANET_CMD_FETCH_REQUEST_BODY_H
#define ANET_CMD_FETCH_REQUEST_BODY_H

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct fetch_options;

/* All zero is no body. */
struct request_body {
  bool present; /* there is one; it may be empty */
  struct list pieces;
  uint64_t length;    /* unless `chunked` */
  bool streams;       /* part of it is read while it is sent, and only once */
  bool chunked;       /* and its length is unknown: sent in chunks (RFC 9112 7.1) */
  const char *method; /* the method that goes with it */
  char *content_type; /* NULL for none */
  const char *accept; /* the media type of the response to ask for; NULL for any */
  char boundary[71];  /* of a form */
  bool adds_boundary; /* -H has a multipart type without one: it is added there */
  bool reads_stdin;
  bool is_upload;    /* -T */
  uint64_t promised; /* --length; 0 without it */
  const char *name;  /* the last part of the path of -T; NULL for stdin */
};

/* Makes the body that the options ask for. Of -d, --json and -F, what comes from a pipe is read
 * here, if it is short; what is longer, and all that -T has from one, is read while it is sent. 0;
 * UV_EINVAL for options that exclude each other or a malformed -F; or the negative errno of a file.
 * The error names the option or file. request_body_release frees in any case. */
int request_body_init(struct request_body *b, const struct fetch_options *o, struct error *e);

/* Appends producers of the body to `producers`. 0; or UV_ENOMEM, with some of them appended. */
int request_body_produce(const struct request_body *b, struct list *producers);

/* Whether bytes that cannot be had again were read to be sent. */
bool request_body_is_spent(const struct request_body *b);

/* Whether it waits for its input. */
bool request_body_is_waiting(const struct request_body *b);

/* Sends no more of what streams. */
void request_body_stop(const struct request_body *b);

/* Why it could not be sent to its end; NULL for no reason of its own. */
const struct error *request_body_error(const struct request_body *b);

/* Also one that is all zero. */
void request_body_release(struct request_body *b);

#endif
