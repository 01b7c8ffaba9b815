/* The room of asynchat: commands, a word each, and what follows the word. */
#include "cmd/chat/member.h"
#include "core/base/log.h"

#include <string.h>

struct chat_command {
  const char *name;
  void (*run)(struct member *m, struct span rest);
  const char *help; /* NULL for another name of one above */
};

static struct span trim(struct span s)
{
  while (s.length > 0 && s.data[0] == ' ')
    s = (struct span){s.data + 1, s.length - 1};
  while (s.length > 0 && s.data[s.length - 1] == ' ')
    s.length--;
  return s;
}

/* Takes the word in front off; what is left has no space before it. */
static struct span take_word(struct span *s)
{
  const char *space = memchr(s->data, ' ', s->length);
  struct span word = {s->data, space ? (size_t)(space - s->data) : s->length};
  *s = trim((struct span){s->data + word.length, s->length - word.length});
  return word;
}

/* Whether it may be the member's; else it is told why not. */
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
  room_tell(m->chat, room, m, "%s has entered the room.", m->name);
  room_enter(room, m);
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
  enter(m, m->chat->main);
}

static void run_say(struct member *m, struct span rest)
{
  room_say(m->chat, m->room, NULL, "%s : %.*s", m->name, (int)rest.length, rest.data);
}

static void run_me(struct member *m, struct span rest)
{
  room_say(m->chat, m->room, NULL, "* %s %.*s", m->name, (int)rest.length, rest.data);
}

/* In one piece, however many they are. */
static void tell_names(struct member *m, const char *title, const struct list *members,
                       size_t offset_of_link)
{
  struct buffer text = {0};
  int err = buffer_printf(&text, "%s\n", title);
  for (struct list *node = members->next; node != members && !err; node = node->next) {
    const struct member *other = (const void *)((const char *)node - offset_of_link);
    err = buffer_printf(&text, "%s\n", other->name);
  }
  member_send(m, &text);
  buffer_release(&text);
}

static void run_look(struct member *m, struct span rest)
{
  (void)rest;
  tell_names(m, "The following are in the room:", &m->room->members,
             offsetof(struct member, in_room));
}

static void run_who(struct member *m, struct span rest)
{
  (void)rest;
  tell_names(m, "The following are logged in:", &m->chat->members,
             offsetof(struct member, in_members));
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
  room_tell(m->chat, m->room, NULL, "%s is now called %s.", before, m->name);
}

static void run_join(struct member *m, struct span rest)
{
  if (!name_is_valid(rest)) {
    member_tell(m, "A name has 1 to %d visible characters.\nPlease try again.",
                NAME_MOST_CHARACTERS);
    return;
  }
  struct room *room = room_get(m->chat, rest);
  if (!room || room == m->room)
    return;
  room_tell(m->chat, m->room, m, "%s has left the room", m->name);
  room_leave(m);
  enter(m, room);
}

static void run_help(struct member *m, struct span rest);

/* Before login, and after it. Those of the second list with a slash are beyond the room of
 * asynchat, so that `Unknown command` stays what it was for the others. */
static const struct chat_command before[] = {
    {"login", run_login, NULL},
    {"logout", run_logout, NULL},
    {"/quit", run_logout, NULL},
    {0},
};
static const struct chat_command inside[] = {
    {"say", run_say, "say TEXT         to all in the room"},
    {"look", run_look, "look             who is in the room"},
    {"who", run_who, "who              who is logged in"},
    {"logout", run_logout, "logout           leave (also /quit)"},
    {"msg", run_msg, "msg NAME TEXT    to one alone"},
    {"join", run_join, "join ROOM        go to another room"},
    {"/me", run_me, "/me TEXT         what you do"},
    {"/nick", run_nick, "/nick NAME       another name"},
    {"/help", run_help, "/help            this"},
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
  if (trim(text).length == 0)
    return;
  struct span word = take_word(&rest);
  for (const struct chat_command *c = m->room ? inside : before; c->name; c++) {
    if (span_is(word, c->name)) {
      c->run(m, rest);
      return;
    }
  }
  if (m->room)
    member_tell(m, "Unknown command: %.*s", (int)word.length, word.data);
  else
    member_tell(m, "Please log in\nUse \"login <nickname>\"");
}

static void left(struct member *m, const char *reason)
{
  if (reason)
    room_tell(m->chat, m->room, m, "%s has left the room (%s)", m->name, reason);
  else
    room_tell(m->chat, m->room, m, "%s has left the room", m->name);
}

const struct chat_protocol chat_room_protocol = {
    .line_end = "\n", .greet = greet, .line = line, .left = left};
