#include "core/event/reactor.h"

#include "core/base/buffer.h"
#include "core/event/dispatcher_private.h"
#include "core/event/poll_handle.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* One turn each: a handler that asks for another gets it in the next pass. */
static void run_writes(uv_check_t *check)
{
  struct reactor *r = check->data;
  struct list again;
  struct list *node;
  list_init(&again);
  r->pass++;
  while ((node = list_pop(&r->writing)) != NULL) {
    struct dispatcher *d = container_of(node, struct dispatcher, writing);
    if (d->wrote_in == r->pass) {
      list_append(&again, node);
    } else {
      d->wrote_in = r->pass;
      dispatcher_write_event(d);
    }
  }
  list_move_all(&r->writing, &again);
}

/* Regular files and /dev/null, which epoll refuses since they never block, and what a transport
 * holds. */
static void run_always_ready(uv_idle_t *idle)
{
  struct reactor *r = idle->data;
  struct list round;
  struct list *node;
  list_init(&round);
  list_move_all(&round, &r->always_ready);
  while ((node = list_pop(&round)) != NULL) {
    struct dispatcher *d = container_of(node, struct dispatcher, busy);
    list_append(&r->always_ready, node);
    dispatcher_handle_events(d, d->ready);
  }
}

static void apply_masks(struct reactor *r)
{
  struct list *node;
  while ((node = list_pop(&r->changed)) != NULL)
    dispatcher_apply_mask(container_of(node, struct dispatcher, changed));

  if (list_empty(&r->always_ready) && list_empty(&r->writing))
    uv_idle_stop(&r->busy);
  else
    uv_idle_start(&r->busy, run_always_ready);
}

static bool has_nothing_to_do(const struct reactor *r)
{
  return r->stopping || (list_empty(&r->channels) && r->held == 0);
}

/* A timer that was due when the pass began has run since the masks were applied. */
static void before_wait(uv_prepare_t *prepare)
{
  struct reactor *r = prepare->data;
  apply_masks(r);
  if (has_nothing_to_do(r))
    uv_stop(&r->loop); /* for this pass: it does not wait */
}

static void destroy_closed(struct reactor *r)
{
  struct list *node;
  while ((node = list_pop(&r->closed)) != NULL)
    dispatcher_destroy(container_of(node, struct dispatcher, channel));
}

/* libuv aborts where it finds no descriptors for what the loops of a process share. Asking for them
 * costs as much as ten percent of a short run's calls: where many may be open, some are free. */
static int check_descriptors(void)
{
  enum { SHARED = 4, MANY = 256 };
  struct rlimit limit;
  int fds[SHARED], n = 0, err = 0;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= MANY)
    return 0;
  while (n < SHARED && !err) {
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0)
      fds[n++] = fd;
    else
      err = -errno;
  }
  while (n > 0)
    close(fds[--n]);
  return err;
}

int reactor_init(struct reactor *r)
{
  *r = (struct reactor){0};
  list_init(&r->channels);
  list_init(&r->changed);
  list_init(&r->always_ready);
  list_init(&r->writing);
  list_init(&r->closed);
  list_init(&r->resources);

  int err = check_descriptors();
  if (!err)
    err = uv_loop_init(&r->loop);
  if (err)
    return err;
  r->buffer = page_alloc(REACTOR_BUFFER_SIZE);
  r->poll_handles = poll_handle_pool_new(&r->loop);
  if (!r->buffer || !r->poll_handles) {
    free(r->buffer);
    poll_handle_pool_free(r->poll_handles);
    uv_loop_close(&r->loop);
    return UV_ENOMEM;
  }
  uv_idle_init(&r->loop, &r->busy);
  r->busy.data = r;
  uv_timer_init(&r->loop, &r->bound);
  uv_prepare_init(&r->loop, &r->before_wait);
  r->before_wait.data = r;
  uv_prepare_start(&r->before_wait, before_wait);
  uv_check_init(&r->loop, &r->after_reads);
  r->after_reads.data = r;
  /* Stays active, so that uv_run waits even in a pass in which no channel wants anything. */
  uv_check_start(&r->after_reads, run_writes);
  return 0;
}

static void free_resources(struct reactor *r)
{
  struct list *node;
  while ((node = list_pop(&r->resources)) != NULL) {
    struct reactor_resource *resource = container_of(node, struct reactor_resource, link);
    resource->free(resource);
  }
}

int reactor_release(struct reactor *r)
{
  reactor_close_all(r);
  destroy_closed(r);
  free_resources(r);
  poll_handle_pool_free(r->poll_handles);
  free(r->buffer);
  r->buffer = NULL;
  uv_close((uv_handle_t *)&r->before_wait, NULL);
  uv_close((uv_handle_t *)&r->after_reads, NULL);
  uv_close((uv_handle_t *)&r->busy, NULL);
  uv_close((uv_handle_t *)&r->bound, NULL);
  uv_run(&r->loop, UV_RUN_NOWAIT); /* the closing callbacks, and look-ups that were cancelled */
  uv_run(&r->loop, UV_RUN_NOWAIT);
  if (r->threads)
    return UV_EBUSY;
  int err = uv_loop_close(&r->loop);
  assert(err == 0 && "a timer or a signal outlived its owner");
  return err;
}

/* When it is due before the poller is asked, the poller must not wait at all. */
static void end_wait(uv_timer_t *timer)
{
  uv_stop(timer->loop);
}

void reactor_run(struct reactor *r, int timeout_ms, unsigned count)
{
  r->stopping = false;
  for (unsigned pass = 0; count == 0 || pass < count; pass++) {
    if (has_nothing_to_do(r))
      break;
    apply_masks(r);
    if (timeout_ms > 0) {
      uv_update_time(&r->loop);
      uv_timer_start(&r->bound, end_wait, (uint64_t)timeout_ms, 0);
    }
    uv_run(&r->loop, timeout_ms == 0 ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    destroy_closed(r);
  }
  uv_timer_stop(&r->bound);
}

void reactor_stop(struct reactor *r)
{
  r->stopping = true;
}

void reactor_close_all(struct reactor *r)
{
  struct list *node;
  while ((node = r->channels.next) != &r->channels)
    dispatcher_close(container_of(node, struct dispatcher, channel));
}

void reactor_hold(struct reactor *r)
{
  r->held++;
}

void reactor_unhold(struct reactor *r)
{
  assert(r->held > 0);
  r->held--;
}

void reactor_keep(struct reactor *r, struct reactor_resource *resource)
{
  list_init(&resource->link);
  list_append(&r->resources, &resource->link);
}

struct reactor_resource *reactor_kept(const struct reactor *r,
                                      void (*free)(struct reactor_resource *resource))
{
  for (struct list *node = r->resources.next; node != &r->resources; node = node->next) {
    struct reactor_resource *resource = container_of(node, struct reactor_resource, link);
    if (resource->free == free)
      return resource;
  }
  return NULL;
}

uint64_t reactor_now_ms(const struct reactor *r)
{
  return uv_now(&r->loop);
}
