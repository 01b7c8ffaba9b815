/* Responses: the head piece by piece, then the body, which completes the response. A reactor makes
 * one at a time: http_respond_start and the function that completes it belong in one call of a
 * handler. After that the connection may be closed, and the exchange over. */
#ifndef ANET_CORE_HTTP_RESPOND_H
#define ANET_CORE_HTTP_RESPOND_H

#include "core/http/exchange.h"
#include "core/stream/producer.h"

/* The status line and the fields of every response: Server, Date, Connection where needed. */
void http_respond_start(struct http_exchange *x, unsigned status);

/* A field; its value holds no line end. */
void http_respond_field(struct http_exchange *x, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Field lines that were made before, each with its CRLF. */
void http_respond_lines(struct http_exchange *x, const void *lines, size_t n);

void http_respond_length(struct http_exchange *x, uint64_t n); /* Content-Length */

/* The end of the head, and the body: nothing; a copy of `n` bytes; shared bytes; the output of a
 * producer, which it owns from here on (NULL means there was no memory: the connection is cut).
 * They do not set Content-Length, and send no body in response to HEAD. */
void http_respond_nothing(struct http_exchange *x);
void http_respond_copy(struct http_exchange *x, const void *data, size_t n);
void http_respond_shared(struct http_exchange *x, struct shared_bytes *b, size_t offset,
                         size_t length);
void http_respond_producer(struct http_exchange *x, struct producer *p);

/* The same with a list of producers, one after the other. The list loses those that are sent. An
 * empty list cuts the connection. */
void http_respond_producers(struct http_exchange *x, struct list *producers);

/* The fields of a page, or of JSON, that holds text of others (names of files, a request): no
 * browser guesses another type, or runs a script in it. */
void http_respond_document(struct http_exchange *x, bool json);

/* The rest of a response that was started: Content-Type, Content-Length, and a small page with the
 * status and `why`: a sentence of any length without its full stop, or NULL. */
void http_respond_page(struct http_exchange *x, const char *why);

/* A whole response: such a page. */
void http_respond_error(struct http_exchange *x, unsigned status, const char *why);

/* Refuses the request: such a page, after which the connection is closed. If a response was made
 * already, or `status` is 0, the connection is only closed, and `why` is for the log. */
void http_respond_refuse(struct http_exchange *x, unsigned status, const char *why);

/* "Not Found"; for a status that is not registered, the name of its class. */
const char *http_status_words(unsigned status);

#endif
