/* Candidates for a command line that is being typed. The scripts in completions/ ask for them with
 * `anet complete -- WORD...`.
 *
 * One candidate a line, the whole word, with a tab and a description where there is one. The last
 * line is a directive:
 *   :none             nothing but the candidates
 *   :nospace          the same, with no space after the candidate
 *   :files PREFIX     the candidates, and file names after PREFIX, which may be empty
 *   :folders PREFIX   the same with folders only */
#ifndef ANET_CMD_CLI_COMPLETE_H
#define ANET_CMD_CLI_COMPLETE_H

#include "cmd/cli/command.h"
#include "core/base/writer.h"

/* `words` are those after "anet" up to the cursor; the last may be empty. Both lists end with NULL.
 */
void complete(struct writer *w, const struct command *const *commands, const char *const *words);

#endif
