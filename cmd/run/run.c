#include "cmd/run/run.h"

#include "core/base/log.h"
#include "core/event/log_drain.h"
#include "core/os/file_write.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const char *const log_formats[] = {"text", "json", NULL};

const struct option run_option_table[] = {
    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_FLAG,
     .offset = offsetof(struct run_options, quiet),
     .help = "log errors only"},
    {.name = "verbose",
     .letter = 'v',
     .type = OPTION_FLAG,
     .offset = offsetof(struct run_options, verbose),
     .help = "also log how each connection ended: bytes, duration, reason"},
    {.name = "log-format",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct run_options, log_format),
     .value = "text",
     .choices = log_formats,
     .help = "log lines of text, or one JSON object per line"},
    {0},
};

void run_log(const struct command *command, const struct run_options *options)
{
  enum log_level level = LOG_INFO;
  if (options->verbose)
    level = LOG_DEBUG;
  if (options->quiet)
    level = LOG_NOTICE;
  log_setup(command->name, level, options->log_format == 1);
}

static int started(int err)
{
  if (!err)
    return EXIT_DONE;
  log_error("start: %s", error_words(err));
  return EXIT_FAILED;
}

/* libuv aborts when a system call such as epoll_ctl fails and it cannot tell a caller. */
static void aborted(int number, siginfo_t *info, void *context)
{
  int err = -errno;
  (void)context;
  if (info->si_pid != getpid()) /* somebody wants a core dump */
    exit_by_signal(number);
  log_last_words("the event loop cannot go on", err);
  _exit(EXIT_FAILED);
}

static void end_with_words(void)
{
  struct sigaction action = {.sa_sigaction = aborted, .sa_flags = SA_SIGINFO};
  sigemptyset(&action.sa_mask);
  sigaction(SIGABRT, &action, NULL);
}

int run_start(struct reactor *r)
{
  end_with_words();
  int err = reactor_init(r);
  if (!err)
    log_drain_start(r);
  return started(err);
}

int run_watch_signals(struct termination *t, struct reactor *r)
{
  return started(termination_watch(t, r));
}

int run_address(const struct command *command, struct address *a, const char *text,
                int default_port)
{
  struct error e;
  if (address_parse(a, text, default_port, &e))
    return usage_error(command, "%s", e.text);
  if (a->udp || a->tls)
    return usage_error(command, "address '%s': %s is not supported yet", text,
                       a->udp ? "udp:" : "tls:");
  return EXIT_DONE;
}

int run_target(const struct command *command, struct address *a, const char *text, int default_port)
{
  int code = run_address(command, a, text, default_port);
  if (code == EXIT_DONE && a->kind != ADDRESS_UNIX && a->port == 0)
    return usage_error(command, "address '%s': nothing can listen on port 0", text);
  address_to_connect(a);
  return code;
}

int run_exit_code(int error)
{
  if (error <= UV_EAI_ADDRFAMILY && error > UV_EAI_ADDRFAMILY - 100)
    return EXIT_NOT_RESOLVED;
  switch (error) {
  case 0:
    return EXIT_DONE;
  case UV_ETIMEDOUT:
    return EXIT_TIMED_OUT;
  case UV_ECONNREFUSED:
  case UV_EHOSTUNREACH:
  case UV_ENETUNREACH:
  case UV_EADDRNOTAVAIL:
  case UV_EAFNOSUPPORT:
  case UV_EACCES:
  case UV_EPERM:
  case UV_ENOENT:
  case UV_EINVAL: /* [fe80::1] without an interface */
  case UV_EHOSTDOWN:
  case UV_ENETDOWN:
  case UV_ENODEV:
  case UV_ENXIO:
  case UV_ENOTDIR:
  case UV_ELOOP:
  case UV_ENAMETOOLONG:
  case UV_EPROTOTYPE: /* a unix socket of datagrams */
  case UV_EPROTONOSUPPORT:
  case UV_ENOPROTOOPT:
  case UV_ECONNABORTED:
    return EXIT_NOT_CONNECTED;
  case UV_EPIPE:
  case UV_ECONNRESET:
    return EXIT_RECEIVING;
  default:
    return EXIT_FAILED;
  }
}

int run_no_memory(void)
{
  log_error("%s", error_words(UV_ENOMEM));
  return EXIT_FAILED;
}

static int stdout_failed(int err)
{
  if (err == UV_EPIPE)
    return -SIGPIPE;
  log_error("write stdout: %s", error_words(err));
  return EXIT_CANNOT_WRITE;
}

int run_print(const void *data, size_t n)
{
  int err = file_write_all(STDOUT_FILENO, data, n, NULL);
  return err ? stdout_failed(err) : EXIT_DONE;
}

int run_flush_stdout(void)
{
  return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_DONE : stdout_failed(-errno);
}

/* Ends the program while a thread still uses the loop. */
static _Noreturn void leave_at_once(int code)
{
  int flushed = run_flush_stdout();
  if (code >= 0 && flushed != EXIT_DONE && (flushed < 0 || code == EXIT_DONE))
    code = flushed;
  if (code < 0)
    exit_by_signal(-code);
  _exit(code);
}

int run_leave(struct reactor *r, int code)
{
  if (reactor_release(r) == UV_EBUSY)
    leave_at_once(code);
  return code;
}
