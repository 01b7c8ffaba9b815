/* The protocol of Twisted's chat example: a name, and then each line goes to the others. */
#include "cmd/chat/member.h"
#include "cmd/chat/server.h"

static void greet(struct member *m)
{
  if (m->chat->motd)
    member_post(m, m->chat->motd);
  member_tell(m, "What's your name?");
}

static void take_name(struct member *m, struct span name)
{
  if (!name_is_valid(name)) {
    member_tell(m, "What's your name?");
    return;
  }
  if (member_find(m->chat, name)) {
    member_tell(m, "Name taken, please choose another.");
    return;
  }
  if (member_name(m, name)) {
    member_leave(m, "out of memory", UV_ENOMEM);
    return;
  }
  member_log_login(m);
  member_tell(m, "Welcome, %s!", m->name);
  room_enter(m->chat->rooms.main, &m->subscriber);
}

static void line(struct member *m, struct span text)
{
  if (m->subscriber.room)
    room_say(m->subscriber.room, &m->subscriber, "<%s> %.*s", m->name, (int)text.length, text.data);
  else
    take_name(m, text);
}

const struct chat_protocol chat_line_protocol = {.line_end = "\r\n", .greet = greet, .line = line};
