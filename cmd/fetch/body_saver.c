#include "cmd/fetch/body_saver.h"

#include "cmd/cli/exit_code.h"

#include <signal.h>
#include <strings.h>
#include <uv.h>

enum { PIECE = 32 * 1024 };

static struct body_saver *saver_of(struct sink *sink)
{
  return container_of(sink, struct body_saver, sink);
}

static bool is_working(const struct body_saver *s)
{
  return s->state != BODY_SAVER_CLOSED && s->state != BODY_SAVER_FAILED;
}

static void fail(struct body_saver *s, const struct failure *f)
{
  if (!is_working(s))
    return;
  s->state = BODY_SAVER_FAILED;
  s->ops->failed(s, f);
}

static void fail_with(struct body_saver *s, int code, int err, const char *what)
{
  struct failure f;
  struct error e;
  error_set(&e, err, "%s", what);
  failure_of(&f, code, FAILURE_FINAL, &e);
  fail(s, &f);
}

/* The bytes written so far are right, and are kept: the disk may have room another time. */
static void sink_failed(struct sink *sink, int err)
{
  struct body_saver *s = saver_of(sink);
  struct failure f;
  struct error e;
  error_set(&e, err, "write %s", s->output->shown);
  bool unread = err == UV_EPIPE && s->output->kind == OUTPUT_STDOUT;
  failure_of(&f, unread ? -SIGPIPE : EXIT_CANNOT_WRITE, FAILURE_FINAL, &e);
  f.keeps = true;
  fail(s, &f);
}

/* The body, decoded. */
static void deliver(struct body_saver *s, const void *data, size_t n)
{
  int err = s->digest ? digest_update(s->digest, data, n) : 0;
  if (err)
    fail_with(s, EXIT_FAILED, err, "checksum");
  else
    sink_write(&s->sink, data, n);
}

static void malformed(struct body_saver *s, const char *reason)
{
  struct failure f;
  failure_say(&f, EXIT_RECEIVING, FAILURE_FINAL, "%s", reason);
  fail(s, &f);
}

/* Input is decoded only while the sink has room: a few bytes may stand for very many. */
static void decode(struct body_saver *s, struct span input)
{
  _Alignas(BUFFER_PAGE) char piece[PIECE];
  const char *reason = NULL;
  ssize_t n = 1;
  s->unfinished = false;
  while (n > 0 && is_working(s)) {
    if (!sink_has_room(&s->sink)) {
      s->unfinished = true;
      break;
    }
    n = http_content_decoder_next(s->decoder, &input, piece, sizeof piece, &reason);
    if (n > 0)
      deliver(s, piece, (size_t)n);
  }
  if (n == UV_EPROTO)
    malformed(s, reason);
  else if (n < 0 || (is_working(s) && buffer_append(&s->undecoded, input.data, input.length)))
    fail_with(s, EXIT_FAILED, UV_ENOMEM, "decode");
}

void body_saver_show(struct body_saver *s, const void *data, size_t n)
{
  sink_write(&s->sink, data, n);
}

void body_saver_write(struct body_saver *s, const void *data, size_t n)
{
  if (!is_working(s))
    return;
  if (!s->decoder)
    deliver(s, data, n);
  else if (!s->unfinished)
    decode(s, (struct span){data, n});
  else if (buffer_append(&s->undecoded, data, n))
    fail_with(s, EXIT_FAILED, UV_ENOMEM, "decode");
}

ssize_t body_saver_move(struct body_saver *s, struct dispatcher *from, uint64_t most)
{
  if (!is_working(s) || s->decoder || s->digest)
    return UV_EINVAL;
  return sink_splice(&s->sink, from, most);
}

/* The end. */

/* Compares the checksum, where one was asked for. */
static void finish(struct body_saver *s)
{
  char sum[2 * DIGEST_LONGEST + 1];
  struct span algorithm = s->checksum.algorithm;
  struct failure f;
  struct error e;
  int err = s->digest ? digest_finish(s->digest, sum) : 0;
  if (err) {
    error_set(&e, err, "checksum");
    failure_of(&f, EXIT_FAILED, FAILURE_FINAL, &e);
    f.keeps = true; /* nobody knows that the bytes are wrong */
    fail(s, &f);
  } else if (s->digest && strcasecmp(sum, s->checksum.hex) != 0) {
    failure_say(&f, EXIT_FAILED, FAILURE_FINAL, "its %.*s is %s, not %s", (int)algorithm.length,
                algorithm.data, sum, s->checksum.hex);
    output_remove(s->output); /* it is whole, and wrong */
    fail(s, &f);
  } else {
    s->ops->complete(s);
  }
}

/* All of the body has come, and the sink has room. */
static void end_now(struct body_saver *s)
{
  struct failure f;
  if (s->decoder && !http_content_decoder_is_done(s->decoder)) {
    failure_say(&f, EXIT_CUT_SHORT, FAILURE_TRANSIENT,
                "the body is cut short: its compressed data has no end");
    fail(s, &f);
    return;
  }
  if (s->state == BODY_SAVER_ENDING) {
    s->state = BODY_SAVER_FLUSHED;
    sink_end(&s->sink);
  }
  if (s->state == BODY_SAVER_FLUSHED && sink_has_room(&s->sink))
    finish(s);
}

void body_saver_end(struct body_saver *s)
{
  if (s->state != BODY_SAVER_OPEN)
    return;
  s->state = BODY_SAVER_ENDING;
  if (body_saver_has_room(s))
    end_now(s);
}

static void decode_on(struct body_saver *s)
{
  struct buffer input = s->undecoded;
  s->undecoded = (struct buffer){0};
  decode(s, (struct span){(const char *)buffer_data(&input), input.length});
  buffer_release(&input);
}

static void sink_room(struct sink *sink)
{
  struct body_saver *s = saver_of(sink);
  if (s->unfinished)
    decode_on(s);
  if (!is_working(s) || !body_saver_has_room(s))
    return;
  if (s->state == BODY_SAVER_OPEN)
    s->ops->room(s);
  else
    end_now(s);
}

/* The beginning. */

int body_saver_open(struct body_saver *s, struct reactor *r, struct output *output,
                    const struct body_saver_form *form, const struct checksum *checksum,
                    struct digest *begun, const struct body_saver_ops *ops, struct error *e)
{
  static const struct sink_ops sink_ops = {.room = sink_room, .failed = sink_failed};
  *s = (struct body_saver){.ops = ops, .output = output, .checksum = *checksum, .digest = begun};
  int fd = output_open(output, form->resumes, e);
  if (fd < 0)
    return EXIT_CANNOT_WRITE;
  int err = sink_open(&s->sink, r, fd, &sink_ops);
  s->state = BODY_SAVER_OPEN;
  if (err) {
    error_set(e, err, "write %s", output->shown);
    return EXIT_CANNOT_WRITE;
  }
  if (form->is_coded && !(s->decoder = http_content_decoder_new(form->coding, e)))
    return EXIT_FAILED;
  if (checksum->algorithm.data && !begun && !(s->digest = digest_new(checksum->algorithm, e)))
    return EXIT_FAILED;
  return EXIT_DONE;
}

void body_saver_close(struct body_saver *s)
{
  if (s->state != BODY_SAVER_CLOSED)
    sink_close(&s->sink);
  s->state = BODY_SAVER_CLOSED;
  http_content_decoder_free(s->decoder);
  digest_free(s->digest);
  s->decoder = NULL;
  s->digest = NULL;
  s->unfinished = false;
  buffer_release(&s->undecoded);
}
