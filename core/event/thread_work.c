#include "core/event/thread_work.h"

#include "core/base/list.h"

#include <pthread.h>

static void run(uv_work_t *uv)
{
  struct thread_work *w = container_of(uv, struct thread_work, uv);
  w->run(w);
}

static void done(uv_work_t *uv, int status)
{
  struct thread_work *w = container_of(uv, struct thread_work, uv);
  (void)status;
  w->reactor->threads--;
  w->done(w);
}

static void *end_at_once(void *arg)
{
  return arg;
}

static bool can_make_threads(void)
{
  enum { THREADS = 4 }; /* of libuv's pool */
  pthread_t threads[THREADS];
  int made = 0;
  while (made < THREADS && pthread_create(&threads[made], NULL, end_at_once, NULL) == 0)
    made++;
  for (int i = 0; i < made; i++)
    pthread_join(threads[i], NULL);
  return made == THREADS;
}

bool thread_work_has_threads(struct reactor *r)
{
  if (!r->has_threads)
    r->has_threads = can_make_threads();
  return r->has_threads;
}

int thread_work_start(struct thread_work *w, struct reactor *r,
                      void (*run_it)(struct thread_work *w),
                      void (*done_with)(struct thread_work *w))
{
  w->reactor = r;
  w->run = run_it;
  w->done = done_with;
  if (!thread_work_has_threads(r))
    return UV_EAGAIN;
  int err = uv_queue_work(&r->loop, &w->uv, run, done);
  if (!err)
    r->threads++;
  return err;
}
