/* The server: all that its members share. */
#ifndef ANET_CMD_CHAT_SERVER_H
#define ANET_CMD_CHAT_SERVER_H

#include "cmd/chat/chat.h"
#include "cmd/chat/journal.h"
#include "cmd/chat/room.h"
#include "core/event/deadline.h"

struct chat_protocol;

struct chat {
  struct serving serving;
  const struct chat_options *options;
  const struct chat_protocol *protocol;
  struct rooms rooms;
  struct list members; /* those that have a name, in the order of login */
  void *by_key;        /* the same, for tfind(3) */
  struct list slow;    /* members whose queue is too long ... */
  struct timer drop;   /* ... and which are dropped by this if it still is after the sends */
  bool stopping;
  struct deadline_queue logins;
  struct journal journal;
  struct shared_bytes *motd; /* NULL for none */
};

#endif
