/* A connection: its lines in, its lines out, and the limits of both. */
#ifndef ANET_CMD_CHAT_MEMBER_H
#define ANET_CMD_CHAT_MEMBER_H

#include "cmd/chat/name.h"
#include "cmd/chat/subscriber.h"
#include "core/base/token_bucket.h"
#include "core/codec/telnet.h"
#include "core/event/deadline.h"
#include "core/net/server.h"
#include "core/stream/async_chat.h"

struct chat;

struct member {
  struct async_chat stream;
  struct server_conn conn;
  struct chat *chat;
  struct deadline login;
  struct subscriber subscriber; /* in no room before login and after leaving */
  struct list in_members, in_slow;
  bool left;                            /* it is leaving: what it still sends is ignored */
  bool lost;                            /* a line for it was lost: it will be dropped */
  char name[NAME_SIZE], key[NAME_SIZE]; /* empty before login */

  struct telnet_filter telnet;
  struct buffer input; /* what came and is not taken yet */
  bool skipping;       /* up to the end of a line that was cut off */
  bool ended;          /* the peer will send no more */
  uint64_t heard_ms;   /* when it last sent something, or was last heard after a pause */
  struct token_bucket bucket;
  struct timer pause;    /* while the bucket is empty: nothing is read */
  struct timer farewell; /* while it leaves */
};

/* What lines mean. */
struct chat_protocol {
  const char *line_end;
  void (*greet)(struct member *m); /* it has connected */

  /* A line of the member's: UTF-8, escaped, without its end; may be empty. */
  void (*line)(struct member *m, struct span line);

  /* It leaves its room: for a `reason` of the server's, or by itself (NULL). Default: nobody is
   * told. */
  void (*left)(struct member *m, const char *reason);
};

extern const struct chat_protocol chat_room_protocol, chat_line_protocol;

/* Makes an empty list of members on the chat's loop. 0 or UV_ENOMEM; needs a release in any case.
 */
int members_init(struct chat *chat);

/* Before reactor_release; drops no member. */
void members_release(struct chat *chat);

/* Makes a member of the connection on `fd`, which it closes. */
void member_accept(struct chat *chat, int fd, const struct sockaddr *peer, socklen_t peer_size);

/* Sends it a line of its own: printf, without its end. */
void member_tell(struct member *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sends it some lines of its own, with their ends: all of `text`, which is empty then. */
void member_send(struct member *m, struct buffer *text);

/* Sends it a line, with its end, that others get too. */
void member_post(struct member *m, struct shared_bytes *line);

/* The member of that name, or NULL. */
struct member *member_find(const struct chat *chat, struct span name);

/* Gives it a name, which is valid and not taken, and adds it to chat.members; or changes its name.
 * 0 or UV_ENOMEM. */
int member_name(struct member *m, struct span name);

/* Logs that it has logged in, and from where. */
void member_log_login(const struct member *m);

/* It leaves: the others are told, and it is closed once it has received what it was sent; at once
 * when `error` is a negative errno. `reason` is a literal for the log. Only the first call counts.
 */
void member_leave(struct member *m, const char *reason, int error);

/* When it last sent something; now, while it waits to be heard. */
uint64_t member_active_ms(const struct member *m);

#endif
