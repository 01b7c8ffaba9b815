/* The two lines on stderr for a wrong command line: what is wrong, and a hint. */
#ifndef ANET_CMD_CLI_USAGE_H
#define ANET_CMD_CLI_USAGE_H

#include "cmd/cli/command.h"

/* As usage_error of command.h, but the second line asks "did you mean DASHES WORD?" unless `word`
 * is NULL. */
int usage_suggest(const struct command *command, const char *dashes, const char *word,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
