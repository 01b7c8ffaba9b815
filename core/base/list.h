/* A doubly linked list whose nodes live inside what they link. */
#ifndef ANET_CORE_BASE_LIST_H
#define ANET_CORE_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A node, or the head of a list: a head links to itself while the list is empty, and so does a
 * node that is on no list. Both must be initialised before use. */
struct list {
  struct list *prev, *next;
};

/* The object of `type` whose member `member` is at `ptr`. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void list_init(struct list *l)
{
  l->prev = l->next = l;
}

static inline bool list_empty(const struct list *l)
{
  return l->next == l;
}

/* Takes `node` off whatever list it is on; on none, does nothing. */
static inline void list_remove(struct list *node)
{
  node->prev->next = node->next;
  node->next->prev = node->prev;
  list_init(node);
}

/* Puts `node` last on `head`, off any list it was on. */
static inline void list_append(struct list *head, struct list *node)
{
  list_remove(node);
  node->prev = head->prev;
  node->next = head;
  head->prev->next = node;
  head->prev = node;
}

/* Takes the first node off `head`; NULL when there is none. */
static inline struct list *list_pop(struct list *head)
{
  struct list *node = head->next;
  if (node == head)
    return NULL;
  list_remove(node);
  return node;
}

/* Moves all of `from` to the end of `to`, in order; `from` is empty then. */
static inline void list_move_all(struct list *to, struct list *from)
{
  if (list_empty(from))
    return;
  from->next->prev = to->prev;
  to->prev->next = from->next;
  from->prev->next = to;
  to->prev = from->prev;
  list_init(from);
}

#endif
