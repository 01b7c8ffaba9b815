/* The transfers of one run: starts them in order, some in parallel, and reports how they ended. */
#ifndef ANET_CMD_FETCH_BATCH_H
#define ANET_CMD_FETCH_BATCH_H

#include "cmd/fetch/plan.h"

/* Fetches the URLs of the plan, up to --parallel at once. Returns the exit code of the first URL,
 * in their order, that failed; or minus a signal. */
int batch_run(struct fetch_plan *plan);

#endif
