/* Where one message of a stream ends: asynchat's terminator. */
#ifndef ANET_CORE_STREAM_TERMINATOR_H
#define ANET_CORE_STREAM_TERMINATOR_H

#include <stddef.h>
#include <stdint.h>

enum terminator_kind {
  TERMINATOR_NONE,   /* no terminator */
  TERMINATOR_LENGTH, /* after a number of bytes; 0 is no terminator */
  TERMINATOR_BYTES,  /* at this string */
};

/* All zero is TERMINATOR_NONE. */
struct terminator {
  enum terminator_kind kind;
  uint64_t left;  /* TERMINATOR_LENGTH: bytes still to come */
  uint8_t *bytes; /* TERMINATOR_BYTES: its own copy */
  size_t length;
};

enum { TERMINATOR_LONGEST = 4096 };

/* Ends at a copy of `n` bytes; none for 0. 0, UV_EINVAL for more than TERMINATOR_LONGEST, or
 * UV_ENOMEM, both with nothing changed. */
int terminator_set_bytes(struct terminator *t, const void *bytes, size_t n);

/* Ends after `n` bytes. 0, or UV_EINVAL for a negative number with nothing changed. */
int terminator_set_length(struct terminator *t, int64_t n);

/* Frees the copy. There is no terminator then. */
void terminator_release(struct terminator *t);

/* The length of the longest proper prefix of `t` with which `data` ends: what may turn out to be
 * the terminator when more has come. */
size_t terminator_prefix_at_end(const struct terminator *t, const void *data, size_t n);

#endif
