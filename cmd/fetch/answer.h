/* The body of an answer on its way to the output: decoded, summed, written; and what is shown
 * before it. */
#ifndef ANET_FETCH_ANSWER_H
#define ANET_FETCH_ANSWER_H

#include "cmd/fetch/output.h"
#include "core/digest.h"
#include "core/http/decoder.h"
#include "core/sink.h"

struct answer;

struct answer_ops {
  /* It takes more, after answer_has_room had said no. */
  void (*room)(struct answer *a);

  /* After answer_end: all of it is written. */
  void (*complete)(struct answer *a);

  /* It cannot go on: an exit code, or minus a signal, and why. Told once. May run within every call
   * that is given bytes. */
  void (*failed)(struct answer *a, int code, const struct error *e);
};

/* What becomes of the bytes. */
struct answer_form {
  bool resumes;  /* they go behind the part that is there */
  bool is_coded; /* with `coding`, which is taken off */
  enum http_coding coding;
  const char *checksum; /* ALGORITHM:HEX; NULL for none */
};

/* All zero is one that is not open. */
struct answer {
  const struct answer_ops *ops;
  struct output *output;
  struct sink sink;
  struct http_decoder *decoder;
  struct digest *digest;
  struct buffer undecoded; /* that came, and the sink had no room for what it becomes */
  bool is_open;
  bool unfinished; /* the decoder has more to give */
  bool ending, flushed, over;
};

/* Opens the output and what the form needs. 0; or a negative errno with an error. To be closed in
 * either case. */
int answer_open(struct answer *a, struct reactor *r, struct output *output,
                const struct answer_form *form, const struct answer_ops *ops, struct error *e);

/* Writes `n` bytes as they are: of a head, or of an answer that is shown as it came. */
void answer_show(struct answer *a, const void *data, size_t n);

/* The next of the body. */
void answer_body(struct answer *a, const void *data, size_t n);

/* The same for what can go from the socket to the output unseen: see http_client_ops.move_body. */
ssize_t answer_move(struct answer *a, int fd, uint64_t most);

static inline bool answer_has_room(const struct answer *a)
{
  return !a->is_open || (sink_has_room(&a->sink) && !a->unfinished);
}

/* The body is whole: `complete` once it is written, or `failed`. */
void answer_end(struct answer *a);

/* Whether the body has the sum of `checksum`; after `complete`. 0, or UV_EPROTO with an error that
 * says both sums. */
int answer_check(struct answer *a, const char *checksum, struct error *e);

/* Closes all but the output. Any number of times. `a` must live to the end of the pass. */
void answer_close(struct answer *a);

#endif
