/* Bytes from outside made fit for a terminal, a log line or a JSON string. */
#ifndef ANET_CORE_BASE_ESCAPE_H
#define ANET_CORE_BASE_ESCAPE_H

#include "core/base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stays as it is: printable ASCII and well-formed UTF-8 (RFC 3629) that is neither a C1
 * control nor one of the marks that turn the direction of writing (Unicode UAX 9). All else
 * becomes \n, \r, \t or \xNN for each byte; a backslash becomes two, so that nothing from
 * outside can look like an escape of ours. */
enum text_keep {
  TEXT_LINE = 0,           /* a line: everything above */
  TEXT_KEEP_BACKSLASH = 1, /* what was escaped before */
  TEXT_KEEP_NEWLINES = 2,  /* newline and tab pass, and CR before LF */
  TEXT_TERMINAL = 3,       /* what a person reads as it comes */
};

/* Appends `n` bytes to `out`, escaped. 0 or UV_ENOMEM. */
int text_escape(struct buffer *out, const void *data, size_t n, enum text_keep keep);

/* Appends the next `n` bytes of a stream for a terminal (TEXT_TERMINAL). A character that is not
 * whole yet, or a CR that may stand before LF, is kept in `part`, empty at first, for the next
 * call. 0 or UV_ENOMEM. */
int text_escape_part(struct buffer *out, struct buffer *part, const void *data, size_t n);

/* As text_escape for a line, into `out` of `size` bytes, NUL at the end, cut where it is full
 * (never inside an escape). Returns the length written. */
size_t text_escape_to(char *out, size_t size, const void *data, size_t n);

/* Appends `n` bytes as the inside of a JSON string (RFC 8259 7); ill-formed UTF-8 becomes U+FFFD.
 * 0 or UV_ENOMEM. */
int text_escape_json(struct buffer *out, const void *data, size_t n);

/* The length of the well-formed UTF-8 character (RFC 3629) that `n` bytes, at least 1, begin with,
 * and in `*character` which one it is; 0 when there is none. */
size_t text_utf8_decode(const void *data, size_t n, uint32_t *character);

/* Writes a character, which is one (below 0x110000, no surrogate), and returns its length, 1 to 4.
 */
size_t text_utf8_encode(char *out, uint32_t character);

/* How many bytes at the end of `data` begin a UTF-8 character that is not whole yet (0 to 3): what
 * a reader of a stream keeps back until the rest has come. */
size_t text_utf8_tail(const void *data, size_t n);

#endif
