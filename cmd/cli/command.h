/* The contract between main and a command, and the tables that describe one.
 *
 * To add a command NAME:
 *   1. write cmd/NAME/NAME.c with one `const struct command command_NAME` (CMake finds the file),
 *   2. declare it at the end of this header,
 *   3. add it to the table in cmd/main.c,
 *   4. add NAME to the list of manual pages in CMakeLists.txt,
 *   5. add its folder to COMMANDS in tests/lib/arrows,
 *   6. write tests/cli/NAME.bats, and tests/unit/cmd/NAME/test_*.c where it has parts to test.
 *
 * The parser, --help, the manual page and the completions read the tables: an option is described
 * in one place. */
#ifndef ANET_CMD_CLI_COMMAND_H
#define ANET_CMD_CLI_COMMAND_H

#include "cmd/cli/exit_code.h"
#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The type of an option's value and of the member of the options struct it is stored in. */
enum option_type {
  OPTION_FLAG,   /* bool; takes no value */
  OPTION_COUNT,  /* unsigned: how often it was given; takes no value */
  OPTION_TEXT,   /* const char *: the argument unchanged */
  OPTION_NUMBER, /* uint64_t, decimal, between least and most */
  OPTION_TIME,   /* uint64_t of milliseconds: 500ms, 10s, 10, 5m, 1h */
  OPTION_SIZE,   /* uint64_t of bytes: 100, 64K, 1M, 2G; powers of 1024 */
  OPTION_CHOICE, /* unsigned: the index of the word in `choices` */
  OPTION_LIST,   /* const char *const *: all values in order, NULL at the end; empty when the option
                  * was not given. Has no default */
};

/* The kind of candidates for a value or an operand. */
enum completion {
  COMPLETE_NOTHING,
  COMPLETE_FILES,
  COMPLETE_FOLDERS,
  COMPLETE_ADDRESSES, /* hosts, "unix:" and the like */
};

struct option {
  const char *name; /* the long name, without dashes; NULL ends a table */
  char letter;      /* the short one; 0 for none */
  enum option_type type;
  size_t offset;              /* of the member, in the struct of the table's group */
  const char *metavar;        /* the name of the value in help: TIME, N, TEXT */
  const char *value;          /* the default as it would be typed; NULL for all zero */
  const char *const *choices; /* OPTION_CHOICE: the words, NULL at the end */
  uint64_t least, most;       /* OPTION_NUMBER; `most` 0 for no upper bound */
  enum completion completion;
  bool once;            /* given twice it is refused: else the last value counts */
  const char *not_with; /* an option it excludes, where the command has that; or NULL */
  const char *help;     /* one line, lower case, no full stop */
};

/* The type, the place and the value of an option, for its entry in a table:
 *
 *   {"connect", 'c', OPTION_TEXT_AT(struct daytime_options, connect, "ADDR"), .help = "..."},
 *
 * A member of another type than the option's does not compile. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type, and lists of designators */
#define OPTION_OFFSET(type, options, member)                                                       \
  _Generic(((options *)NULL)->member, type : offsetof(options, member))
#define OPTION_FLAG_AT(options, member)                                                            \
  .type = OPTION_FLAG, .offset = OPTION_OFFSET(bool, options, member)
#define OPTION_TEXT_AT(options, member, called)                                                    \
  .type = OPTION_TEXT, .offset = OPTION_OFFSET(const char *, options, member), .metavar = called
#define OPTION_NUMBER_AT(options, member, from, to)                                                \
  .type = OPTION_NUMBER, .offset = OPTION_OFFSET(uint64_t, options, member), .metavar = "N",       \
  .least = from, .most = to
#define OPTION_TIME_AT(options, member, by_default)                                                \
  .type = OPTION_TIME, .offset = OPTION_OFFSET(uint64_t, options, member), .metavar = "TIME",      \
  .value = by_default
#define OPTION_SIZE_AT(options, member, by_default)                                                \
  .type = OPTION_SIZE, .offset = OPTION_OFFSET(uint64_t, options, member), .metavar = "SIZE",      \
  .value = by_default
#define OPTION_CHOICE_AT(options, member, words, by_default)                                       \
  .type = OPTION_CHOICE, .offset = OPTION_OFFSET(unsigned, options, member), .choices = words,     \
  .value = by_default
#define OPTION_LIST_AT(options, member, called)                                                    \
  .type = OPTION_LIST, .offset = OPTION_OFFSET(const char *const *, options, member),              \
  .metavar = called
/* NOLINTEND(bugprone-macro-parentheses) */

/* A table of options. Several commands may share it: its own struct is at `offset` in the options
 * struct of each. */
struct option_group {
  const char *title; /* its heading in --help: "Options", "Server options"; NULL ends the list */
  const struct option *options;
  size_t offset;
};

struct example {
  const char *line; /* what to type; NULL ends the list */
  const char *meaning;
};

struct command {
  const char *name;
  const char *summary;         /* one line, for the list of commands */
  const char *const *synopsis; /* the ways to call it, without "anet "; NULL at the end */
  const char *description;     /* paragraphs, for --help and the manual */
  const struct option_group *groups;
  size_t options_size; /* of the options struct, zeroed before the defaults are set */
  const struct example *examples;
  const struct example *exits; /* exit codes beside 0, 1 and 2: "6" and its meaning */
  enum completion operands;

  /* Runs with the parsed options. `operands` ends with NULL and outlives the call. Returns an
   * exit code, or minus the number of the signal that is to end the program. */
  int (*run)(const void *options, const char *const *operands);
};

/* Prints `anet: COMMAND: FORMAT` and a hint on stderr, and returns EXIT_USAGE. `command` may be
 * NULL, for anet itself. */
int usage_error(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

extern const struct command command_chat;
extern const struct command command_daytime;
extern const struct command command_echo;
extern const struct command command_fetch;
extern const struct command command_forward;
extern const struct command command_serve;

#endif
