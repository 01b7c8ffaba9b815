#include "cmd/cli/exit_code.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

void exit_by_signal(int number)
{
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  signal(number, SIG_DFL);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  raise(number);
  _exit(128 + number); /* a signal that does not end a program by default */
}
