/* What a telnet client sends beside its lines (RFC 854, 855): commands, negotiation and their
 * parameters, swallowed. Nothing is answered, which refuses every option (RFC 1143 has it so for
 * one that never changes its mind). Pure. */
#ifndef ANET_CORE_CODEC_TELNET_H
#define ANET_CORE_CODEC_TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TELNET_LONGEST_PARAMETERS = 512 }; /* of a subnegotiation; what is longer is none */

/* All zero is the start of a stream. */
struct telnet_filter {
  int state;
  bool after_cr;  /* the last byte that was left is one */
  size_t counted; /* bytes of the subnegotiation so far */
};

/* Takes the commands out of `n` bytes, where they stand, and returns how many are left. IAC IAC is
 * the byte 255; CR NUL, an end of a line in character mode, becomes CR LF. An IAC before what is no
 * command goes alone. The result does not depend on how the stream is cut. Never grows. */
size_t telnet_filter(struct telnet_filter *f, void *data, size_t n);

#endif
