/* The manual pages, from the same tables as the help, in the man macros of roff. */
#ifndef ANET_CMD_CLI_MANUAL_H
#define ANET_CMD_CLI_MANUAL_H

#include "cmd/cli/command.h"
#include "core/base/writer.h"

/* anet(1). The list of commands ends with NULL. */
void manual_anet(struct writer *w, const struct command *const *commands);

/* anet-COMMAND(1). */
void manual_command(struct writer *w, const struct command *command);

#endif
