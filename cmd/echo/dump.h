/* Prints on stdout what arrives and from whom: for a person, for a script, or the bytes alone. The
 * output is queued: a slow reader of stdout slows the connections down, and blocks nothing. */
#ifndef ANET_CMD_ECHO_DUMP_H
#define ANET_CMD_ECHO_DUMP_H

#include "core/stream/async_chat.h"

enum dump_form {
  DUMP_NONE,
  DUMP_TEXT,  /* a line for each read, escaped */
  DUMP_LINES, /* a line for each line received, escaped */
  DUMP_HEX,   /* rows of 16 bytes: offset, hex, characters */
  DUMP_RAW,   /* only the bytes */
};

/* The words of `enum dump_form`, for an option's choices. */
extern const char *const dump_forms[];

struct dump;

struct dump_ops {
  /* dump_has_room was false, and is true again. */
  void (*room)(struct dump *d);

  /* Writing to stdout failed, with UV_EPIPE when its reader has gone. The dump is closed. */
  void (*failed)(struct dump *d, int err);
};

struct dump {
  const struct dump_ops *ops;
  enum dump_form form;
  struct async_chat out;
};

/* The state of one connection between two reads. All zero is a new one. */
struct dump_stream {
  struct buffer part; /* the start of a line, or of a UTF-8 character */
  uint64_t offset;    /* DUMP_HEX: of the next byte in the stream */
};

/* Opens stdout on the loop. 0 or a negative errno. */
int dump_open(struct dump *d, struct reactor *r, enum dump_form form, const struct dump_ops *ops);

/* `WHO EVENT`; nothing in the raw form. */
void dump_event(struct dump *d, const char *who, const char *event);

/* `WHO: ...` for bytes received. */
void dump_data(struct dump *d, struct dump_stream *s, const char *who, const void *data, size_t n);

/* The stream has ended: shows the part that was kept, and frees it. */
void dump_end(struct dump *d, struct dump_stream *s, const char *who);

bool dump_has_room(const struct dump *d);

/* Closes once the queue is written; the loop must run until it has no channels. */
void dump_close(struct dump *d);

#endif
