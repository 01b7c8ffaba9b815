/* The server's side of HTTP/1.1 (RFC 9112): persistent connections, pipelined requests, bodies and
 * timeouts. What the requests mean is the command's business: see http_exchange_ops. */
#ifndef ANET_CORE_HTTP_SERVER_H
#define ANET_CORE_HTTP_SERVER_H

#include "core/http/body.h"
#include "core/http/conn.h"

/* 0 or UV_ENOMEM. To be released before its reactor. */
int http_server_init(struct http_server *h, struct server *s, const struct http_exchange_ops *ops,
                     const struct http_server_options *options);
void http_server_release(struct http_server *h);

/* Takes a connection that server_ops.accepted was given. */
void http_server_accept(struct http_server *h, int fd, const struct sockaddr *peer,
                        socklen_t peer_size);

/* For server_ops, with http_conn_active_ms and http_conn_close. Resting are those between two
 * requests, and after them those behind the pace (conn.h). */
void http_server_stopping(struct http_server *h);
struct server_conn *http_server_resting(const struct http_server *h);

/* The time in seconds. The Date field of a response says the same. */
int64_t http_server_now(struct http_server *h);

#endif
