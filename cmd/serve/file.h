/* Responding with a file: the encoding the client accepts, its conditions, its ranges. */
#ifndef ANET_CMD_SERVE_FILE_H
#define ANET_CMD_SERVE_FILE_H

#include "cmd/serve/exchange.h"
#include "core/http/message/path.h"

/* Responds to GET or HEAD of the file at `path`, which is not empty. False if it cannot be opened:
 * `*err` is set, and nothing was sent. */
bool serve_file(struct http_exchange *x, const struct http_request *r, const char *path,
                size_t length, int *err);

/* With --spa, responds to a path that has no file: with that page if the client accepts text/html
 * by name, as a browser that navigates does; else with 404, so that no script gets a page. False
 * without --spa, or if the file is not missing, given the error `err` that opening it gave; nothing
 * was sent then. */
bool serve_spa(struct http_exchange *x, const struct http_request *r, int err);

#endif
