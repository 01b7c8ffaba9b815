#include "cmd/cli/command.h"
#include "cmd/cli/complete.h"
#include "cmd/cli/exit_code.h"
#include "cmd/cli/help.h"
#include "cmd/cli/manual.h"
#include "cmd/cli/nearest.h"
#include "cmd/cli/options.h"
#include "cmd/cli/text_layout.h"
#include "cmd/cli/usage.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/os/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

static const struct command *const commands[] = {
    &command_chat,    &command_daytime, &command_echo, &command_fetch,
    &command_forward, &command_serve,   NULL,
};

/* Fills descriptors 0 to 2 where they are closed: a socket must not get the number of stdout, and
 * with it the output. Reading or writing one of them still fails with EBADF. */
static bool fill_standard_descriptors(void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
      continue;
    if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
      return false;
  }
  return true;
}

/* Says that stdout could not be written. A reader that has gone ends the program without a word,
 * by SIGPIPE, as if the signal were not ignored. */
static int cannot_write(int code)
{
  if (code == EPIPE)
    exit_by_signal(SIGPIPE);
  log_error("write stdout: %s", error_words(-code));
  return EXIT_CANNOT_WRITE;
}

/* The error of stdout after an earlier write that failed unnoticed. */
static int stdout_error(void)
{
  struct pollfd end = {.fd = STDOUT_FILENO, .events = POLLOUT};
  return poll(&end, 1, 0) == 1 && end.revents & (POLLERR | POLLHUP) ? EPIPE : EIO;
}

/* Flushes and closes stdout. That it was closed from the start matters only if something was
 * written. */
static int close_stdout(int result)
{
  bool failed = ferror(stdout);
  int code = fflush(stdout) ? errno : 0;
  if (fclose(stdout) && !code && errno != EBADF)
    code = errno;
  if (failed && !code)
    code = stdout_error();
  if (!code || result == EXIT_CANNOT_WRITE) /* already reported */
    return result;
  int written = cannot_write(code);
  return result == EXIT_DONE ? written : result;
}

static int no_memory(void)
{
  log_error("%s", error_words(UV_ENOMEM));
  return EXIT_FAILED;
}

/* Prints what was written, and releases it. */
static int print(struct writer *w, FILE *to, int result)
{
  struct buffer *text = w->to;
  int err = 0;
  if (w->error)
    result = no_memory();
  else if (text->length)
    err = file_write_all(fileno(to), buffer_data(text), text->length, NULL);
  if (err && to == stdout)
    result = cannot_write(-err);
  buffer_release(text);
  return result;
}

static const struct command *find_command(const char *name)
{
  for (size_t i = 0; commands[i]; i++) {
    if (strcmp(commands[i]->name, name) == 0)
      return commands[i];
  }
  return NULL;
}

static int unknown_command(const char *name)
{
  struct nearest near = {.typed = name, .length = strlen(name)};
  for (size_t i = 0; commands[i]; i++)
    nearest_offer(&near, commands[i]->name);
  for (const struct example *own = help_own_commands; own->line; own++)
    nearest_offer(&near, own->line);
  return usage_suggest(NULL, "", near.best, "unknown command '%s'", name);
}

static int unknown_option(const char *word)
{
  const char *name = word + strspn(word, "-");
  struct nearest near = {.typed = name, .length = strlen(name)};
  if (near.length > 1) {
    nearest_offer(&near, "help");
    nearest_offer(&near, "version");
  }
  return usage_suggest(NULL, "--", near.best, "unknown option %s", word);
}

static int print_version(void)
{
  struct buffer text = {0};
  struct writer w = {.to = &text};
  writer_format(&w, "anet %s\nlibuv %s, %s\n", ANET_VERSION, uv_version_string(), COMPILER);
  return print(&w, stdout, EXIT_DONE);
}

/* anet help [--man] [COMMAND]; -h and --help instead of help mean the same. */
static int help(const char *const *words, bool in_short)
{
  struct buffer text = {0};
  struct writer w = {.to = &text};
  struct text_layout l;
  bool manual = words[0] && strcmp(words[0], "--man") == 0;
  const char *name = words[manual];
  const struct command *command = name ? find_command(name) : NULL;

  if (name && strcmp(name, "help") != 0 && !command)
    return name[0] == '-' ? unknown_option(name) : unknown_command(name);
  if (name && words[manual + 1])
    return usage_error(NULL, "help: takes one command, not also %s", words[manual + 1]);
  text_layout_init(&l, &w, text_layout_width(STDOUT_FILENO));
  if (manual && command)
    manual_command(&w, command);
  else if (manual)
    manual_anet(&w, commands);
  else if (command && in_short)
    help_summary(&l, command);
  else if (command)
    help_command(&l, command);
  else if (in_short)
    help_anet_summary(&l, commands);
  else
    help_anet(&l, commands);
  return print(&w, stdout, EXIT_DONE);
}

static int print_completions(const char *const *words)
{
  struct buffer text = {0};
  struct writer w = {.to = &text};
  if (words[0] && strcmp(words[0], "--") == 0)
    words++;
  complete(&w, commands, words);
  return print(&w, stdout, EXIT_DONE);
}

static int print_command_help(const struct command *command, bool in_short)
{
  const char *words[] = {command->name, NULL};
  return help(words, in_short);
}

static int run_command(const struct command *command, const char *const *words)
{
  struct arguments a;
  int result = EXIT_USAGE;

  log_setup(command->name, LOG_INFO, false);
  if (arguments_init(&a, command, words)) {
    arguments_release(&a);
    return no_memory();
  }
  switch (arguments_parse(&a, command, words)) {
  case ARGUMENTS_RUN:
    result = command->run(a.options, a.operands);
    break;
  case ARGUMENTS_SUMMARY:
    result = print_command_help(command, true);
    break;
  case ARGUMENTS_HELP:
    result = print_command_help(command, false);
    break;
  case ARGUMENTS_WRONG:
    break;
  }
  arguments_release(&a);
  return result;
}

static int dispatch(const char *const *words)
{
  if (!words[0]) {
    struct buffer text = {0};
    struct writer w = {.to = &text};
    struct text_layout l;
    text_layout_init(&l, &w, text_layout_width(STDERR_FILENO));
    help_anet_summary(&l, commands);
    return print(&w, stderr, EXIT_USAGE);
  }
  const struct command *command = find_command(words[0]);
  if (command)
    return run_command(command, words + 1);
  if (strcmp(words[0], "-h") == 0)
    return help(words + 1, true);
  if (strcmp(words[0], "help") == 0 || strcmp(words[0], "--help") == 0)
    return help(words + 1, false);
  if (strcmp(words[0], "--version") == 0)
    return print_version();
  if (strcmp(words[0], "complete") == 0)
    return print_completions(words + 1);
  return words[0][0] == '-' ? unknown_option(words[0]) : unknown_command(words[0]);
}

int main(int argc, char **argv)
{
  static const char *const nothing[] = {NULL};
  if (!fill_standard_descriptors()) {
    log_error("start: %s", error_words(-errno));
    return EXIT_FAILED;
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN); /* a write past RLIMIT_FSIZE then fails with EFBIG */
  int result = dispatch(argc > 1 ? (const char *const *)argv + 1 : nothing);
  if (result < 0) {
    fflush(stdout);
    exit_by_signal(-result);
  }
  return close_stdout(result);
}
