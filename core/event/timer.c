#include "core/event/timer.h"

#include <stdlib.h>

struct timer_handle {
  uv_timer_t uv;
  struct timer *owner;
};

static void timer_fired(uv_timer_t *uv)
{
  struct timer *t = container_of(uv, struct timer_handle, uv)->owner;
  t->fire(t);
}

static void free_timer(uv_handle_t *handle)
{
  free(container_of(handle, struct timer_handle, uv));
}

int timer_reserve(struct timer *t, struct reactor *r)
{
  if (t->handle)
    return 0;
  t->handle = malloc(sizeof *t->handle);
  if (!t->handle)
    return UV_ENOMEM;
  uv_timer_init(&r->loop, &t->handle->uv);
  t->handle->owner = t;
  return 0;
}

int timer_start(struct timer *t, struct reactor *r, uint64_t ms)
{
  int err = timer_reserve(t, r);
  return err ? err : uv_timer_start(&t->handle->uv, timer_fired, ms, 0);
}

void timer_stop(struct timer *t)
{
  if (t->handle)
    uv_timer_stop(&t->handle->uv);
}

bool timer_is_running(const struct timer *t)
{
  return t->handle && uv_is_active((const uv_handle_t *)&t->handle->uv);
}

void timer_release(struct timer *t)
{
  if (t->handle)
    uv_close((uv_handle_t *)&t->handle->uv, free_timer);
  t->handle = NULL;
}
