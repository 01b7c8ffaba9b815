/* What the reactor calls of a dispatcher, and what its files share. */
#ifndef ANET_CORE_EVENT_DISPATCHER_PRIVATE_H
#define ANET_CORE_EVENT_DISPATCHER_PRIVATE_H

#include "core/event/dispatcher.h"

/* Asks what it wants now, and tells the poller if that has changed. */
void dispatcher_apply_mask(struct dispatcher *d);

/* `events` (UV_READABLE and the like) happened. Reads now, and enters it for writing in this pass.
 */
void dispatcher_handle_events(struct dispatcher *d, int events);

/* Its turn to write in this pass. */
void dispatcher_write_event(struct dispatcher *d);

/* The end of the pass in which it was closed. */
void dispatcher_destroy(struct dispatcher *d);

/* Runs handle_close, or its default. */
void dispatcher_close_event(struct dispatcher *d);

#endif
