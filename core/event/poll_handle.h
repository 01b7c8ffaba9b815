/* libuv's poll handles, kept by descriptor number.
 *
 * A handle knows nothing of its descriptor but the number, and uv_poll_init costs three system
 * calls (it tries the descriptor in epoll and makes it non-blocking, which ours are). So a handle
 * that is stopped waits for the next descriptor of that number: numbers come back at once, since
 * the kernel gives the lowest free one. */
#ifndef ANET_CORE_EVENT_POLL_HANDLE_H
#define ANET_CORE_EVENT_POLL_HANDLE_H

#include "core/event/dispatcher.h"

struct poll_handle;
struct poll_handle_pool;

struct poll_handle_pool *poll_handle_pool_new(void);

/* Lets libuv close the handles that are kept; they are freed by the loop. NULL does nothing. */
void poll_handle_pool_free(struct poll_handle_pool *pool);

/* Gives `d` a handle, d->poll, for its descriptor. 0; UV_EPERM for one that cannot be polled (a
 * regular file, /dev/null); or another negative errno. */
int poll_handle_get(struct dispatcher *d);

/* Takes it back, stopped. d->poll is NULL then. */
void poll_handle_put(struct dispatcher *d);

/* Its events go to `d` from now on. NULL for a handle does nothing. */
void poll_handle_give(struct poll_handle *handle, struct dispatcher *d);

/* Polls for `mask`, UV_READABLE and the like; 0 for nothing. */
void poll_handle_set(struct poll_handle *handle, int mask);

#endif
