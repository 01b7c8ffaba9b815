/* The transfers of one run: in what order they begin, and what comes of them all. */
#ifndef ANET_CMD_FETCH_BATCH_H
#define ANET_CMD_FETCH_BATCH_H

#include "cmd/fetch/plan.h"

/* Fetches the URLs of the plan, --parallel at once. Returns the exit code of the first that failed,
 * in their order; or minus a signal. */
int batch_run(struct fetch_plan *plan);

#endif
