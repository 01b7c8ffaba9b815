/* Rooms, who is in them, and what was said last. */
#ifndef ANET_CMD_CHAT_ROOM_H
#define ANET_CMD_CHAT_ROOM_H

#include "cmd/chat/chat.h"
#include "cmd/chat/journal.h"
#include "cmd/chat/name.h"
#include "core/base/list.h"
#include "core/event/deadline.h"
#include "core/stream/producer.h"

struct chat_protocol;
struct member;

/* The server: all that its members share. */
struct chat {
  struct serving serving;
  const struct chat_options *options;
  const struct chat_protocol *protocol;
  struct list rooms;
  struct room *main;   /* where everybody enters; stays when it is empty */
  struct list members; /* who has a name, in the order of login */
  void *by_key;        /* the same, for tfind(3) */
  struct list slow;    /* who is to be dropped: their queues are full ... */
  struct timer drop;   /* ... by this, in the next pass */
  bool stopping;
  struct deadline_queue logins;
  struct journal journal;
  struct shared_bytes *motd; /* NULL for none */
  locale_t locale;           /* for name_fold */
};

struct room {
  struct list link;
  struct list members; /* in the order in which they came */
  char name[NAME_SIZE], key[NAME_SIZE];
  size_t said, first;             /* lines so far, and the oldest that is kept */
  size_t kept;                    /* bytes of those */
  struct shared_bytes *history[]; /* the last of them, a ring of options->history; all of it takes
                                   * at most a quarter of a member's queue */
};

/* The room of that name, made if there is none; NULL without memory. */
struct room *room_get(struct chat *chat, struct span name);

/* The member is in it now; who comes is sent what was said last. */
void room_enter(struct room *room, struct member *m);

/* The member is in none any more; a room that is empty then is gone, but for the main one. */
void room_leave(struct member *m);

/* Tells everybody in the room but `except`, who may be NULL, a line: printf, without its end. */
void room_tell(struct chat *chat, struct room *room, const struct member *except,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same for what is said: it is kept, in the room and in the journal. */
void room_say(struct chat *chat, struct room *room, const struct member *except, const char *format,
              ...) __attribute__((format(printf, 4, 5)));

/* Frees all rooms. */
void rooms_release(struct chat *chat);

#endif
