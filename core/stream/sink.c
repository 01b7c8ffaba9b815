#include "core/stream/sink.h"

#include "core/base/escape.h"
#include "core/os/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sink *sink_of(struct dispatcher *d)
{
  return container_of(d, struct sink, d);
}

static void fail(struct sink *s, int err)
{
  if (s->over)
    return;
  s->over = true;
  buffer_release(&s->waiting);
  s->full = false;
  s->ops->failed(s, err);
}

/* A pipe, a terminal or a socket. */

static void handle_close(struct dispatcher *d)
{
  fail(sink_of(d), d->gone ? d->gone : UV_EPIPE);
  dispatcher_close(d);
}

static void handle_error(struct dispatcher *d, int err)
{
  (void)err; /* d->gone has it */
  handle_close(d);
}

static bool never(struct dispatcher *d)
{
  (void)d;
  return false;
}

static bool writable(struct dispatcher *d)
{
  return !sink_has_room(sink_of(d));
}

static void handle_write(struct dispatcher *d)
{
  struct sink *s = sink_of(d);
  s->full = false;
  if (s->waiting.length > 0) {
    ssize_t n = dispatcher_send(d, buffer_data(&s->waiting), s->waiting.length);
    if (n < 0)
      dispatcher_fail(d, (int)n);
    if (n <= 0 || dispatcher_is_closing(d))
      return;
    s->written += (uint64_t)n;
    buffer_consume(&s->waiting, (size_t)n);
  }
  if (sink_has_room(s))
    s->ops->room(s);
}

/* How much of it was taken; what fails is told. */
static size_t send_now(struct sink *s, const void *data, size_t n)
{
  ssize_t put = dispatcher_send(&s->d, data, n);
  if (put < 0)
    dispatcher_fail(&s->d, (int)put);
  return put > 0 ? (size_t)put : 0;
}

/* A file. */

static size_t write_all(struct sink *s, const void *data, size_t n)
{
  size_t written;
  int err = file_write_all(s->fd, data, n, &written);
  if (err)
    fail(s, err);
  return written;
}

/* Both. */

static void put(struct sink *s, const void *data, size_t n)
{
  size_t now = 0;
  if (s->over)
    return;
  if (sink_has_room(s))
    now = s->is_file ? write_all(s, data, n) : send_now(s, data, n);
  s->written += now;
  if (s->over || now == n)
    return;
  if (buffer_append(&s->waiting, (const uint8_t *)data + now, n - now))
    fail(s, UV_ENOMEM);
  else
    dispatcher_changed(&s->d);
}

void sink_write(struct sink *s, const void *data, size_t n)
{
  struct buffer text = {0};
  if (!s->escapes) {
    put(s, data, n);
    return;
  }
  if (escape_part(&text, &s->character, data, n))
    fail(s, UV_ENOMEM);
  else
    put(s, buffer_data(&text), text.length);
  buffer_release(&text);
}

void sink_end(struct sink *s)
{
  struct buffer text = {0};
  if (escape_text(&text, buffer_data(&s->character), s->character.length, ESCAPE_TERMINAL))
    fail(s, UV_ENOMEM);
  else
    put(s, buffer_data(&text), text.length);
  buffer_release(&s->character);
  buffer_release(&text);
}

/* Whether the pipe has some of the stream yet: a sink that has failed may be closed, and has none.
 */
static bool holds(const struct sink *s)
{
  return !s->over && s->pipe->held > 0;
}

/* What cannot be spliced on is taken out of the pipe again. */
static void unsplice(struct sink *s)
{
  _Alignas(BUFFER_PAGE) char piece[16 * 1024];
  s->only_copy = true;
  while (holds(s)) {
    ssize_t n = read(s->pipe->read_end, piece, sizeof piece);
    if (n <= 0) {
      fail(s, UV_EIO);
      return;
    }
    s->pipe->held -= (size_t)n;
    s->written += write_all(s, piece, (size_t)n);
  }
}

static ssize_t splice_to_file(struct sink *s, struct dispatcher *from, uint64_t most)
{
  if (!s->pipe)
    s->pipe = splice_pipe_get(s->reactor);
  if (!s->pipe)
    return UV_EINVAL;
  ssize_t n = splice_fill(s->pipe, from, most);
  while (n > 0 && holds(s)) {
    ssize_t put = splice_drain_to_file(s->pipe, s->fd);
    if (put == UV_EINVAL) /* opened for appending, or a device or a file system that cannot */
      unsplice(s);
    else if (put <= 0)
      fail(s, put < 0 ? (int)put : UV_EIO);
    else
      s->written += (uint64_t)put;
  }
  return n;
}

static bool is_full(int fd)
{
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  return poll(&p, 1, 0) == 0;
}

static ssize_t splice_to_pipe(struct sink *s, struct dispatcher *from, uint64_t most)
{
  if (!s->widened)
    splice_widen(s->d.fd);
  s->widened = true;
  ssize_t n = splice_direct(from, s->d.fd, most);
  if (n == UV_EPIPE) {
    fail(s, UV_EPIPE);
    return UV_EAGAIN;
  }
  if (n == UV_EAGAIN && is_full(s->d.fd)) {
    s->full = true;
    dispatcher_changed(&s->d);
  }
  if (n > 0)
    s->written += (uint64_t)n;
  return n;
}

ssize_t sink_splice(struct sink *s, struct dispatcher *from, uint64_t most)
{
  if (s->over || !sink_has_room(s))
    return UV_EAGAIN;
  ssize_t n = UV_EINVAL;
  if (!s->only_copy && s->is_pipe)
    n = splice_to_pipe(s, from, most);
  else if (!s->only_copy && s->is_file)
    n = splice_to_file(s, from, most);
  if (n == UV_EINVAL)
    s->only_copy = true;
  return s->over ? UV_EAGAIN : n;
}

int sink_open(struct sink *s, struct reactor *r, int fd, const struct sink_ops *ops)
{
  static const struct dispatcher_ops dispatcher_ops = {
      .readable = never,
      .writable = writable,
      .handle_write = handle_write,
      .handle_close = handle_close,
      .handle_error = handle_error,
  };
  struct stat st;
  if (fstat(fd, &st) < 0)
    return -errno;
  *s = (struct sink){.ops = ops, .reactor = r, .fd = fd};
  bool terminal = S_ISCHR(st.st_mode) && isatty(fd);
  s->is_file = S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) || (S_ISCHR(st.st_mode) && !terminal);
  s->is_pipe = S_ISFIFO(st.st_mode);
  s->escapes = terminal;
  if (s->is_file)
    return 0;
  dispatcher_init(&s->d, r, &dispatcher_ops);
  return dispatcher_open_file(&s->d, fd);
}

void sink_close(struct sink *s)
{
  s->over = true;
  s->full = false;
  buffer_release(&s->waiting);
  buffer_release(&s->character);
  if (s->pipe)
    splice_pipe_put(s->reactor, s->pipe);
  s->pipe = NULL;
  if (s->d.ops)
    dispatcher_close(&s->d);
}
