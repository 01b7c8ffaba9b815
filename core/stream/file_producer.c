/* A file on its way to a socket: sendfile(2), and what must be seen to so that what arrives is the
 * file, and that a slow disk stops nobody else. */
#include "core/event/thread_work.h"
#include "core/event/timer.h"
#include "core/os/socket.h"
#include "core/stream/producer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
  TAIL = 4 * 1024, /* what is held back to the last; see send_tail */
  FIRST_WAIT_MS = 1,
  LONGEST_WAIT_MS = 50,
  WHOLE_NS = 200 * 1000, /* for how long a look at the file holds, for a response in one piece */
};

struct file_producer {
  struct producer base;
  struct shared_file *file;
  int64_t offset;
  uint64_t left;
  bool begun;             /* some of it is out */
  struct disk_read *read; /* under way, or NULL */
  int64_t read_to;        /* the end of what was read last */
  struct dispatcher *channel;
  struct timer drain; /* runs while what was sent is waited for */
  uint64_t wait_ms;
};

/* Its next bytes are at hand, or it is worth looking again. */
static void go_on(struct file_producer *self)
{
  self->base.waiting = self->base.for_disk = false;
  dispatcher_changed(self->channel);
}

/* What is not in the page cache. */

/* A piece of a file on its way into it, by another thread. */
struct disk_read {
  struct thread_work work;
  struct shared_file *file;
  int64_t offset;
  size_t length;
  struct file_producer *owner; /* NULL when it has gone */
};

static void read_ahead(struct thread_work *w)
{
  const struct disk_read *r = container_of(w, struct disk_read, work);
  char last;
  posix_fadvise(r->file->fd, r->offset, (off_t)r->length, POSIX_FADV_WILLNEED);
  ssize_t n = pread(r->file->fd, &last, 1, r->offset + (off_t)r->length - 1);
  (void)n; /* sendfile will say it again */
}

static void disk_read_done(struct thread_work *w)
{
  struct disk_read *r = container_of(w, struct disk_read, work);
  if (r->owner) {
    r->owner->read = NULL;
    r->owner->read_to = r->offset + (int64_t)r->length;
    go_on(r->owner);
  }
  shared_file_drop(r->file);
  free(r);
}

/* False without memory or a thread: then the loop reads by itself. */
static bool disk_read_start(struct file_producer *self, size_t n)
{
  struct disk_read *r = calloc(1, sizeof *r);
  if (!r)
    return false;
  *r = (struct disk_read){.offset = self->offset, .length = n, .owner = self};
  r->file = shared_file_hold(self->file);
  if (thread_work_start(&r->work, self->channel->reactor, read_ahead, disk_read_done)) {
    shared_file_drop(r->file);
    free(r);
    return false;
  }
  self->read = r;
  self->base.waiting = self->base.for_disk = true;
  return true;
}

/* Whether the end of the next `n` bytes would have to be waited for. */
static bool is_cold(const struct file_producer *self, size_t n)
{
#ifdef RWF_NOWAIT
  char byte;
  struct iovec one = {&byte, 1};
  int64_t last = self->offset + (int64_t)n - 1;
  uint64_t now_ms = reactor_now_ms(self->channel->reactor);
  if (shared_file_is_warm(self->file, last, now_ms))
    return false;
  if (preadv2(self->file->fd, &one, 1, (off_t)last, RWF_NOWAIT) < 0)
    return errno == EAGAIN;
  shared_file_saw_warm(self->file, last, now_ms);
  return false;
#else
  (void)self;
  (void)n;
  return false;
#endif
}

/* What changes meanwhile. */

/* A response that may leave at once begins with a look at the file a moment ago. Of a longer one
 * each piece is preceded by a look: what a file has become meanwhile must not follow what it was.
 */
static bool was_changed(const struct file_producer *self, bool whole)
{
  if (whole && shared_file_was_same(self->file, WHOLE_NS))
    return false;
  return !shared_file_is_same(self->file);
}

static void drained(struct timer *t)
{
  go_on(container_of(t, struct file_producer, drain));
}

/* Whether the peer has all that was sent so far; else it is waited for. A negative errno when it is
 * lost. */
static int is_drained(struct file_producer *self)
{
  int err = socket_error(self->channel->fd);
  if (err)
    return err;
  if (socket_unsent(self->channel->fd) == 0)
    return true;
  self->wait_ms = self->wait_ms ? 2 * self->wait_ms : FIRST_WAIT_MS;
  if (self->wait_ms > LONGEST_WAIT_MS)
    self->wait_ms = LONGEST_WAIT_MS;
  if (timer_start(&self->drain, self->channel->reactor, self->wait_ms))
    return true;
  self->base.waiting = true;
  return false;
}

/* sendfile(2) does not copy: what waits in the socket still changes with the file. So the last
 * bytes of what did not leave at once are held back until the peer has the others, and copied, and
 * then the file is asked whether it is what it was. If not, they are never sent. */
static ssize_t send_tail(struct file_producer *self)
{
  char tail[TAIL];
  int ready = is_drained(self);
  if (ready <= 0)
    return dispatcher_sent(self->channel, ready);
  ssize_t n = pread(self->file->fd, tail, (size_t)self->left, self->offset);
  if (n != (ssize_t)self->left || !shared_file_is_same(self->file))
    return UV_EIO;
  n = dispatcher_send(self->channel, tail, (size_t)n);
  if (n > 0)
    self->offset += n;
  return n;
}

/* Up to `n` bytes. */
static ssize_t send_piece(struct file_producer *self, size_t n)
{
  struct dispatcher *d = self->channel;
  bool whole = !self->begun && n >= self->left; /* it may all leave at once */
  if (whole)
    n = (size_t)self->left;
  else if (self->left > TAIL && n > self->left - TAIL)
    n = (size_t)(self->left - TAIL);
  if (self->read_to > self->offset) { /* not asked for again, even if it has left the cache */
    uint64_t ready = (uint64_t)(self->read_to - self->offset);
    n = n < ready ? n : (size_t)ready;
  } else if (is_cold(self, n) && disk_read_start(self, n)) {
    return 0;
  }
  if (was_changed(self, whole))
    return UV_EIO;
  return dispatcher_sendfile(d, self->file->fd, &self->offset, n);
}

static ssize_t file_send(struct producer *p, struct dispatcher *d, size_t n, bool *done)
{
  struct file_producer *self = container_of(p, struct file_producer, base);
  ssize_t sent = 0;
  self->channel = d;
  if (self->left > 0 && n > 0) {
    if (p->waiting)
      return 0;
    sent = self->begun && self->left <= TAIL ? send_tail(self) : send_piece(self, n);
    if (sent < 0 || dispatcher_is_closing(d))
      return sent;
    self->begun |= sent > 0;
  }
  self->left -= (uint64_t)sent;
  *done = self->left == 0;
  return sent;
}

static void file_release(struct producer *p)
{
  struct file_producer *self = container_of(p, struct file_producer, base);
  if (self->read)
    self->read->owner = NULL;
  timer_release(&self->drain);
  shared_file_drop(self->file);
  free(self);
}

struct producer *producer_file(struct shared_file *file, int64_t offset, uint64_t length)
{
  static const struct producer_ops ops = {.send = file_send, .release = file_release};
  struct file_producer *self = calloc(1, sizeof *self);
  if (!self)
    return NULL;
  producer_init(&self->base, &ops, 0);
  self->file = shared_file_hold(file);
  self->offset = offset;
  self->left = length;
  self->drain.fire = drained;
  return &self->base;
}
