#include "core/splice.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

enum {
  PIPE_ROOM = 1024 * 1024, /* the size an ordinary user may ask for (pipe-max-size) */
  KEPT_PIPES = 16,         /* unused ones that stay open */
  MOST_PIPES = 1024,
};

struct splice_pool {
  struct splice_pipe *kept[KEPT_PIPES];
  size_t kept_count;
  size_t open, limit; /* pipes in all, and how many there may be */
};

size_t splice_reserve(size_t descriptors)
{
  size_t pipes = descriptors / 16;
  return 2 * (pipes < MOST_PIPES ? pipes : MOST_PIPES);
}

static struct splice_pool *pool(struct reactor *r)
{
  if (!r->splice_pool) {
    struct rlimit files;
    r->splice_pool = calloc(1, sizeof *r->splice_pool);
    if (r->splice_pool && getrlimit(RLIMIT_NOFILE, &files) == 0)
      r->splice_pool->limit = splice_reserve(files.rlim_cur) / 2;
  }
  return r->splice_pool;
}

static void close_pipe(struct splice_pool *p, struct splice_pipe *pipe)
{
  close(pipe->read_end);
  close(pipe->write_end);
  free(pipe);
  p->open--;
}

struct splice_pipe *splice_pipe_get(struct reactor *r)
{
  struct splice_pool *p = pool(r);
  if (!p)
    return NULL;
  if (p->kept_count > 0)
    return p->kept[--p->kept_count];
  if (p->open >= p->limit)
    return NULL;

  struct splice_pipe *pipe = calloc(1, sizeof *pipe);
  int ends[2];
  if (!pipe)
    return NULL;
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) {
    free(pipe);
    return NULL;
  }
  pipe->read_end = ends[0];
  pipe->write_end = ends[1];
  int room = fcntl(ends[1], F_SETPIPE_SZ, PIPE_ROOM);
  if (room < 0) /* the user's share of pipe memory is used up: as it is, then */
    room = fcntl(ends[1], F_GETPIPE_SZ);
  pipe->room = room > 0 ? (size_t)room : 4096;
  p->open++;
  return pipe;
}

void splice_pipe_put(struct reactor *r, struct splice_pipe *pipe)
{
  struct splice_pool *p = r->splice_pool;
  if (!pipe)
    return;
  if (pipe->held == 0 && p->kept_count < KEPT_PIPES)
    p->kept[p->kept_count++] = pipe;
  else
    close_pipe(p, pipe);
}

static ssize_t move(int from, int to, size_t n)
{
  ssize_t moved;
  do
    moved = splice(from, NULL, to, NULL, n, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  while (moved < 0 && errno == EINTR);
  return moved < 0 ? -errno : moved;
}

ssize_t splice_fill(struct splice_pipe *pipe, int fd, uint64_t most)
{
  /* A full pipe says EAGAIN as an empty socket does: only an empty one tells them apart. */
  assert(pipe->held == 0);
  ssize_t n = move(fd, pipe->write_end, most < pipe->room ? (size_t)most : pipe->room);
  if (n > 0)
    pipe->held = (size_t)n;
  return n;
}

ssize_t splice_drain(struct splice_pipe *pipe, int fd)
{
  ssize_t n = move(pipe->read_end, fd, pipe->held);
  if (n > 0)
    pipe->held -= (size_t)n;
  return n;
}

ssize_t splice_direct(int fd, int out, uint64_t most)
{
  return move(fd, out, most < PIPE_ROOM ? (size_t)most : PIPE_ROOM);
}

void splice_widen(int pipe)
{
  if (fcntl(pipe, F_GETPIPE_SZ) < PIPE_ROOM)
    fcntl(pipe, F_SETPIPE_SZ, PIPE_ROOM);
}

void splice_pool_free(struct reactor *r)
{
  struct splice_pool *p = r->splice_pool;
  if (!p)
    return;
  while (p->kept_count > 0)
    close_pipe(p, p->kept[--p->kept_count]);
  assert(p->open == 0 && "a relay kept its pipe");
  free(p);
  r->splice_pool = NULL;
}
