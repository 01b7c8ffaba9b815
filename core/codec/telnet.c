#include "core/codec/telnet.h"

/* What the next byte is. */
enum state {
  DATA,
  COMMAND,
  OPTION, /* what WILL, WONT, DO or DONT is about */
  PARAMETERS,
  PARAMETERS_COMMAND, /* in them, which ends them unless it is a byte 255 */
};

/* RFC 854; below the lowest there is no command. EOF, SUSP and ABORT, the lowest, are of RFC 1184.
 */
enum {
  LOWEST_COMMAND = 236,
  SB = 250,
  WILL = 251,
  WONT = 252,
  DO = 253,
  DONT = 254,
  IAC = 255,
};

/* These return the byte that is left of theirs, or this. */
enum { SWALLOWED = -1 };

/* Of CR NUL the CR may have gone out with an earlier piece: it is the NUL that changes. */
static int take_data(struct telnet_filter *f, uint8_t byte)
{
  bool ends_line = f->after_cr && byte == '\0';
  f->after_cr = byte == '\r';
  f->state = DATA;
  return ends_line ? '\n' : byte;
}

/* Who began parameters and never ends them would be mute. */
static int take_parameter(struct telnet_filter *f, uint8_t byte)
{
  if (f->counted == TELNET_LONGEST_PARAMETERS)
    return take_data(f, byte);
  f->counted++;
  f->state = PARAMETERS;
  return SWALLOWED;
}

/* What is no command is text of a client that knows none, and may be the end of its line. */
static int take_command(struct telnet_filter *f, uint8_t byte)
{
  switch (byte) {
  case IAC:
    return take_data(f, byte);
  case WILL:
  case WONT:
  case DO:
  case DONT:
    f->state = OPTION;
    return SWALLOWED;
  case SB:
    f->counted = 0;
    f->state = PARAMETERS;
    return SWALLOWED;
  default:
    if (byte < LOWEST_COMMAND)
      return take_data(f, byte);
    f->state = DATA;
    return SWALLOWED;
  }
}

static int take_byte(struct telnet_filter *f, uint8_t byte)
{
  switch (f->state) {
  case DATA:
    if (byte != IAC)
      return take_data(f, byte);
    f->state = COMMAND;
    return SWALLOWED;
  case COMMAND:
    return take_command(f, byte);
  case OPTION:
    f->state = DATA;
    return SWALLOWED;
  case PARAMETERS:
    if (byte != IAC)
      return take_parameter(f, byte);
    f->state = PARAMETERS_COMMAND;
    return SWALLOWED;
  default: /* PARAMETERS_COMMAND */
    return byte == IAC ? take_parameter(f, byte) : take_command(f, byte);
  }
}

size_t telnet_filter(struct telnet_filter *f, void *data, size_t n)
{
  uint8_t *bytes = data;
  size_t left = 0;
  for (size_t i = 0; i < n; i++) {
    int byte = take_byte(f, bytes[i]);
    if (byte != SWALLOWED)
      bytes[left++] = (uint8_t)byte;
  }
  return left;
}
