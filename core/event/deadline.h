/* Deadlines of one kind, all equally long: they fall due in the order in which they were set, so
 * that setting and clearing one costs neither memory nor a system call. */
#ifndef ANET_CORE_EVENT_DEADLINE_H
#define ANET_CORE_EVENT_DEADLINE_H

#include "core/base/list.h"
#include "core/event/timer.h"

#include <stdbool.h>
#include <stdint.h>

/* Lives in the object it is about. */
struct deadline {
  struct list link;
  uint64_t since_ms; /* when it was set, in reactor_now_ms's time */
};

struct deadline_queue {
  void (*fire)(struct deadline_queue *q, struct deadline *d); /* `d` is set no more; it may be set
                                                               * again, or freed */
  struct reactor *reactor;
  uint64_t length_ms; /* 0: never due; the queue only keeps the order */
  struct list waiting;
  struct timer timer;
};

/* 0 or UV_ENOMEM; after that, setting one cannot fail. */
int deadline_queue_init(struct deadline_queue *q, struct reactor *r, uint64_t length_ms,
                        void (*fire)(struct deadline_queue *q, struct deadline *d));

/* Before reactor_release; one that is all zero needs none. What is still set is forgotten. */
void deadline_queue_release(struct deadline_queue *q);

void deadline_init(struct deadline *d);

/* Due in `q`, length_ms from now, and in no other queue any more. */
void deadline_set(struct deadline_queue *q, struct deadline *d);

/* Not due any more, wherever it was. */
static inline void deadline_clear(struct deadline *d)
{
  list_remove(&d->link);
}

/* The one that is due next, or NULL. */
struct deadline *deadline_first(const struct deadline_queue *q);

#endif
