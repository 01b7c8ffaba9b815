#include "core/event/poll_handle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_KEPT = 4096, /* by the number of the descriptor: 0.7 MB at the most */
  FIRST_ROOM = 64,  /* a program that runs for a moment pays for few */
};

struct poll_handle {
  uv_poll_t uv;
  struct dispatcher *owner;
  int fd;
  bool in_epoll; /* libuv's own stop, after an error, leaves it there */
};

struct poll_handle_pool {
  struct poll_handle **kept; /* by descriptor; NULL for none */
  int room;                  /* how many there may be */
};

static void free_handle(uv_handle_t *uv)
{
  free(container_of(uv, struct poll_handle, uv));
}

struct poll_handle_pool *poll_handle_pool_new(void)
{
  return calloc(1, sizeof(struct poll_handle_pool));
}

void poll_handle_pool_free(struct poll_handle_pool *pool)
{
  if (!pool)
    return;
  for (int fd = 0; fd < pool->room; fd++)
    if (pool->kept[fd])
      uv_close((uv_handle_t *)&pool->kept[fd]->uv, free_handle);
  free(pool->kept);
  free(pool);
}

/* Whether there is room for one of descriptor `fd`. */
static bool make_room(struct poll_handle_pool *pool, int fd)
{
  int room = pool->room ? pool->room : FIRST_ROOM;
  while (room <= fd)
    room *= 2;
  if (room == pool->room)
    return true;
  if (room > MOST_KEPT)
    return false;
  struct poll_handle **kept = realloc(pool->kept, (size_t)room * sizeof(struct poll_handle *));
  if (!kept)
    return false;
  memset(kept + pool->room, 0, (size_t)(room - pool->room) * sizeof(struct poll_handle *));
  pool->kept = kept;
  pool->room = room;
  return true;
}

/* What was kept was made for a descriptor that epoll takes, but a regular file may have the number
 * now: only a socket is sure to be like the last one. */
static struct poll_handle *reuse(struct dispatcher *d)
{
  struct poll_handle_pool *pool = d->reactor->poll_handles;
  if (d->fd >= pool->room || !pool->kept[d->fd] || d->transport != transport_socket())
    return NULL;
  struct poll_handle *handle = pool->kept[d->fd];
  pool->kept[d->fd] = NULL;
  return handle;
}

int poll_handle_get(struct dispatcher *d)
{
  struct poll_handle *handle = reuse(d);
  if (!handle) {
    handle = malloc(sizeof *handle);
    if (!handle)
      return UV_ENOMEM;
    int err = uv_poll_init(&d->reactor->loop, &handle->uv, d->fd);
    if (err) {
      free(handle);
      return err;
    }
    handle->fd = d->fd;
    handle->in_epoll = false;
  }
  handle->owner = d;
  d->poll = handle;
  return 0;
}

void poll_handle_put(struct dispatcher *d)
{
  struct poll_handle *handle = d->poll;
  struct poll_handle_pool *pool = d->reactor->poll_handles;
  if (!handle)
    return;
  d->poll = NULL;
  handle->owner = NULL;
  if (make_room(pool, handle->fd) && !pool->kept[handle->fd]) {
    poll_handle_set(handle, 0);
    pool->kept[handle->fd] = handle;
  } else {
    uv_close((uv_handle_t *)&handle->uv, free_handle);
  }
}

void poll_handle_give(struct poll_handle *handle, struct dispatcher *d)
{
  if (handle)
    handle->owner = d;
}

static void polled(uv_poll_t *uv, int status, int events)
{
  dispatcher_poll_event(container_of(uv, struct poll_handle, uv)->owner, status, events);
}

void poll_handle_set(struct poll_handle *handle, int mask)
{
  int err = 0;
  if (mask)
    err = uv_poll_start(&handle->uv, mask, polled);
  else if (handle->in_epoll) /* stopping costs a system call even where there is nothing to stop */
    err = uv_poll_stop(&handle->uv);
  assert(err == 0 && "two handles are active for one descriptor");
  (void)err;
  handle->in_epoll = mask != 0;
}
