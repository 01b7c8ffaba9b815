/* Removes what a telnet client sends besides its lines (RFC 854, 855): commands, negotiation and
 * subnegotiation. No option is answered, which refuses it (RFC 1143). Pure. */
#ifndef ANET_CORE_CODEC_TELNET_H
#define ANET_CORE_CODEC_TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TELNET_LONGEST_PARAMETERS = 512 }; /* bytes of a subnegotiation; longer ones are text */

/* All zero is the start of a stream. */
struct telnet_filter {
  int state;
  bool after_cr;  /* the last byte that was kept is CR */
  size_t counted; /* bytes of the subnegotiation so far */
};

/* Removes the commands from `n` bytes in place and returns how many are left. IAC IAC becomes the
 * byte 255; CR NUL, the end of a line in character mode, becomes CR LF. An IAC that begins no
 * command is removed alone. The result does not depend on how the stream is cut. */
size_t telnet_filter(struct telnet_filter *f, void *data, size_t n);

#endif
