/* What the tables say, for a terminal: the list of commands, -h and --help. */
#ifndef ANET_CMD_CLI_HELP_H
#define ANET_CMD_CLI_HELP_H

#include "cmd/cli/command.h"
#include "cmd/cli/page.h"

/* The list of commands ends with NULL. Each adds to the page, whose `err` tells of no memory. */

/* anet, anet -h: one screen. */
void help_anet_summary(struct page *p, const struct command *const *commands);

/* anet --help: also addresses, times, sizes and exit codes. */
void help_anet(struct page *p, const struct command *const *commands);

/* anet COMMAND -h: one screen; of the options shared with other commands only the names. */
void help_summary(struct page *p, const struct command *command);

/* anet COMMAND --help: everything. */
void help_command(struct page *p, const struct command *command);

/* What the help of anet and its manual page both say. */
extern const char help_about[];
extern const char help_units[];
extern const char help_repeats[]; /* what stands behind the text of an option that is a list */
extern const struct example help_own_commands[]; /* those that main answers itself */
extern const struct example help_addresses[];
extern const struct example help_exits[]; /* those that every command has */

/* What an option's value is called: its metavar or its choices; nothing for a flag. */
void help_put_metavar(struct page *p, const struct option *option);

/* The option with its value as one types it: "--dump=text|hex", "--greet TEXT". */
void help_put_long(struct page *p, const struct option *option);

#endif
