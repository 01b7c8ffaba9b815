/* What the tables say, for a terminal: the list of commands, -h and --help. */
#ifndef ANET_CMD_CLI_HELP_H
#define ANET_CMD_CLI_HELP_H

#include "cmd/cli/command.h"
#include "cmd/cli/text_layout.h"

/* The list of commands ends with NULL. Each adds to the layout; an error stays in its writer. */

/* anet, anet -h: one screen. */
void help_anet_summary(struct text_layout *l, const struct command *const *commands);

/* anet --help: also addresses, times, sizes and exit codes. */
void help_anet(struct text_layout *l, const struct command *const *commands);

/* anet COMMAND -h: one screen; of the options shared with other commands only the names. */
void help_summary(struct text_layout *l, const struct command *command);

/* anet COMMAND --help: everything. */
void help_command(struct text_layout *l, const struct command *command);

/* What the help of anet and its manual page both say. */
extern const char help_about[];
extern const char help_units[];
extern const char help_repeats[]; /* what stands behind the text of an option that is a list */
extern const struct example help_own_commands[]; /* those that main answers itself */
extern const struct example help_addresses[];
extern const struct example help_exits[]; /* those that every command has */

/* What an option's value is called: its metavar or its choices; nothing for a flag. */
void help_write_metavar(struct writer *w, const struct option *option);

#endif
