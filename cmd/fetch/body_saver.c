#include "cmd/fetch/body_saver.h"

#include "cmd/cli/exit_code.h"

#include <signal.h>
#include <strings.h>
#include <uv.h>

enum { PIECE = 32 * 1024 };

static struct saver *saver_of(struct sink *sink)
{
  return container_of(sink, struct saver, sink);
}

static bool is_working(const struct saver *s)
{
  return s->state != SAVER_CLOSED && s->state != SAVER_FAILED;
}

static void fail(struct saver *s, const struct failure *f)
{
  if (!is_working(s))
    return;
  s->state = SAVER_FAILED;
  s->ops->failed(s, f);
}

static void fail_with(struct saver *s, int code, int err, const char *what)
{
  struct failure f;
  struct error e;
  error_set(&e, err, "%s", what);
  failure_of(&f, code, FAILURE_FINAL, &e);
  fail(s, &f);
}

/* What came so far is as good as it was: the disk may have room another time. */
static void sink_failed(struct sink *sink, int err)
{
  struct saver *s = saver_of(sink);
  struct failure f;
  struct error e;
  error_set(&e, err, "write %s", s->output->shown);
  bool unread = err == UV_EPIPE && s->output->kind == OUTPUT_STDOUT;
  failure_of(&f, unread ? -SIGPIPE : EXIT_CANNOT_WRITE, FAILURE_FINAL, &e);
  f.keeps = true;
  fail(s, &f);
}

/* The body, decoded. */
static void deliver(struct saver *s, const void *data, size_t n)
{
  int err = s->digest ? digest_update(s->digest, data, n) : 0;
  if (err)
    fail_with(s, EXIT_FAILED, err, "check sum");
  else
    sink_write(&s->sink, data, n);
}

static void malformed(struct saver *s, const char *reason)
{
  struct failure f;
  failure_say(&f, EXIT_RECEIVING, FAILURE_FINAL, "%s", reason);
  fail(s, &f);
}

/* What the sink has no room for stays undecoded: a few bytes may stand for very many. */
static void decode(struct saver *s, struct span input)
{
  char piece[PIECE];
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

void saver_show(struct saver *s, const void *data, size_t n)
{
  sink_write(&s->sink, data, n);
}

void saver_body(struct saver *s, const void *data, size_t n)
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

ssize_t saver_move(struct saver *s, struct dispatcher *from, uint64_t most)
{
  if (!is_working(s) || s->decoder || s->digest)
    return UV_EINVAL;
  return sink_splice(&s->sink, from, most);
}

/* The end. */

/* The sum is right, or nobody asked. */
static bool check_sum(struct saver *s, struct failure *f)
{
  char sum[2 * DIGEST_LONGEST + 1];
  struct span algorithm = s->checksum.algorithm;
  if (!s->digest || (digest_finish(s->digest, sum) == 0 && strcasecmp(sum, s->checksum.hex) == 0))
    return true;
  failure_say(f, EXIT_FAILED, FAILURE_FINAL, "its %.*s is %s, not %s", (int)algorithm.length,
              algorithm.data, sum, s->checksum.hex);
  return false;
}

/* Nothing more comes and nothing waits. */
static void end_now(struct saver *s)
{
  struct failure f;
  if (s->decoder && !http_content_decoder_is_done(s->decoder)) {
    failure_say(&f, EXIT_CUT_SHORT, FAILURE_TRANSIENT,
                "the body is cut short: its content coding has not come to its end");
    fail(s, &f);
    return;
  }
  if (s->state == SAVER_ENDING) {
    s->state = SAVER_FLUSHED;
    sink_end(&s->sink);
  }
  if (s->state != SAVER_FLUSHED || !sink_has_room(&s->sink))
    return;
  if (check_sum(s, &f)) {
    s->ops->complete(s);
  } else {
    output_remove(s->output); /* all of it is there, and wrong */
    fail(s, &f);
  }
}

void saver_end(struct saver *s)
{
  if (s->state != SAVER_OPEN)
    return;
  s->state = SAVER_ENDING;
  if (saver_has_room(s))
    end_now(s);
}

static void decode_on(struct saver *s)
{
  struct buffer input = s->undecoded;
  s->undecoded = (struct buffer){0};
  decode(s, (struct span){(const char *)buffer_data(&input), input.length});
  buffer_release(&input);
}

static void sink_room(struct sink *sink)
{
  struct saver *s = saver_of(sink);
  if (s->unfinished)
    decode_on(s);
  if (!is_working(s) || !saver_has_room(s))
    return;
  if (s->state == SAVER_OPEN)
    s->ops->room(s);
  else
    end_now(s);
}

/* The beginning. */

int saver_open(struct saver *s, struct reactor *r, struct output *output,
               const struct saver_form *form, const struct checksum *checksum, struct digest *begun,
               const struct saver_ops *ops, struct error *e)
{
  static const struct sink_ops sink_ops = {.room = sink_room, .failed = sink_failed};
  *s = (struct saver){.ops = ops, .output = output, .checksum = *checksum, .digest = begun};
  int fd = output_open(output, form->resumes, e);
  if (fd < 0)
    return EXIT_CANNOT_WRITE;
  int err = sink_open(&s->sink, r, fd, &sink_ops);
  s->state = SAVER_OPEN;
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

void saver_close(struct saver *s)
{
  if (s->state != SAVER_CLOSED)
    sink_close(&s->sink);
  s->state = SAVER_CLOSED;
  http_content_decoder_free(s->decoder);
  digest_free(s->digest);
  s->decoder = NULL;
  s->digest = NULL;
  s->unfinished = false;
  buffer_release(&s->undecoded);
}
