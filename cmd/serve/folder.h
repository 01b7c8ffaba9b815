/* Responding with a folder. */
#ifndef ANET_CMD_SERVE_FOLDER_H
#define ANET_CMD_SERVE_FOLDER_H

#include "cmd/serve/exchange.h"
#include "core/http/message/path.h"

/* Responds to GET or HEAD of a folder: with its index file, or its listing. */
void serve_folder(struct http_exchange *x, const struct http_request *r, const struct http_path *p);

#endif
