/* --upload: PUT of a file, and POST of a form with files to a folder. */
#ifndef ANET_CMD_SERVE_UPLOAD_H
#define ANET_CMD_SERVE_UPLOAD_H

#include "cmd/serve/exchange.h"
#include "core/http/message/path.h"

/* Takes PUT or a multipart POST. No file appears under its name before the whole request has
 * come. */
void serve_upload(struct http_exchange *x, const struct http_request *r, const struct http_path *p);

/* The body and body_end of http_exchange_ops. */
void upload_data(struct http_exchange *x, const void *data, size_t n);
void upload_done(struct http_exchange *x);

/* Frees it, and removes the files that are not published. NULL does nothing. */
void upload_cancel(struct upload *u);

#endif
