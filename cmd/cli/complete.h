/* What a shell may offer for a command line that is being typed; the scripts in completions/ ask
 * through `anet complete -- WORD...`.
 *
 * One candidate a line, the whole word, with a tab and a description where there is one. The last
 * line is a directive:
 *   :none             nothing but the candidates
 *   :nospace          the same, and the word goes on after the candidate
 *   :files PREFIX     the candidates, and the names of files behind PREFIX (it may be empty)
 *   :folders PREFIX   the same with folders */
#ifndef ANET_CMD_CLI_COMPLETE_H
#define ANET_CMD_CLI_COMPLETE_H

#include "cmd/cli/command.h"
#include "core/base/writer.h"

/* `words` are what stands after "anet" up to the cursor, the last perhaps empty, NULL at the end;
 * so is the list of commands. */
void complete(struct writer *w, const struct command *const *commands, const char *const *words);

#endif
