#include "cmd/fetch/answer.h"

#include "cmd/command.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <uv.h>

enum { PIECE = 32 * 1024 };

static struct answer *answer_of(struct sink *s)
{
  return container_of(s, struct answer, sink);
}

static void fail(struct answer *a, int code, const struct error *e)
{
  if (a->over)
    return;
  a->over = true;
  a->ops->failed(a, code, e);
}

static void sink_failed(struct sink *s, int err)
{
  struct answer *a = answer_of(s);
  struct error e;
  error_set(&e, err, "write %s", a->output->shown);
  bool unread = err == UV_EPIPE && !output_is_file(a->output) && a->output->fd < 0;
  fail(a, unread ? -SIGPIPE : EXIT_CANNOT_WRITE, &e);
}

/* The body, decoded. */
static void deliver(struct answer *a, const void *data, size_t n)
{
  struct error e;
  int err = a->digest ? digest_update(a->digest, data, n) : 0;
  if (err) {
    error_set(&e, err, "check sum");
    fail(a, EXIT_FAILED, &e);
    return;
  }
  sink_write(&a->sink, data, n);
}

/* What the sink has no room for stays undecoded: a few bytes may stand for very many. */
static void decode(struct answer *a, struct span input)
{
  char piece[PIECE];
  const char *reason = NULL;
  ssize_t n = 1;
  a->unfinished = false;
  while (n > 0 && !a->over) {
    if (!sink_has_room(&a->sink)) {
      a->unfinished = true;
      break;
    }
    n = http_decoder_next(a->decoder, &input, piece, sizeof piece, &reason);
    if (n > 0)
      deliver(a, piece, (size_t)n);
  }
  struct error e;
  struct buffer rest = {0};
  if (n < 0) {
    error_say(&e, UV_EPROTO, "%s", reason);
    fail(a, EXIT_RECEIVING, &e);
  } else if (buffer_append(&rest, input.data, input.length)) {
    error_set(&e, UV_ENOMEM, "decode");
    fail(a, EXIT_FAILED, &e);
  }
  buffer_release(&a->undecoded);
  a->undecoded = rest;
}

void answer_show(struct answer *a, const void *data, size_t n)
{
  sink_write(&a->sink, data, n);
}

void answer_body(struct answer *a, const void *data, size_t n)
{
  if (a->over)
    return;
  if (!a->decoder) {
    deliver(a, data, n);
  } else if (a->unfinished) {
    struct error e;
    if (buffer_append(&a->undecoded, data, n))
      fail(a, EXIT_FAILED, (error_set(&e, UV_ENOMEM, "decode"), &e));
  } else {
    decode(a, (struct span){data, n});
  }
}

ssize_t answer_move(struct answer *a, int fd, uint64_t most)
{
  if (!a->is_open || a->decoder || a->digest)
    return UV_EINVAL;
  return sink_splice(&a->sink, fd, most);
}

/* Nothing more comes and nothing waits. */
static void end_now(struct answer *a)
{
  struct error e;
  if (a->decoder && !http_decoder_is_done(a->decoder)) {
    error_say(&e, UV_EPROTO, "the body is cut short: its content coding has not come to its end");
    fail(a, EXIT_CUT_SHORT, &e);
    return;
  }
  if (!a->flushed) {
    a->flushed = true;
    sink_end(&a->sink);
  }
  if (!a->over && sink_has_room(&a->sink))
    a->ops->complete(a);
}

void answer_end(struct answer *a)
{
  a->ending = true;
  if (!a->over && answer_has_room(a))
    end_now(a);
}

static void sink_room(struct sink *s)
{
  struct answer *a = answer_of(s);
  if (a->unfinished) {
    struct buffer input = a->undecoded;
    a->undecoded = (struct buffer){0};
    decode(a, (struct span){(const char *)buffer_data(&input), input.length});
    buffer_release(&input);
  }
  if (a->over || !answer_has_room(a))
    return;
  if (a->ending)
    end_now(a);
  else
    a->ops->room(a);
}

/* What is there of a file counts for its sum. */
static int sum_part(struct answer *a, int fd)
{
  char piece[PIECE];
  off_t at = 0;
  ssize_t n;
  while ((n = pread(fd, piece, sizeof piece, at)) > 0) {
    int err = digest_update(a->digest, piece, (size_t)n);
    if (err)
      return err;
    at += n;
  }
  return n < 0 ? -errno : 0;
}

static struct span algorithm_of(const char *checksum)
{
  return (struct span){checksum, strcspn(checksum, ":")};
}

int answer_open(struct answer *a, struct reactor *r, struct output *output,
                const struct answer_form *form, const struct answer_ops *ops, struct error *e)
{
  static const struct sink_ops sink_ops = {.room = sink_room, .failed = sink_failed};
  *a = (struct answer){.ops = ops, .output = output};
  int fd = output_open(output, form->resumes, e);
  if (fd < 0)
    return fd;
  int err = sink_open(&a->sink, r, fd, &sink_ops);
  a->is_open = true;
  if (err)
    return error_set(e, err, "write %s", output->shown);
  if (form->is_coded && !(a->decoder = http_decoder_new(form->coding, e)))
    return e->code;
  if (form->checksum && !(a->digest = digest_new(algorithm_of(form->checksum), e)))
    return e->code;
  err = a->digest && form->resumes ? sum_part(a, fd) : 0;
  return err ? error_set(e, err, "read %s.part", output->shown) : 0;
}

int answer_check(struct answer *a, const char *checksum, struct error *e)
{
  char sum[2 * DIGEST_LONGEST + 1];
  struct span algorithm = algorithm_of(checksum);
  int err = digest_finish(a->digest, sum);
  if (err)
    return error_set(e, err, "check sum");
  if (strcasecmp(sum, checksum + algorithm.length + 1) == 0)
    return 0;
  return error_say(e, UV_EPROTO, "its %.*s is %s, not %s", (int)algorithm.length, algorithm.data,
                   sum, checksum + algorithm.length + 1);
}

void answer_close(struct answer *a)
{
  a->over = true;
  if (a->is_open)
    sink_close(&a->sink);
  a->is_open = false;
  http_decoder_free(a->decoder);
  digest_free(a->digest);
  a->decoder = NULL;
  a->digest = NULL;
  buffer_release(&a->undecoded);
}
