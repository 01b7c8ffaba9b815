/* A file on its way to a socket: sendfile(2), and what must be seen to so that what arrives is the
 * file, and that a slow disk stops nobody else. */
#include "core/producer.h"
#include "core/work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ASKED_ONCE = 1024 * 1024 };

struct shared_file *shared_file_new(int fd, const struct stat *st)
{
  struct shared_file *f = malloc(sizeof *f);
  if (!f) {
    close(fd);
    return NULL;
  }
  *f =
      (struct shared_file){.references = 1, .fd = fd, .size = st->st_size, .modified = st->st_mtim};
  return f;
}

void shared_file_drop(struct shared_file *f)
{
  if (--f->references > 0)
    return;
  close(f->fd);
  free(f);
}

struct file_producer {
  struct producer base;
  struct shared_file *file;
  int64_t offset;
  uint64_t left;
  struct fetch *fetch;
};

/* A piece of a file on its way into the page cache. */
struct fetch {
  struct work work;
  struct shared_file *file;
  int64_t offset;
  size_t length;
  struct file_producer *owner; /* NULL when it has gone */
  struct dispatcher *channel;
};

static void read_ahead(struct work *w)
{
  struct fetch *f = container_of(w, struct fetch, work);
  char last;
  posix_fadvise(f->file->fd, f->offset, (off_t)f->length, POSIX_FADV_WILLNEED);
  ssize_t n = pread(f->file->fd, &last, 1, f->offset + (off_t)f->length - 1);
  (void)n; /* sendfile will say it again */
}

static void fetched(struct work *w)
{
  struct fetch *f = container_of(w, struct fetch, work);
  if (f->owner) {
    f->owner->fetch = NULL;
    f->owner->base.waiting = false;
    dispatcher_changed(f->channel);
  }
  shared_file_drop(f->file);
  free(f);
}

/* Without memory or a thread the loop reads by itself. */
static bool fetch_start(struct file_producer *self, struct dispatcher *d, size_t n)
{
  struct fetch *f = calloc(1, sizeof *f);
  if (!f)
    return false;
  *f = (struct fetch){
      .file = self->file, .offset = self->offset, .length = n, .owner = self, .channel = d};
  if (work_start(&f->work, d->reactor, read_ahead, fetched)) {
    free(f);
    return false;
  }
  self->file->references++;
  self->fetch = f;
  self->base.waiting = true;
  return true;
}

/* Whether the end of the next `n` bytes would have to be waited for. A small file is asked once. */
static bool is_cold(const struct file_producer *self, size_t n)
{
#ifdef RWF_NOWAIT
  char last;
  struct iovec one = {&last, 1};
  if (self->file->warm)
    return false;
  if (preadv2(self->file->fd, &one, 1, self->offset + (off_t)n - 1, RWF_NOWAIT) < 0)
    return errno == EAGAIN;
  self->file->warm = self->file->size <= ASKED_ONCE;
  return false;
#else
  (void)self;
  (void)n;
  return false;
#endif
}

static bool was_changed(const struct shared_file *f)
{
  struct stat st;
  return fstat(f->fd, &st) < 0 || st.st_size != f->size ||
         st.st_mtim.tv_sec != f->modified.tv_sec || st.st_mtim.tv_nsec != f->modified.tv_nsec;
}

static ssize_t file_send(struct producer *p, struct dispatcher *d, size_t n, bool *done)
{
  struct file_producer *self = container_of(p, struct file_producer, base);
  bool last = n >= self->left;
  if (last)
    n = (size_t)self->left;
  ssize_t sent = 0;
  if (n > 0) {
    if (self->base.waiting || (!self->fetch && is_cold(self, n) && fetch_start(self, d, n)))
      return 0;
    if (last && was_changed(self->file))
      return UV_EIO;
    sent = d->transport->ops->sendfile(d->transport, d->fd, self->file->fd, &self->offset, n);
    if (sent == 0)
      return UV_EIO;
    sent = dispatcher_sent(d, sent);
    if (sent < 0 || d->closing)
      return sent;
  }
  self->left -= (uint64_t)sent;
  *done = self->left == 0;
  return sent;
}

static void file_release(struct producer *p)
{
  struct file_producer *self = container_of(p, struct file_producer, base);
  if (self->fetch)
    self->fetch->owner = NULL;
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
  self->file = file;
  self->offset = offset;
  self->left = length;
  file->references++;
  return &self->base;
}
