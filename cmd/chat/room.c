#include "cmd/chat/room.h"

#include "core/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* Rooms. */

static struct room *room_new(struct rooms *rooms, struct span name, const char *key)
{
  struct room *room = calloc(1, sizeof *room + rooms->history * sizeof(struct shared_bytes *));
  if (!room)
    return NULL;
  room->rooms = rooms;
  list_init(&room->subscribers);
  list_init(&room->link);
  snprintf(room->name, sizeof room->name, "%.*s", (int)name.length, name.data);
  strcpy(room->key, key);
  list_append(&rooms->list, &room->link);
  return room;
}

static struct shared_bytes **history_at(struct room *room, size_t i)
{
  return &room->history[i % room->rooms->history];
}

static void forget_oldest(struct room *room)
{
  struct shared_bytes *line = *history_at(room, room->first++);
  room->kept -= line->length;
  shared_bytes_drop(line);
}

static void room_free(struct room *room)
{
  list_remove(&room->link);
  while (room->first < room->said)
    forget_oldest(room);
  free(room);
}

int rooms_init(struct rooms *rooms)
{
  list_init(&rooms->list);
  rooms->main = room_get(rooms, span_of("main"));
  return rooms->main ? 0 : UV_ENOMEM;
}

void rooms_release(struct rooms *rooms)
{
  while (rooms->main && !list_empty(&rooms->list))
    room_free(container_of(rooms->list.next, struct room, link));
  rooms->main = NULL;
}

struct room *room_get(struct rooms *rooms, struct span name)
{
  char key[NAME_SIZE];
  name_fold(key, name, rooms->locale);
  for (struct list *node = rooms->list.next; node != &rooms->list; node = node->next) {
    struct room *room = container_of(node, struct room, link);
    if (strcmp(room->key, key) == 0)
      return room;
  }
  return room_new(rooms, name, key);
}

/* Subscribers. */

void room_enter(struct room *room, struct subscriber *s)
{
  s->room = room;
  list_append(&room->subscribers, &s->link);
  for (size_t i = room->first; i < room->said; i++)
    subscriber_post(s, *history_at(room, i));
}

void room_leave(struct subscriber *s)
{
  struct room *room = s->room;
  if (!room)
    return;
  s->room = NULL;
  list_remove(&s->link);
  if (list_empty(&room->subscribers) && room != room->rooms->main)
    room_free(room);
}

/* Lines. */

static void post_to_all(struct room *room, const struct subscriber *except,
                        struct shared_bytes *line)
{
  for (struct list *node = room->subscribers.next; node != &room->subscribers; node = node->next) {
    struct subscriber *s = container_of(node, struct subscriber, link);
    if (s != except)
      subscriber_post(s, line);
  }
}

/* The line with its end; NULL without memory. */
static struct shared_bytes *make_line(const struct rooms *rooms, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static struct shared_bytes *make_line(const struct rooms *rooms, const char *format, va_list args)
{
  char *text = NULL;
  struct buffer line = {0};
  struct shared_bytes *shared = NULL;
  if (vasprintf(&text, format, args) >= 0) {
    if (buffer_printf(&line, "%s%s", text, rooms->line_end) == 0)
      shared = shared_bytes_new(buffer_data(&line), line.length);
    buffer_release(&line);
    free(text);
  }
  return shared;
}

void room_tell(struct room *room, const struct subscriber *except, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  struct shared_bytes *line = make_line(room->rooms, format, args);
  va_end(args);
  if (!line)
    return;
  post_to_all(room, except, line);
  shared_bytes_drop(line);
}

/* Keeps the line, which gains a reference, as the newest of the history. */
static void remember(struct room *room, struct shared_bytes *line)
{
  size_t most = room->rooms->history;
  if (most == 0)
    return;
  if (room->said - room->first == most)
    forget_oldest(room);
  *history_at(room, room->said++) = line;
  shared_bytes_hold(line);
  room->kept += line->length;
  while (room->kept > room->rooms->history_bytes)
    forget_oldest(room);
}

void room_say(struct room *room, const struct subscriber *except, const char *format, ...)
{
  struct rooms *rooms = room->rooms;
  va_list args;
  va_start(args, format);
  struct shared_bytes *line = make_line(rooms, format, args);
  va_end(args);
  if (!line)
    return;
  journal_write(rooms->journal, room->name,
                (struct span){(const char *)line->data, line->length - strlen(rooms->line_end)});
  remember(room, line);
  post_to_all(room, except, line);
  shared_bytes_drop(line);
}
