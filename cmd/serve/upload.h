/* --upload: PUT of a file, and POST of a form with files to a folder. */
#ifndef ANET_CMD_SERVE_UPLOAD_H
#define ANET_CMD_SERVE_UPLOAD_H

#include "cmd/serve/exchange.h"
#include "core/http/message/path.h"

/* Takes PUT or a multipart POST. No file appears under its name before the whole request has
 * come.
 *
 * A page of another site can make a browser send a form here without its user's knowledge: that is
 * refused. Sec-Fetch-Site alone decides if it is there: the browser says itself whether the page
 * is of the same origin, whatever proxies make of the names; it sends it to https and to loopback.
 * Else Origin decides, which browsers send with each form: its host must be that of Host, or one in
 * X-Forwarded-Host, by which a proxy that changes Host tells what it was. Scheme and port do not
 * count: a proxy changes them without a word.
 *
 * That is safe: a page can choose neither Origin nor Host, nor X-Forwarded-Host with a form, and
 * with a script only if the server allowed that field in a preflight, which it never does. What is
 * let in beside the site itself are pages on other ports of the same host, which is one machine and
 * one owner; where that does not hold, on loopback, browsers send Sec-Fetch-Site. */
void serve_upload(struct http_exchange *x, const struct http_request *r, const struct http_path *p);

/* The body and body_end of http_exchange_ops. */
void upload_data(struct http_exchange *x, const void *data, size_t n);
void upload_done(struct http_exchange *x);

/* Frees it, and removes the files that are not published. NULL does nothing. */
void upload_cancel(struct upload *u);

#endif
