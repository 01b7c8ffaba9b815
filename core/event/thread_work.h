/* Work that would block the loop, on another thread: chiefly reads from a disk. */
#ifndef ANET_CORE_EVENT_THREAD_WORK_H
#define ANET_CORE_EVENT_THREAD_WORK_H

#include "core/event/reactor.h"

#include <stdbool.h>
#include <uv.h>

/* Lives in an object on the heap that belongs to nobody else while the work runs. An owner that
 * goes first marks the object, and `done` sees the mark. */
struct thread_work {
  uv_work_t uv;
  struct reactor *reactor;
  void (*run)(struct thread_work *w);  /* on the other thread: touches nothing but its object */
  void (*done)(struct thread_work *w); /* on the reactor's, once, and frees the object */
};

/* Starts it. The loop does not wait for it; reactor_release returns UV_EBUSY while it runs. 0; or
 * a negative errno, UV_EAGAIN where no thread can be made, and neither is called. */
int thread_work_start(struct thread_work *w, struct reactor *r, void (*run)(struct thread_work *w),
                      void (*done)(struct thread_work *w));

/* Whether libuv can make its threads. It makes them with the first work or name look-up, as many as
 * UV_THREADPOOL_SIZE says, and aborts if one fails; so they are all made once beforehand, to see.
 */
bool thread_work_has_threads(struct reactor *r);

#endif
