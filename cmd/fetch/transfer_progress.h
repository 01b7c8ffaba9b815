/* The line of a transfer in the progress display, if there is one. */
#ifndef ANET_CMD_FETCH_TRANSFER_PROGRESS_H
#define ANET_CMD_FETCH_TRANSFER_PROGRESS_H

#include "cmd/fetch/transfer.h"

/* A try begins: it waits for its response. */
void transfer_progress_wait(struct transfer *t);

/* The body begins. */
void transfer_progress_begin(struct transfer *t);

/* More of it has come. */
void transfer_progress_show(struct transfer *t);

#endif
