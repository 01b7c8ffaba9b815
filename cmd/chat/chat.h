/* `anet chat`: the server of a chat, or a client that joins one.
 *
 * chat.c has the options. The server: server.h is what its members share, room.h the rooms,
 * subscriber.h what a room posts to, and member.h the subscriber that is a connection;
 * room_protocol.c and line_protocol.c say what its lines mean. The client: client.c, on a terminal
 * with editor.h.
 */
#ifndef ANET_CMD_CHAT_CHAT_H
#define ANET_CMD_CHAT_CHAT_H

#include "cmd/run/serving.h"

enum chat_protocol_name {
  CHAT_ROOM, /* commands: login, say, look, who, logout ... */
  CHAT_LINE, /* a name, and then every line goes to the others */
};

struct chat_options {
  struct run_options run;
  struct serving_options serving;
  unsigned protocol; /* enum chat_protocol_name */

  /* The server. */
  const char *name, *motd, *log_chat;
  uint64_t rate, max_line, max_queue, history, login_timeout_ms;

  /* The client. */
  const char *connect, *nick;
  uint64_t connect_timeout_ms, linger_ms;
};

/* Serves a chat on `count` addresses. Returns the exit code. */
int chat_serve(const struct chat_options *o, const struct address *addresses, size_t count);

/* Joins the chat at `peer` with stdin and stdout. Returns the exit code. */
int chat_join(const struct chat_options *o, const struct address *peer);

#endif
