#include "core/event/termination.h"

#include <signal.h>
#include <stddef.h>

static void interrupted(struct signal_watch *w)
{
  struct termination *t = container_of(w, struct termination, interrupt);
  t->told(t, SIGINT);
}

static void terminated(struct signal_watch *w)
{
  struct termination *t = container_of(w, struct termination, terminate);
  t->told(t, SIGTERM);
}

static void hung_up(struct signal_watch *w)
{
  struct termination *t = container_of(w, struct termination, hangup);
  if (t->reload)
    t->reload(t);
  else
    t->told(t, SIGHUP);
}

int termination_watch(struct termination *t, struct reactor *r)
{
  t->interrupt.fire = interrupted;
  t->terminate.fire = terminated;
  t->hangup.fire = hung_up;
  int err = signal_watch_start(&t->interrupt, r, SIGINT);
  if (!err)
    err = signal_watch_start(&t->terminate, r, SIGTERM);
  if (!err && (t->reload || !signal_is_ignored(SIGHUP)))
    err = signal_watch_start(&t->hangup, r, SIGHUP);
  return err;
}

void termination_release(struct termination *t)
{
  signal_watch_release(&t->interrupt);
  signal_watch_release(&t->terminate);
  signal_watch_release(&t->hangup);
}
