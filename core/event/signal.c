#include "core/event/signal.h"

#include <signal.h>
#include <stdlib.h>

struct signal_handle {
  uv_signal_t uv;
  struct signal_watch *owner;
};

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

bool signal_is_ignored(int number)
{
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}
