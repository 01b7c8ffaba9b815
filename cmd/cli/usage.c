#include "cmd/cli/usage.h"

#include "core/base/buffer.h"
#include "core/base/escape.h"
#include "core/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Both lines in one write. */
static void print_lines(const struct command *command, const char *what, const char *hint)
{
  struct buffer lines = {0};
  buffer_printf(&lines, "anet: ");
  if (command)
    buffer_printf(&lines, "%s: ", command->name);
  escape_text(&lines, what, strlen(what), ESCAPE_CONTROLS);
  buffer_printf(&lines, "\n%s", hint);
  log_line(&lines);
}

static void complain(const struct command *command, const char *dashes, const char *word,
                     const char *format, va_list args) __attribute__((format(printf, 4, 0)));

static void complain(const struct command *command, const char *dashes, const char *word,
                     const char *format, va_list args)
{
  char what[1024];
  char hint[128];
  vsnprintf(what, sizeof what, format, args);
  if (word)
    snprintf(hint, sizeof hint, "did you mean %s%s?", dashes, word);
  else if (command)
    snprintf(hint, sizeof hint, "try 'anet %s --help'", command->name);
  else
    snprintf(hint, sizeof hint, "try 'anet --help'");
  print_lines(command, what, hint);
}

int usage_suggest(const struct command *command, const char *dashes, const char *word,
                  const char *format, ...)
{
  va_list args;
  va_start(args, format);
  complain(command, dashes, word, format, args);
  va_end(args);
  return EXIT_USAGE;
}

int usage_error(const struct command *command, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  complain(command, NULL, NULL, format, args);
  va_end(args);
  return EXIT_USAGE;
}
