/* The protocol of the asynchat example: a line is a command, one word, and its argument. */
#include "cmd/chat/member.h"
#include "cmd/chat/server.h"
#include "core/base/log.h"
#include "core/base/writer.h"

#include <string.h>

struct chat_command {
  const char *name;
  void (*run)(struct member *m, struct span rest);
  const char *help; /* NULL: not in /help */
};

/* Takes the first word off `s`, whose rest then begins with no space. */
static struct span take_word(struct span *s)
{
  const char *space = memchr(s->data, ' ', s->length);
  struct span word = {s->data, space ? (size_t)(space - s->data) : s->length};
  *s = span_trim(span_skip(*s, word.length));
  return word;
}

/* Whether the member may have that name. If not, it is told why. */
static bool may_have(struct member *m, struct span name)
{
  const struct member *other = name_is_valid(name) ? member_find(m->chat, name) : NULL;
  if (name_is_valid(name) && (!other || other == m))
    return true;
  if (name.length == 0)
    member_tell(m, "Please enter a name");
  else if (other)
    member_tell(m, "The name \"%.*s\" is taken.\nPlease try again.", (int)name.length, name.data);
  else
    member_tell(m, "A name has 1 to %d visible characters.\nPlease try again.",
                NAME_MOST_CHARACTERS);
  return false;
}

static void enter(struct member *m, struct room *room)
{
  room_tell(room, NULL, "%s has entered the room.", m->name);
  room_enter(room, &m->subscriber);
}

static void run_login(struct member *m, struct span rest)
{
  if (!may_have(m, rest))
    return;
  if (member_name(m, rest)) {
    member_leave(m, "out of memory", UV_ENOMEM);
    return;
  }
  member_log_login(m);
  enter(m, m->chat->rooms.main);
}

static void run_say(struct member *m, struct span rest)
{
  room_say(m->subscriber.room, NULL, "%s : %.*s", m->name, (int)rest.length, rest.data);
}

static void run_me(struct member *m, struct span rest)
{
  room_say(m->subscriber.room, NULL, "* %s %.*s", m->name, (int)rest.length, rest.data);
}

/* A list is queued as one piece, however long it is. */

static void run_look(struct member *m, struct span rest)
{
  const struct list *in_room = &m->subscriber.room->subscribers;
  struct buffer text = {0};
  struct writer w;
  (void)rest;
  writer_init(&w, &text);
  writer_text(&w, "The following are in the room:\n");
  for (struct list *node = in_room->next; node != in_room; node = node->next)
    writer_format(&w, "%s\n", subscriber_name(container_of(node, struct subscriber, link)));
  member_send(m, &text);
  buffer_release(&text);
}

static void run_who(struct member *m, struct span rest)
{
  const struct list *members = &m->chat->members;
  struct buffer text = {0};
  struct writer w;
  (void)rest;
  writer_init(&w, &text);
  writer_text(&w, "The following are logged in:\n");
  for (struct list *node = members->next; node != members; node = node->next)
    writer_format(&w, "%s\n", container_of(node, struct member, in_members)->name);
  member_send(m, &text);
  buffer_release(&text);
}

static void run_logout(struct member *m, struct span rest)
{
  (void)rest;
  member_leave(m, "logged out", 0);
}

static void run_msg(struct member *m, struct span rest)
{
  struct span name = take_word(&rest);
  struct member *to = member_find(m->chat, name);
  if (name.length == 0 || rest.length == 0) {
    member_tell(m, "Use \"msg <nickname> <text>\"");
  } else if (!to) {
    member_tell(m, "No such name: %.*s", (int)name.length, name.data);
  } else {
    member_tell(to, "[private] %s : %.*s", m->name, (int)rest.length, rest.data);
    member_tell(m, "[private to %s] %s : %.*s", to->name, m->name, (int)rest.length, rest.data);
  }
}

static void run_nick(struct member *m, struct span rest)
{
  char before[NAME_SIZE];
  memcpy(before, m->name, sizeof before);
  if (!may_have(m, rest))
    return;
  if (member_name(m, rest)) {
    member_leave(m, "out of memory", UV_ENOMEM);
    return;
  }
  log_event(LOG_INFO, "renamed",
            (const struct log_field[]){
                {.name = "name", .text = before}, {.name = "to", .text = m->name}, {0}});
  room_tell(m->subscriber.room, NULL, "%s is now called %s.", before, m->name);
}

static void run_join(struct member *m, struct span rest)
{
  if (!name_is_valid(rest)) {
    member_tell(m, "A name has 1 to %d visible characters.\nPlease try again.",
                NAME_MOST_CHARACTERS);
    return;
  }
  struct room *room = room_get(&m->chat->rooms, rest);
  if (!room || room == m->subscriber.room)
    return;
  room_tell(m->subscriber.room, &m->subscriber, "%s has left the room", m->name);
  room_leave(&m->subscriber);
  enter(m, room);
}

static void run_help(struct member *m, struct span rest);

/* Before login, and after it. Most commands that the asynchat example does not have begin with a
 * slash, so that it stays an unknown command there what is unknown here. */
static const struct chat_command before[] = {
    {"login", run_login, NULL},
    {"logout", run_logout, NULL},
    {"/quit", run_logout, NULL},
    {0},
};
static const struct chat_command inside[] = {
    {"say", run_say, "say TEXT         talk to everyone in the room"},
    {"look", run_look, "look             list who is in the room"},
    {"who", run_who, "who              list who is logged in"},
    {"logout", run_logout, "logout           leave (also /quit)"},
    {"msg", run_msg, "msg NAME TEXT    talk to one member"},
    {"join", run_join, "join ROOM        go to another room"},
    {"/me", run_me, "/me TEXT         say what you do"},
    {"/nick", run_nick, "/nick NAME       change your name"},
    {"/help", run_help, "/help            list the commands"},
    {"/msg", run_msg, NULL},
    {"/join", run_join, NULL},
    {"/quit", run_logout, NULL},
    {0},
};

static void run_help(struct member *m, struct span rest)
{
  (void)rest;
  for (const struct chat_command *c = inside; c->name; c++) {
    if (c->help)
      member_tell(m, "%s", c->help);
  }
}

static void greet(struct member *m)
{
  member_tell(m, "Welcome to %s", m->chat->options->name);
  if (m->chat->motd)
    member_post(m, m->chat->motd);
}

static void line(struct member *m, struct span text)
{
  struct span rest = text;
  if (span_trim(text).length == 0)
    return;
  struct span word = take_word(&rest);
  for (const struct chat_command *c = m->subscriber.room ? inside : before; c->name; c++) {
    if (span_is(word, c->name)) {
      c->run(m, rest);
      return;
    }
  }
  if (m->subscriber.room)
    member_tell(m, "Unknown command: %.*s", (int)word.length, word.data);
  else
    member_tell(m, "Please log in\nUse \"login <nickname>\"");
}

static void left(struct member *m, const char *reason)
{
  if (reason)
    room_tell(m->subscriber.room, &m->subscriber, "%s has left the room (%s)", m->name, reason);
  else
    room_tell(m->subscriber.room, &m->subscriber, "%s has left the room", m->name);
}

const struct chat_protocol chat_room_protocol = {
    .line_end = "\n", .greet = greet, .line = line, .left = left};
