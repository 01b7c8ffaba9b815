/* An incomplete head: where it ends, and whether it can become a request. Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_HEAD_H
#define ANET_CORE_HTTP_MESSAGE_HEAD_H

#include <stddef.h>

enum {
  HTTP_LONGEST_TARGET = 8 * 1024,
  HTTP_LONGEST_LINE = HTTP_LONGEST_TARGET + 128, /* with a method, a version and the spaces */
  HTTP_LONGEST_HEAD = 32 * 1024,
};

/* Looks in `n` bytes for the end of a head, the first empty line that follows a line; empty lines
 * before it do not end it. Returns the length of the head with that line, or 0 when it is not
 * there yet. `*scanned`, 0 for a new head, is how far an earlier call has looked: with it a head
 * that comes byte by byte is looked at once. A head that was found is found again. */
size_t http_head_length(const char *data, size_t n, size_t *scanned);

/* Judges an incomplete head by its start: 400 if no request can begin like that (a TLS hello,
 * binary data), 414 or 431 if it is too long already, else 0. It refuses nothing that
 * http_parse_request would take. */
unsigned http_bad_beginning(const char *data, size_t n, const char **reason);

#endif
