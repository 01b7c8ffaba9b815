/* The body of a response on its way to the output: decoded, summed and written. Heads that are
 * shown go the same way. */
#ifndef ANET_CMD_FETCH_BODY_SAVER_H
#define ANET_CMD_FETCH_BODY_SAVER_H

#include "cmd/fetch/checksum.h"
#include "cmd/fetch/failure.h"
#include "cmd/fetch/output.h"
#include "core/crypto/digest.h"
#include "core/http/content_decoder.h"
#include "core/stream/sink.h"

struct body_saver;

/* Each of them may close the saver. */
struct body_saver_ops {
  /* It has room again, after body_saver_has_room returned false. */
  void (*room)(struct body_saver *s);

  /* After body_saver_end: all of the body is written, and its checksum is right. */
  void (*complete)(struct body_saver *s);

  /* It cannot go on. Told once. May run within every call but body_saver_open and body_saver_close.
   */
  void (*failed)(struct body_saver *s, const struct failure *f);
};

/* How the body is saved. */
struct body_saver_form {
  bool resumes;  /* appended to the partial file */
  bool is_coded; /* with `coding`, which is decoded */
  enum http_coding coding;
};

enum body_saver_state {
  BODY_SAVER_CLOSED,
  BODY_SAVER_OPEN,
  BODY_SAVER_ENDING,  /* body_saver_end was called */
  BODY_SAVER_FLUSHED, /* and the sink has all of the body */
  BODY_SAVER_FAILED,
};

/* All zero is closed. */
struct body_saver {
  const struct body_saver_ops *ops;
  enum body_saver_state state;
  struct output *output;
  struct sink sink;
  struct http_content_decoder *decoder;
  struct checksum checksum;
  struct digest *digest;   /* NULL without a checksum */
  struct buffer undecoded; /* input kept until the sink has room for its output */
  bool unfinished;         /* the decoder has more output */
};

/* Opens the output and what the form and `checksum` need; `begun`, unless NULL, is the digest of
 * the part that the form resumes, which it owns from here on. 0; or an exit code with an error. To
 * be closed in either case. */
int body_saver_open(struct body_saver *s, struct reactor *r, struct output *output,
                    const struct body_saver_form *form, const struct checksum *checksum,
                    struct digest *begun, const struct body_saver_ops *ops, struct error *e);

/* Writes `n` bytes as they are: a head, or a response that is shown as it comes. */
void body_saver_show(struct body_saver *s, const void *data, size_t n);

/* Writes the next bytes of the body. */
void body_saver_write(struct body_saver *s, const void *data, size_t n);

/* The same inside the kernel, from the socket to the output: see http_client_ops.move_body. */
ssize_t body_saver_move(struct body_saver *s, struct dispatcher *from, uint64_t most);

static inline bool body_saver_has_room(const struct body_saver *s)
{
  return s->state == BODY_SAVER_CLOSED || (sink_has_room(&s->sink) && !s->unfinished);
}

/* The body is whole: `complete` once it is written, or `failed`. */
void body_saver_end(struct body_saver *s);

/* Closes everything but the output. Any number of times. `s` must live to the end of the pass. */
void body_saver_close(struct body_saver *s);

#endif
