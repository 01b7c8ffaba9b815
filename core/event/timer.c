#include "core/event/timer.h"

#include <stdlib.h>

struct timer_handle {
  uv_timer_t uv;
  struct timer *owner;
};

struct signal_handle {
  uv_signal_t uv;
  struct signal_watch *owner;
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

int timer_start(struct timer *t, struct reactor *r, uint64_t ms)
{
  if (!t->handle) {
    t->handle = malloc(sizeof *t->handle);
    if (!t->handle)
      return UV_ENOMEM;
    uv_timer_init(&r->loop, &t->handle->uv);
    t->handle->owner = t;
  }
  return uv_timer_start(&t->handle->uv, timer_fired, ms, 0);
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

static void signal_fired(uv_signal_t *uv, int number)
{
  (void)number;
  struct signal_watch *w = container_of(uv, struct signal_handle, uv)->owner;
  w->fire(w);
}

static void free_signal(uv_handle_t *handle)
{
  free(container_of(handle, struct signal_handle, uv));
}

int signal_watch_start(struct signal_watch *w, struct reactor *r, int number)
{
  w->number = number;
  w->handle = malloc(sizeof *w->handle);
  if (!w->handle)
    return UV_ENOMEM;
  w->handle->owner = w;
  uv_signal_init(&r->loop, &w->handle->uv);
  int err = uv_signal_start(&w->handle->uv, signal_fired, number);
  if (err)
    signal_watch_release(w);
  return err;
}

void signal_watch_release(struct signal_watch *w)
{
  if (w->handle)
    uv_close((uv_handle_t *)&w->handle->uv, free_signal);
  w->handle = NULL;
}
