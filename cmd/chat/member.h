/* One who is connected: lines in, lines out, and how many. */
#ifndef ANET_CMD_CHAT_MEMBER_H
#define ANET_CMD_CHAT_MEMBER_H

#include "cmd/chat/room.h"
#include "core/base/token_bucket.h"
#include "core/codec/telnet.h"
#include "core/stream/async_chat.h"

struct member {
  struct async_chat stream;
  struct server_conn conn;
  struct chat *chat;
  struct deadline login;
  struct room *room; /* NULL before login and after leaving */
  struct list in_room, in_members, in_slow;
  bool left;                            /* it is on its way out: what it sends is not heard */
  bool lost;                            /* a line for it is: it is to be dropped */
  char name[NAME_SIZE], key[NAME_SIZE]; /* empty before login */

  struct telnet_filter telnet;
  struct buffer input; /* what came and is not taken yet */
  bool skipping;       /* the rest of a line that was cut off is dropped */
  bool ended;          /* the peer will send no more */
  struct token_bucket bucket;
  struct timer pause;    /* while the bucket is empty: nothing is read */
  struct timer farewell; /* while it leaves */
};

/* What lines mean. */
struct chat_protocol {
  const char *line_end;
  void (*greet)(struct member *m);                  /* it has connected */
  void (*line)(struct member *m, struct span line); /* legible, without its end; may be empty */

  /* It leaves its room; `reason` is not its own if it is not NULL. NULL: nobody is told. */
  void (*left)(struct member *m, const char *reason);
};

extern const struct chat_protocol chat_room_protocol, chat_line_protocol;

/* Makes one of a connection. */
void member_accept(struct chat *chat, int fd, const struct sockaddr *peer, socklen_t peer_size);

/* Sends it a line of its own: printf, without its end. */
void member_tell(struct member *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sends it some lines of its own, with their ends: all of `text`, which is empty then. */
void member_send(struct member *m, struct buffer *text);

/* Sends it a line that others get too, with its end. */
void member_post(struct member *m, struct shared_bytes *line);

/* The member that goes by that name, or NULL. */
struct member *member_find(const struct chat *chat, struct span name);

/* Gives it a name, which is one and nobody's, and puts it among the members; or changes its name.
 * 0 or UV_ENOMEM. */
int member_name(struct member *m, struct span name);

/* Says in the log who that is now. */
void member_log_login(const struct member *m);

/* It leaves: the others are told, and it is closed once it has what it was sent; at once when
 * `error` is a negative errno. `reason` is a literal for the log. Any number of times. */
void member_leave(struct member *m, const char *reason, int error);

/* Drops those who are too far behind: for chat.drop, after the sends of the pass were tried, and
 * not while others are told something. */
void members_drop_slow(struct timer *drop);

#endif
