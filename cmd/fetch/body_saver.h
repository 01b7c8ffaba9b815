/* The body of an answer on its way to the output: decoded, summed, written; and what is shown
 * before it. */
#ifndef ANET_CMD_FETCH_BODY_SAVER_H
#define ANET_CMD_FETCH_BODY_SAVER_H

#include "cmd/fetch/checksum.h"
#include "cmd/fetch/failure.h"
#include "cmd/fetch/output.h"
#include "core/crypto/digest.h"
#include "core/http/content_decoder.h"
#include "core/stream/sink.h"

struct saver;

/* Any of them may close the saver. */
struct saver_ops {
  /* It takes more, after saver_has_room had said no. */
  void (*room)(struct saver *s);

  /* All of it is written, and has the sum it should; after saver_end. */
  void (*complete)(struct saver *s);

  /* It cannot go on. Told once. May run within every call but saver_open and saver_close. */
  void (*failed)(struct saver *s, const struct failure *f);
};

/* What becomes of the bytes. */
struct saver_form {
  bool resumes;  /* they go behind the part that is there */
  bool is_coded; /* with `coding`, which is taken off */
  enum http_coding coding;
};

enum saver_state {
  SAVER_CLOSED,
  SAVER_OPEN,
  SAVER_ENDING,  /* no more will come */
  SAVER_FLUSHED, /* and all of it is at the sink */
  SAVER_FAILED,
};

/* All zero is one that is closed. */
struct saver {
  const struct saver_ops *ops;
  enum saver_state state;
  struct output *output;
  struct sink sink;
  struct http_content_decoder *decoder;
  struct checksum checksum;
  struct digest *digest;   /* NULL without a checksum */
  struct buffer undecoded; /* that came, and the sink had no room for what it becomes */
  bool unfinished;         /* the decoder has more to give */
};

/* Opens the output and what the form and `checksum` need; `begun`, unless NULL, is the digest of
 * the part that the form resumes, which it owns from here on. 0; or an exit code with an error. To
 * be closed in either case. */
int saver_open(struct saver *s, struct reactor *r, struct output *output,
               const struct saver_form *form, const struct checksum *checksum, struct digest *begun,
               const struct saver_ops *ops, struct error *e);

/* Writes `n` bytes as they are: of a head, or of an answer that is shown as it came. */
void saver_show(struct saver *s, const void *data, size_t n);

/* The next of the body. */
void saver_body(struct saver *s, const void *data, size_t n);

/* The same for what can go from the socket to the output unseen: see http_client_ops.move_body. */
ssize_t saver_move(struct saver *s, struct dispatcher *from, uint64_t most);

static inline bool saver_has_room(const struct saver *s)
{
  return s->state == SAVER_CLOSED || (sink_has_room(&s->sink) && !s->unfinished);
}

/* The body is whole: `complete` once it is written, or `failed`. */
void saver_end(struct saver *s);

/* Closes all but the output. Any number of times. `s` must live to the end of the pass. */
void saver_close(struct saver *s);

#endif
