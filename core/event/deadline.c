#include "core/event/deadline.h"

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
  while ((first = deadline_first(q)) != NULL && now - first->since_ms >= q->length_ms) {
    deadline_clear(first);
    q->fire(q, first);
  }
  if (first)
    timer_start(t, q->reactor, first->since_ms + q->length_ms - now);
}

int deadline_queue_init(struct deadline_queue *q, struct reactor *r, uint64_t length_ms,
                        void (*fire)(struct deadline_queue *q, struct deadline *d))
{
  *q = (struct deadline_queue){.fire = fire, .reactor = r, .length_ms = length_ms};
  list_init(&q->waiting);
  q->timer.fire = fire_due;
  return timer_reserve(&q->timer, r);
}

void deadline_queue_release(struct deadline_queue *q)
{
  if (!q->reactor)
    return;
  while (list_pop(&q->waiting))
    ;
  timer_release(&q->timer);
}

void deadline_init(struct deadline *d)
{
  list_init(&d->link);
  d->since_ms = 0;
}

/* The timer is left alone when one is cleared: it then finds nothing due, and looks further. */
void deadline_set(struct deadline_queue *q, struct deadline *d)
{
  d->since_ms = reactor_now_ms(q->reactor);
  list_append(&q->waiting, &d->link);
  if (q->length_ms && !timer_is_running(&q->timer))
    timer_start(&q->timer, q->reactor, q->length_ms);
}
