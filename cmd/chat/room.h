/* Rooms, the subscribers in them, and the last lines that were said there. */
#ifndef ANET_CMD_CHAT_ROOM_H
#define ANET_CMD_CHAT_ROOM_H

#include "cmd/chat/journal.h"
#include "cmd/chat/name.h"
#include "cmd/chat/subscriber.h"
#include "core/base/span.h"

/* All rooms, and what they share. The fields of the first part are set by the owner before the
 * first room is made, and stay. */
struct rooms {
  const char *line_end;    /* of each line that is posted */
  size_t history;          /* lines that a room keeps; ... */
  size_t history_bytes;    /* ... together they take at most this much */
  struct journal *journal; /* where all that is said is kept; borrowed */
  locale_t locale;         /* for name_fold */

  struct list list;
  struct room *main; /* where everybody enters; stays when it is empty */
};

struct room {
  struct list link;
  struct rooms *rooms;
  struct list subscribers; /* in the order in which they came */
  char name[NAME_SIZE], key[NAME_SIZE];
  size_t said, first;             /* lines so far, and the oldest that is kept */
  size_t kept;                    /* bytes of those that are kept */
  struct shared_bytes *history[]; /* the last lines, a ring of rooms->history */
};

/* Makes the main room. 0 or UV_ENOMEM. */
int rooms_init(struct rooms *rooms);

/* Frees all rooms, from which the subscribers have gone. Any number of times, also on what is all
 * zero. */
void rooms_release(struct rooms *rooms);

/* The room of that name (a valid one), made if there is none. NULL without memory. */
struct room *room_get(struct rooms *rooms, struct span name);

/* Puts `s`, which is in no room, into this one, and posts to it the last lines that were said. */
void room_enter(struct room *room, struct subscriber *s);

/* Takes `s` out of its room, if it is in one. A room that is empty then is freed, but for the main
 * one. */
void room_leave(struct subscriber *s);

/* Posts a line (printf, without its end) to all in the room but `except`, which may be NULL.
 * Without memory nobody gets it. */
void room_tell(struct room *room, const struct subscriber *except, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for what somebody said: it is kept in the journal and in the room's history, too. */
void room_say(struct room *room, const struct subscriber *except, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
