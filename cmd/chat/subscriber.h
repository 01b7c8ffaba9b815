/* What a room posts to. A member of the room is one; a bridge to another server would be one. */
#ifndef ANET_CMD_CHAT_SUBSCRIBER_H
#define ANET_CMD_CHAT_SUBSCRIBER_H

#include "core/base/list.h"
#include "core/stream/shared.h"

struct room;
struct subscriber;

struct subscriber_ops {
  /* A line of the room, with its end. It is the caller's: who keeps it takes a reference. May not
   * close anything, nor enter or leave a room. */
  void (*post)(struct subscriber *s, struct shared_bytes *line);

  /* The name under which it is listed in the room; valid until it changes or leaves. */
  const char *(*name)(const struct subscriber *s);
};

/* Part of the object that it posts to, which owns it. */
struct subscriber {
  const struct subscriber_ops *ops;
  struct room *room; /* NULL when it is in none; set by the room */
  struct list link;  /* the room's */
};

static inline void subscriber_init(struct subscriber *s, const struct subscriber_ops *ops)
{
  s->ops = ops;
  s->room = NULL;
  list_init(&s->link);
}

static inline void subscriber_post(struct subscriber *s, struct shared_bytes *line)
{
  s->ops->post(s, line);
}

static inline const char *subscriber_name(const struct subscriber *s)
{
  return s->ops->name(s);
}

#endif
