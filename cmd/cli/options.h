/* Parses the words after a command's name by the command's tables.
 *
 * Options and operands come in any order and `--` ends the options. A long option takes its value
 * as --name=value or --name value and is never abbreviated; a short one as -nvalue or -n value;
 * short flags may share a dash. Of an option given twice the last value counts; a list keeps all,
 * and one that is `once` is refused.
 */
#ifndef ANET_CMD_CLI_OPTIONS_H
#define ANET_CMD_CLI_OPTIONS_H

#include "cmd/cli/command.h"

#include <stdbool.h>
#include <stddef.h>

/* What the command line asks for. */
enum arguments_ask {
  ARGUMENTS_RUN,
  ARGUMENTS_SUMMARY, /* -h */
  ARGUMENTS_HELP,    /* --help */
  ARGUMENTS_WRONG,   /* wrong usage; the error is printed */
};

struct arguments {
  void *options;               /* the command's options struct */
  const char **operands;       /* pointers into argv, NULL at the end */
  const char **lists;          /* the arrays of the options that are lists, one behind the other */
  const struct option **given; /* each option that was given, once, NULL at the end */
};

/* -h and --help, which every command has in addition to its tables. */
extern const struct option option_help;

/* Allocates and sets the defaults. `argv` are the words after the command's name, NULL at the
 * end. 0 or UV_ENOMEM; arguments_release frees in either case. */
int arguments_init(struct arguments *a, const struct command *command, const char *const *argv);
enum arguments_ask arguments_parse(struct arguments *a, const struct command *command,
                                   const char *const *argv);
void arguments_release(struct arguments *a);

/* The option with that long name of `length` bytes or that letter, --help among them, or NULL.
 * `offset`, unless NULL, becomes where its value is in the options struct. */
const struct option *option_by_name(const struct command *command, const char *name, size_t length,
                                    size_t *offset);
const struct option *option_by_letter(const struct command *command, char letter, size_t *offset);

bool option_takes_value(const struct option *option);

#endif
