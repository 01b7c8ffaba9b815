/* A request of a transfer and what comes of it. For transfer.c and exchange.c alone, which are one
 * thing in two files: the first knows the steps, the second what an answer means. */
#ifndef ANET_FETCH_EXCHANGE_H
#define ANET_FETCH_EXCHANGE_H

#include "cmd/fetch/transfer.h"

/* One connection. The loop frees it, maybe after its transfer has begun another. */
struct exchange {
  struct http_client client;
  struct transfer *t;
  bool decodes;       /* content codings were asked for */
  size_t head_length; /* of the request */
};

/* Sends the request on the connection of `winner`. */
void exchange_start(struct transfer *t, struct dispatcher *winner);

/* It is over: closes it, and takes over what it knows for the report. Does nothing without one. */
void exchange_close(struct transfer *t);

/* What follows an answer, in transfer.c. */

/* What a failure says of the next try. */
enum transfer_hope {
  TRANSFER_HOPELESS,  /* it would fail again, and what came is worth nothing */
  TRANSFER_TRANSIENT, /* the connection failed: another may not */
  TRANSFER_ASKED,     /* the server says that it did not act on the request, and to come again */
};

/* Ends the transfer with `code` and a text for the error; or, if there is hope, begins again after
 * a while. `retry_after` is the field's value, data NULL for none. */
void transfer_fail(struct transfer *t, int code, enum transfer_hope hope, struct span retry_after,
                   const struct error *e);

/* Goes on at `url`, which it owns from here on, since an answer with `status` said so. */
void transfer_redirect(struct transfer *t, struct http_url *url, unsigned status);

/* Begins again without the part that was kept: it is of something else. */
void transfer_start_over(struct transfer *t);

/* The answer is written, and what it is worth is an exit code. */
void transfer_succeed(struct transfer *t, int code);

#endif
