/* What came and from whom, on stdout: for a person, for a script, or the bytes themselves. The
 * lines are queued, so that a slow reader of stdout slows the connections down and stops nothing
 * else. */
#ifndef ANET_CMD_ECHO_DUMP_H
#define ANET_CMD_ECHO_DUMP_H

#include "core/stream/async_chat.h"

enum dump_form {
  DUMP_NONE,
  DUMP_TEXT,  /* a line for what each read brought, escaped */
  DUMP_LINES, /* a line for each line that came, escaped */
  DUMP_HEX,   /* rows of 16 bytes: offset, hex, characters */
  DUMP_RAW,   /* the bytes, and nothing about whose they are */
};

/* The words of `enum dump_form`, for an option's choices. */
extern const char *const dump_forms[];

struct dump;

struct dump_ops {
  /* stdout takes more, after dump_has_room had said no. */
  void (*room)(struct dump *d);

  /* stdout cannot be written: UV_EPIPE when nobody reads it. The dump is closed. */
  void (*failed)(struct dump *d, int err);
};

struct dump {
  const struct dump_ops *ops;
  enum dump_form form;
  struct async_chat out;
};

/* What is kept for one connection between two reads. All zero is a new one. */
struct dump_stream {
  struct buffer part; /* the start of a line, or of a UTF-8 character */
  uint64_t offset;    /* DUMP_HEX: of the next byte in the stream */
};

/* Opens stdout on the loop. 0 or a negative errno. */
int dump_open(struct dump *d, struct reactor *r, enum dump_form form, const struct dump_ops *ops);

/* `WHO EVENT`; nothing in the raw form. */
void dump_event(struct dump *d, const char *who, const char *event);

/* `WHO: ...` for bytes that came. */
void dump_data(struct dump *d, struct dump_stream *s, const char *who, const void *data, size_t n);

/* The stream has ended: what was kept is shown, and freed. */
void dump_end(struct dump *d, struct dump_stream *s, const char *who);

bool dump_has_room(const struct dump *d);

/* Writes out what is queued and closes; the loop must run until it has no channels. */
void dump_close(struct dump *d);

#endif
