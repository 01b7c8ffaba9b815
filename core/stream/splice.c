#include "core/stream/splice.h"

#include <assert.h>
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
  struct reactor_resource resource;
  struct splice_pipe *kept[KEPT_PIPES];
  size_t kept_count;
  size_t open, limit; /* pipes in all, and how many there may be */
};

size_t splice_reserve(size_t descriptors)
{
  size_t pipes = descriptors / 16;
  return 2 * (pipes < MOST_PIPES ? pipes : MOST_PIPES);
}

static void close_pipe(struct splice_pool *p, struct splice_pipe *pipe)
{
  close(pipe->read_end);
  close(pipe->write_end);
  free(pipe);
  p->open--;
}

static void pool_free(struct reactor_resource *resource)
{
  struct splice_pool *p = container_of(resource, struct splice_pool, resource);
  while (p->kept_count > 0)
    close_pipe(p, p->kept[--p->kept_count]);
  assert(p->open == 0 && "a relay kept its pipe");
  free(p);
}

static struct splice_pool *pool_of(const struct reactor *r)
{
  struct reactor_resource *resource = reactor_kept(r, pool_free);
  return resource ? container_of(resource, struct splice_pool, resource) : NULL;
}

static struct splice_pool *pool_made(struct reactor *r)
{
  struct rlimit files;
  struct splice_pool *p = calloc(1, sizeof *p);
  if (!p)
    return NULL;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0)
    p->limit = splice_reserve(files.rlim_cur) / 2;
  p->resource.free = pool_free;
  reactor_keep(r, &p->resource);
  return p;
}

struct splice_pipe *splice_pipe_get(struct reactor *r)
{
  struct splice_pool *p = pool_of(r);
  if (!p)
    p = pool_made(r);
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
  if (!pipe)
    return;
  struct splice_pool *p = pool_of(r);
  if (pipe->held == 0 && p->kept_count < KEPT_PIPES)
    p->kept[p->kept_count++] = pipe;
  else
    close_pipe(p, pipe);
}

ssize_t splice_fill(struct splice_pipe *pipe, struct dispatcher *from, uint64_t most)
{
  /* A full pipe says EAGAIN as an empty socket does: only an empty one tells them apart. */
  assert(pipe->held == 0);
  ssize_t n =
      dispatcher_splice_to(from, pipe->write_end, most < pipe->room ? (size_t)most : pipe->room);
  if (n > 0)
    pipe->held = (size_t)n;
  return n;
}

static ssize_t drained(struct splice_pipe *pipe, ssize_t n)
{
  if (n > 0)
    pipe->held -= (size_t)n;
  return n;
}

ssize_t splice_drain(struct splice_pipe *pipe, struct dispatcher *to)
{
  return drained(pipe, dispatcher_splice_from(to, pipe->read_end, pipe->held));
}

ssize_t splice_drain_to_file(struct splice_pipe *pipe, int fd)
{
  struct transport *file = transport_file();
  return drained(pipe, file->ops->splice_from_pipe(file, fd, pipe->read_end, pipe->held));
}

ssize_t splice_direct(struct dispatcher *from, int out, uint64_t most)
{
  return dispatcher_splice_to(from, out, most < PIPE_ROOM ? (size_t)most : PIPE_ROOM);
}

void splice_widen(int pipe)
{
  if (fcntl(pipe, F_GETPIPE_SZ) < PIPE_ROOM)
    fcntl(pipe, F_SETPIPE_SZ, PIPE_ROOM);
}
