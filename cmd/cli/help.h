/* Help for a terminal, from the tables: the list of commands, -h and --help. */
#ifndef ANET_CMD_CLI_HELP_H
#define ANET_CMD_CLI_HELP_H

#include "cmd/cli/command.h"
#include "cmd/cli/text_layout.h"

/* The list of commands ends with NULL. Each adds to the layout; an error stays in its writer. */

/* anet, anet -h: one screen. */
void help_anet_summary(struct text_layout *l, const struct command *const *commands);

/* anet --help: also addresses, times, sizes and exit codes. */
void help_anet(struct text_layout *l, const struct command *const *commands);

/* anet COMMAND -h: one screen, with only the names of the options that other commands share. */
void help_summary(struct text_layout *l, const struct command *command);

/* anet COMMAND --help: everything. */
void help_command(struct text_layout *l, const struct command *command);

/* Texts that are both in the help of anet and in its manual page. */
extern const char help_about[];
extern const char help_units[];
extern const char help_repeats[];                /* follows the help of an option that is a list */
extern const struct example help_own_commands[]; /* commands that main answers itself */
extern const struct example help_addresses[];
extern const struct example help_exits[]; /* codes that every command has */

/* The name of an option's value: its metavar or its choices; nothing for a flag. */
void help_write_metavar(struct writer *w, const struct option *option);

#endif
