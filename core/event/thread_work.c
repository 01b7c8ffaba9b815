#include "core/event/thread_work.h"

#include "core/base/list.h"

#include <stdlib.h>

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

/* As libuv reads it (threadpool.c): how many threads it makes when it is first asked for one. */
static size_t pool_size(void)
{
  enum { USUAL = 4, MOST = 1024 };
  const char *text = getenv("UV_THREADPOOL_SIZE");
  if (!text)
    return USUAL;
  unsigned size = (unsigned)atoi(text);
  if (size == 0)
    return 1;
  return size < MOST ? size : MOST;
}

static void wait_and_end(void *gate)
{
  uv_mutex_lock(gate);
  uv_mutex_unlock(gate);
}

/* Makes as many as libuv will, all at once, and ends them. */
static bool can_make_threads(void)
{
  size_t wanted = pool_size(), made = 0;
  uv_thread_t *threads = malloc(wanted * sizeof *threads);
  uv_mutex_t gate;
  if (!threads || uv_mutex_init(&gate)) {
    free(threads);
    return false;
  }
  uv_mutex_lock(&gate);
  while (made < wanted && uv_thread_create(&threads[made], wait_and_end, &gate) == 0)
    made++;
  uv_mutex_unlock(&gate);
  for (size_t i = 0; i < made; i++)
    uv_thread_join(&threads[i]);
  uv_mutex_destroy(&gate);
  free(threads);
  return made == wanted;
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
