#include "core/event/log_drain.h"

#include "core/base/log_queue.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct log_drain {
  struct reactor_resource resource;
  uv_async_t waiting; /* any thread says that a line waits */
  uv_poll_t room;     /* on `epoll`; active while a line waits */
  int epoll;          /* -1 until it is needed */
  unsigned handles;   /* that libuv has not closed yet */
  atomic_bool watching;
};

/* libuv makes a descriptor that it polls non-blocking, and stderr's flags are not ours alone: so it
 * is given an epoll of its own, in which stderr is. */
static int watch_stderr(struct log_drain *d, uv_loop_t *loop)
{
  struct epoll_event room = {.events = EPOLLOUT};
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0)
    return -1;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, log_queue_fd(), &room) < 0 ||
      uv_poll_init(loop, &d->room, epoll) < 0) {
    close(epoll);
    return -1;
  }
  uv_unref((uv_handle_t *)&d->room);
  d->handles++;
  d->epoll = epoll;
  return 0;
}

static void end_watch(struct log_drain *d)
{
  uv_poll_stop(&d->room);
  d->watching = false;
}

static void has_room(uv_poll_t *room, int status, int events)
{
  struct log_drain *d = room->data;
  bool wrote;
  (void)status, (void)events;
  if (!log_queue_write(&wrote)) {
    end_watch(d);
    /* A thread may have put a line behind the last one while that still was watched for. */
    if (log_queue_write(&wrote))
      uv_async_send(&d->waiting);
  } else if (!wrote) {
    /* A terminal may have room, and not for what is to be written: the next line tries again. */
    end_watch(d);
  }
}

/* If stderr cannot be watched, for want of a descriptor, the next line tries again. */
static void begin_watch(uv_async_t *waiting)
{
  struct log_drain *d = waiting->data;
  bool wrote;
  if (d->watching || !log_queue_write(&wrote) ||
      (d->epoll < 0 && watch_stderr(d, waiting->loop) < 0))
    return;
  d->watching = true;
  d->room.data = d;
  uv_poll_start(&d->room, UV_READABLE, has_room);
}

static void wake(void *data)
{
  struct log_drain *d = data;
  if (!d->watching)
    uv_async_send(&d->waiting);
}

static void handle_closed(uv_handle_t *handle)
{
  struct log_drain *d = handle->data;
  if (--d->handles == 0)
    free(d);
}

static void free_drain(struct reactor_resource *resource)
{
  struct log_drain *d = container_of(resource, struct log_drain, resource);
  log_queue_stop();
  uv_close((uv_handle_t *)&d->waiting, handle_closed);
  if (d->epoll >= 0) {
    d->room.data = d;
    uv_close((uv_handle_t *)&d->room, handle_closed);
    close(d->epoll);
  }
}

void log_drain_start(struct reactor *r)
{
  struct log_drain *d = calloc(1, sizeof *d);
  if (!d)
    return;
  int err = uv_async_init(&r->loop, &d->waiting, begin_watch);
  if (err) {
    free(d);
    return;
  }
  d->waiting.data = d;
  d->handles = 1;
  d->epoll = -1;
  d->resource.free = free_drain;
  uv_unref((uv_handle_t *)&d->waiting);
  if (log_queue_start(wake, d))
    reactor_keep(r, &d->resource);
  else
    uv_close((uv_handle_t *)&d->waiting, handle_closed);
}
