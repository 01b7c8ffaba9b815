/* Bytes from outside made fit for a terminal, a log line or a JSON string. */
#ifndef ANET_CORE_BASE_ESCAPE_H
#define ANET_CORE_BASE_ESCAPE_H

#include "core/base/buffer.h"

#include <stddef.h>

/* In every mode printable ASCII and well-formed UTF-8 pass, but for C1 controls, line and paragraph
 * separators, and the marks that turn the direction of writing (Unicode UAX 9). Everything else
 * becomes \n, \r, \t, or \xNN for each byte. */
enum escape_mode {
  ESCAPE_LINE,     /* a backslash becomes two: nothing from outside can look like our escapes */
  ESCAPE_CONTROLS, /* a backslash passes: for text that was escaped before */
  ESCAPE_TERMINAL, /* newline, tab, CR before LF and a backslash pass: text a person reads */
};

/* Appends `n` bytes to `out`, escaped. 0 or UV_ENOMEM. */
int escape_text(struct buffer *out, const void *data, size_t n, enum escape_mode mode);

/* Appends the next `n` bytes of a stream for a terminal (ESCAPE_TERMINAL). A character that is not
 * whole yet, or a CR that may stand before LF, is kept in `part`, empty at first, for the next
 * call. 0 or UV_ENOMEM. */
int escape_part(struct buffer *out, struct buffer *part, const void *data, size_t n);

/* As escape_text for a line, into `out` of `size` bytes, with a NUL at the end; what has no room is
 * cut off, never inside an escape. Returns the length written. */
size_t escape_to(char *out, size_t size, const void *data, size_t n);

/* Appends `n` bytes as the inside of a JSON string (RFC 8259 7); ill-formed UTF-8 becomes U+FFFD.
 * 0 or UV_ENOMEM. */
int escape_json(struct buffer *out, const void *data, size_t n);

#endif
