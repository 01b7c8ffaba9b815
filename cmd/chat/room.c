#include "cmd/chat/room.h"

#include "cmd/chat/member.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct room *room_new(struct chat *chat, struct span name, const char *key)
{
  size_t history = (size_t)chat->options->history;
  struct room *room = calloc(1, sizeof *room + history * sizeof(struct shared_bytes *));
  if (!room)
    return NULL;
  list_init(&room->members);
  list_init(&room->link);
  snprintf(room->name, sizeof room->name, "%.*s", (int)name.length, name.data);
  strcpy(room->key, key);
  list_append(&chat->rooms, &room->link);
  return room;
}

static struct shared_bytes **history_at(const struct chat *chat, struct room *room, size_t i)
{
  return &room->history[i % chat->options->history];
}

static void forget_oldest(struct chat *chat, struct room *room)
{
  struct shared_bytes *line = *history_at(chat, room, room->first++);
  room->kept -= line->length;
  shared_bytes_drop(line);
}

static void room_free(struct chat *chat, struct room *room)
{
  list_remove(&room->link);
  while (room->first < room->said)
    forget_oldest(chat, room);
  free(room);
}

struct room *room_get(struct chat *chat, struct span name)
{
  char key[NAME_SIZE];
  name_fold(key, name, chat->locale);
  for (struct list *node = chat->rooms.next; node != &chat->rooms; node = node->next) {
    struct room *room = container_of(node, struct room, link);
    if (strcmp(room->key, key) == 0)
      return room;
  }
  return room_new(chat, name, key);
}

static void send_history(struct chat *chat, struct room *room, struct member *m)
{
  for (size_t i = room->first; i < room->said; i++)
    member_post(m, *history_at(chat, room, i));
}

void room_enter(struct room *room, struct member *m)
{
  m->room = room;
  list_append(&room->members, &m->in_room);
  send_history(m->chat, room, m);
}

void room_leave(struct member *m)
{
  struct room *room = m->room;
  if (!room)
    return;
  m->room = NULL;
  list_remove(&m->in_room);
  if (list_empty(&room->members) && room != m->chat->main)
    room_free(m->chat, room);
}

static void post_to_all(struct room *room, const struct member *except, struct shared_bytes *line)
{
  for (struct list *node = room->members.next; node != &room->members; node = node->next) {
    struct member *m = container_of(node, struct member, in_room);
    if (m != except)
      member_post(m, line);
  }
}

/* The line with its end; NULL without memory. */
static struct shared_bytes *make_line(const struct chat *chat, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static struct shared_bytes *make_line(const struct chat *chat, const char *format, va_list args)
{
  char *text = NULL;
  struct buffer line = {0};
  struct shared_bytes *shared = NULL;
  if (vasprintf(&text, format, args) >= 0) {
    if (buffer_printf(&line, "%s%s", text, chat->protocol->line_end) == 0)
      shared = shared_bytes_new(buffer_data(&line), line.length);
    buffer_release(&line);
    free(text);
  }
  return shared;
}

void room_tell(struct chat *chat, struct room *room, const struct member *except,
               const char *format, ...)
{
  va_list args;
  va_start(args, format);
  struct shared_bytes *line = make_line(chat, format, args);
  va_end(args);
  if (!line)
    return;
  post_to_all(room, except, line);
  shared_bytes_drop(line);
}

/* Keeps the line as the newest of the room's; it gains a reference. */
static void remember(struct chat *chat, struct room *room, struct shared_bytes *line)
{
  size_t most = (size_t)chat->options->history;
  if (most == 0)
    return;
  if (room->said - room->first == most)
    forget_oldest(chat, room);
  *history_at(chat, room, room->said++) = line;
  shared_bytes_hold(line);
  room->kept += line->length;
  while (room->kept > chat->options->max_queue / 4)
    forget_oldest(chat, room);
}

void room_say(struct chat *chat, struct room *room, const struct member *except, const char *format,
              ...)
{
  va_list args;
  va_start(args, format);
  struct shared_bytes *line = make_line(chat, format, args);
  va_end(args);
  if (!line)
    return;
  size_t end = strlen(chat->protocol->line_end);
  journal_write(&chat->journal, room->name,
                (struct span){(const char *)line->data, line->length - end});
  remember(chat, room, line);
  post_to_all(room, except, line);
  shared_bytes_drop(line);
}

void rooms_release(struct chat *chat)
{
  while (!list_empty(&chat->rooms))
    room_free(chat, container_of(chat->rooms.next, struct room, link));
}
