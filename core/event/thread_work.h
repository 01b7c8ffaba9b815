/* Work for another thread: what would block the loop, a disk's read above all. */
#ifndef ANET_CORE_EVENT_THREAD_WORK_H
#define ANET_CORE_EVENT_THREAD_WORK_H

#include "core/event/reactor.h"

#include <stdbool.h>
#include <uv.h>

/* Lives in an object of the heap that belongs to nobody else while the work runs; an owner that
 * goes first tells the object so, and `done` sees it. */
struct thread_work {
  uv_work_t uv;
  struct reactor *reactor;
  void (*run)(struct thread_work *w);  /* on the other thread: touches nothing but its object */
  void (*done)(struct thread_work *w); /* on the reactor's, once, and frees the object */
};

/* Starts it. The loop does not end later for it; reactor_release says UV_EBUSY while it runs. 0; or
 * a negative errno, UV_EAGAIN where no thread can be made, and neither is called. */
int thread_work_start(struct thread_work *w, struct reactor *r, void (*run)(struct thread_work *w),
                      void (*done)(struct thread_work *w));

/* Whether threads can be made: libuv makes its own when it is first asked for work or a name, and
 * aborts when it cannot. */
bool thread_work_has_threads(struct reactor *r);

#endif
