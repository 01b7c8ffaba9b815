#include "core/event/poll_handle.h"

#include "core/base/list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_KEPT = 4096, /* by the number of the descriptor: 0.7 MB at the most */
  FIRST_ROOM = 64,  /* a program that runs for a moment pays for few */
};

struct poll_handle {
  uv_poll_t uv;
  poll_handle_event *event;
  void *owner;
  int fd;
  bool in_epoll; /* libuv's own stop, after an error, leaves it there */
};

struct poll_handle_pool {
  uv_loop_t *loop;
  struct poll_handle **kept; /* by descriptor; NULL for none */
  int room;                  /* how many there may be */
};

static void free_handle(uv_handle_t *uv)
{
  free(container_of(uv, struct poll_handle, uv));
}

struct poll_handle_pool *poll_handle_pool_new(uv_loop_t *loop)
{
  struct poll_handle_pool *pool = calloc(1, sizeof *pool);
  if (pool)
    pool->loop = loop;
  return pool;
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

/* A kept handle was made for a descriptor that epoll takes, but a regular file may have the number
 * now. Only a socket is sure to be like the last one. */
static struct poll_handle *reuse(struct poll_handle_pool *pool, int fd, bool is_socket)
{
  if (!is_socket || fd >= pool->room || !pool->kept[fd])
    return NULL;
  struct poll_handle *handle = pool->kept[fd];
  pool->kept[fd] = NULL;
  return handle;
}

int poll_handle_get(struct poll_handle_pool *pool, int fd, bool is_socket, poll_handle_event *event,
                    void *owner, struct poll_handle **out)
{
  struct poll_handle *handle = reuse(pool, fd, is_socket);
  if (!handle) {
    handle = malloc(sizeof *handle);
    if (!handle)
      return UV_ENOMEM;
    int err = uv_poll_init(pool->loop, &handle->uv, fd);
    if (err) {
      free(handle);
      return err;
    }
    handle->fd = fd;
    handle->in_epoll = false;
  }
  handle->event = event;
  handle->owner = owner;
  *out = handle;
  return 0;
}

void poll_handle_put(struct poll_handle_pool *pool, struct poll_handle *handle)
{
  if (!handle)
    return;
  handle->owner = NULL;
  if (make_room(pool, handle->fd) && !pool->kept[handle->fd]) {
    poll_handle_set(handle, 0);
    pool->kept[handle->fd] = handle;
  } else {
    uv_close((uv_handle_t *)&handle->uv, free_handle);
  }
}

void poll_handle_give(struct poll_handle *handle, void *owner)
{
  if (handle)
    handle->owner = owner;
}

static void polled(uv_poll_t *uv, int status, int events)
{
  const struct poll_handle *handle = container_of(uv, struct poll_handle, uv);
  handle->event(handle->owner, status, events);
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
