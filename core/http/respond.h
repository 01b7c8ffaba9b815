/* Answers: the head piece by piece, then the body, which ends it. One at a time is made in a
 * reactor: http_respond_start and what ends it belong into one call of a handler. After the end the
 * connection may be closed, and the exchange over. */
#ifndef ANET_CORE_HTTP_RESPOND_H
#define ANET_CORE_HTTP_RESPOND_H

#include "core/http/server.h"

/* The status line and the fields of every answer: Server, Date, Connection where it is needed. */
void http_respond_start(struct http_conn *c, unsigned status);

/* A field; what is printed holds no line end. */
void http_respond_field(struct http_conn *c, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Field lines that were made before, each with its CRLF. */
void http_respond_lines(struct http_conn *c, const void *lines, size_t n);

void http_respond_length(struct http_conn *c, uint64_t n); /* Content-Length */

/* The end of the head, and the body: nothing; a copy of `n` bytes; bytes that are shared; what a
 * producer gives, which it owns (NULL is an answer that fails: the connection is cut). None sets
 * Content-Length; all send no body to HEAD. */
void http_respond_nothing(struct http_conn *c);
void http_respond_copy(struct http_conn *c, const void *data, size_t n);
void http_respond_shared(struct http_conn *c, struct shared_bytes *b, size_t offset, size_t length);
void http_respond_producer(struct http_conn *c, struct producer *p);

/* The same for one after the other of a list, which loses those that it sends; one without any is
 * an answer that fails. */
void http_respond_producers(struct http_conn *c, struct list *producers);

/* The fields of a page, or of JSON, that tells what others said (names of files, a request): no
 * browser takes it for something else, or runs what is in it. */
void http_respond_document(struct http_conn *c, bool json);

/* The rest of an answer that was started: Content-Type, Content-Length and a small page that says
 * the status and `why`, a sentence without its dot, or NULL. */
void http_respond_page(struct http_conn *c, const char *why);

/* Both: an answer that is only that page. */
void http_respond_error(struct http_conn *c, unsigned status, const char *why);

/* "Not Found"; the class's name for a status that nobody registered. */
const char *http_status_words(unsigned status);

#endif
