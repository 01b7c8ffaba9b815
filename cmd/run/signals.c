#include "cmd/run/signals.h"

#include "cmd/cli/exit_code.h"
#include "core/base/log.h"

#include <signal.h>
#include <stddef.h>

static void interrupted(struct signal_watch *w)
{
  struct ending *e = container_of(w, struct ending, interrupt);
  e->told(e, SIGINT);
}

static void terminated(struct signal_watch *w)
{
  struct ending *e = container_of(w, struct ending, terminate);
  e->told(e, SIGTERM);
}

static void hung_up(struct signal_watch *w)
{
  struct ending *e = container_of(w, struct ending, hangup);
  e->told(e, SIGHUP);
}

static bool is_ignored(int number)
{
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int ending_watch(struct ending *e, struct reactor *r)
{
  e->interrupt.fire = interrupted;
  e->terminate.fire = terminated;
  e->hangup.fire = hung_up;
  int err = signal_watch_start(&e->interrupt, r, SIGINT);
  if (!err)
    err = signal_watch_start(&e->terminate, r, SIGTERM);
  if (!err && !is_ignored(SIGHUP))
    err = signal_watch_start(&e->hangup, r, SIGHUP);
  if (!err)
    return EXIT_DONE;
  log_error("start: %s", error_words(err));
  return EXIT_FAILED;
}

void ending_release(struct ending *e)
{
  signal_watch_release(&e->interrupt);
  signal_watch_release(&e->terminate);
  signal_watch_release(&e->hangup);
}
