/* Characters of UTF-8 (RFC 3629), one at a time. Pure. */
#ifndef ANET_CORE_BASE_UTF8_H
#define ANET_CORE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the well-formed character that `n` bytes, at least 1, begin with, and in
 * `*character` its code point; 0 when they begin with none. */
size_t utf8_decode(const void *data, size_t n, uint32_t *character);

/* Writes a character (below 0x110000, no surrogate) and returns its length, 1 to 4. */
size_t utf8_encode(char *out, uint32_t character);

/* Whether all `n` bytes are well-formed. */
bool utf8_is_valid(const void *data, size_t n);

/* How many bytes at the end of `data` begin a character that is not whole yet (0 to 3): what a
 * reader of a stream keeps back until the rest has come. */
size_t utf8_tail(const void *data, size_t n);

#endif
