/* libuv's poll handles, kept by descriptor number.
 *
 * A handle knows nothing of its descriptor but the number, and uv_poll_init costs three system
 * calls (it tries the descriptor in epoll and makes it non-blocking, which ours are). So a handle
 * that is stopped waits for the next descriptor of that number. Numbers come back at once, since
 * the kernel gives the lowest free one. */
#ifndef ANET_CORE_EVENT_POLL_HANDLE_H
#define ANET_CORE_EVENT_POLL_HANDLE_H

#include <stdbool.h>
#include <uv.h>

struct poll_handle;
struct poll_handle_pool;

/* What the poller says of the descriptor, as uv_poll_cb has it. May put the handle back. */
typedef void poll_handle_event(void *owner, int status, int events);

/* NULL without memory. */
struct poll_handle_pool *poll_handle_pool_new(uv_loop_t *loop);

/* Lets libuv close the handles that are kept; the loop frees them. NULL does nothing. */
void poll_handle_pool_free(struct poll_handle_pool *pool);

/* A handle for `fd`, whose events go to `event` with `owner`. `is_socket`: the descriptor is one,
 * which epoll surely takes, so that a kept handle will do. 0; UV_EPERM for a descriptor that cannot
 * be polled (a regular file, /dev/null); or another negative errno. */
int poll_handle_get(struct poll_handle_pool *pool, int fd, bool is_socket, poll_handle_event *event,
                    void *owner, struct poll_handle **handle);

/* Takes it back, stopped. NULL does nothing. */
void poll_handle_put(struct poll_handle_pool *pool, struct poll_handle *handle);

/* Its events go to `owner` from now on. NULL for a handle does nothing. */
void poll_handle_give(struct poll_handle *handle, void *owner);

/* Polls for `mask`, UV_READABLE and the like; 0 for nothing. */
void poll_handle_set(struct poll_handle *handle, int mask);

#endif
