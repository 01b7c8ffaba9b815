#include "core/work.h"

#include "core/list.h"

static void run(uv_work_t *uv)
{
  struct work *w = container_of(uv, struct work, uv);
  w->run(w);
}

static void done(uv_work_t *uv, int status)
{
  struct work *w = container_of(uv, struct work, uv);
  (void)status;
  w->reactor->threads--;
  w->done(w);
}

int work_start(struct work *w, struct reactor *r, void (*run_it)(struct work *w),
               void (*done_with)(struct work *w))
{
  w->reactor = r;
  w->run = run_it;
  w->done = done_with;
  int err = uv_queue_work(&r->loop, &w->uv, run, done);
  if (!err)
    r->threads++;
  return err;
}
