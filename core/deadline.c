#include "core/deadline.h"

static struct deadline *deadline(struct list *link)
{
  return container_of(link, struct deadline, link);
}

struct deadline *deadline_first(const struct deadline_queue *q)
{
  return list_empty(&q->waiting) ? NULL : deadline(q->waiting.next);
}

/* Those that are due now; the timer runs on for the first of the others. */
static void fire_due(struct timer *t)
{
  struct deadline_queue *q = container_of(t, struct deadline_queue, timer);
  uint64_t now = reactor_now_ms(q->reactor);
  struct deadline *first;
  while ((first = deadline_first(q)) != NULL && first->due_ms <= now) {
    deadline_clear(first);
    q->fire(q, first);
  }
  if (first)
    timer_start(t, q->reactor, first->due_ms - now);
}

int deadline_queue_init(struct deadline_queue *q, struct reactor *r, uint64_t length_ms,
                        void (*fire)(struct deadline_queue *q, struct deadline *d))
{
  *q = (struct deadline_queue){.fire = fire, .reactor = r, .length_ms = length_ms};
  list_init(&q->waiting);
  q->timer.fire = fire_due;
  int err = timer_start(&q->timer, r, 0);
  timer_stop(&q->timer);
  return err;
}

void deadline_queue_release(struct deadline_queue *q)
{
  while (list_pop(&q->waiting))
    ;
  timer_release(&q->timer);
}

void deadline_init(struct deadline *d)
{
  list_init(&d->link);
  d->due_ms = 0;
}

/* The timer is left alone when one is cleared: it then finds nothing due, and looks further. */
void deadline_set(struct deadline_queue *q, struct deadline *d)
{
  if (q->length_ms == 0) {
    deadline_clear(d);
    return;
  }
  d->due_ms = reactor_now_ms(q->reactor) + q->length_ms;
  list_append(&q->waiting, &d->link);
  if (!timer_is_running(&q->timer))
    timer_start(&q->timer, q->reactor, q->length_ms);
}
