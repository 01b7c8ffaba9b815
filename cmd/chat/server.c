#include "cmd/chat/server.h"

#include "cmd/chat/member.h"
#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/codec/charset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct chat *chat_of(struct server *s)
{
  return container_of(s, struct chat, serving.server);
}

static struct member *member_of(const struct server_conn *c)
{
  return container_of(c, struct member, conn);
}

static void accepted(struct server *s, struct listener *l, int fd, const struct sockaddr *peer,
                     socklen_t peer_size)
{
  (void)l;
  member_accept(chat_of(s), fd, peer, peer_size);
}

static uint64_t active_ms(const struct server_conn *c)
{
  return member_active_ms(member_of(c));
}

static void close_conn(struct server_conn *c)
{
  async_chat_close(&member_of(c)->stream);
}

/* Everyone receives what was said, and leaves. */
static void stopping(struct server *s)
{
  chat_of(s)->stopping = true;
  for (struct list *node = s->conns.next, *next; node != &s->conns; node = next) {
    next = node->next;
    member_leave(member_of(container_of(node, struct server_conn, link)), "the server stops", 0);
  }
}

/* SIGHUP: the file of --log-chat was renamed, and a new one begins. */
static void reload(struct server *s)
{
  struct error e;
  if (journal_reopen(&chat_of(s)->journal, &e))
    log_error("%s; the old file is still in use", e.text);
}

static void login_late(struct deadline_queue *q, struct deadline *d)
{
  struct member *m = container_of(d, struct member, login);
  (void)q;
  member_tell(m, "No login in time.");
  member_leave(m, "no login in time", 0);
}

/* Makes the lines of the file such as members may see, each with the protocol's end. */
static int make_motd(struct chat *chat, FILE *f)
{
  struct buffer text = {0}, utf8 = {0};
  char *line = NULL;
  size_t size = 0;
  ssize_t n;
  int err = 0;
  while (!err && (n = getline(&line, &size, f)) >= 0) {
    while (n > 0 && strchr("\r\n", line[n - 1]))
      n--;
    err = charset_to_utf8(&utf8, line, (size_t)n);
    if (!err)
      err = escape_text(&text, buffer_data(&utf8), utf8.length, ESCAPE_CONTROLS);
    buffer_release(&utf8);
    if (!err)
      err = buffer_printf(&text, "%s", chat->protocol->line_end);
  }
  if (!err && text.length > 0) {
    chat->motd = shared_bytes_new(buffer_data(&text), text.length);
    err = chat->motd ? 0 : UV_ENOMEM;
  }
  buffer_release(&text);
  free(line);
  return err;
}

static int read_motd(struct chat *chat, struct error *e)
{
  const char *path = chat->options->motd;
  if (!path)
    return 0;
  FILE *f = fopen(path, "re");
  if (!f)
    return error_set(e, -errno, "read %s", path);
  int err = make_motd(chat, f);
  if (!err && ferror(f))
    err = UV_EIO;
  fclose(f);
  return err ? error_set(e, err, "read %s", path) : 0;
}

static int prepare(struct chat *chat)
{
  const struct chat_options *o = chat->options;
  struct error e;
  int err = read_motd(chat, &e);
  if (!err && o->log_chat)
    err = journal_open(&chat->journal, o->log_chat, &e);
  if (!err &&
      deadline_queue_init(&chat->logins, &chat->serving.reactor, o->login_timeout_ms, login_late))
    err = error_set(&e, UV_ENOMEM, "start");
  if (!err && (rooms_init(&chat->rooms) || members_init(chat)))
    err = error_set(&e, UV_ENOMEM, "start");
  if (!err)
    return EXIT_DONE;
  log_error("%s", e.text);
  return EXIT_FAILED;
}

static void release(struct chat *chat)
{
  rooms_release(&chat->rooms);
  journal_close(&chat->journal);
  if (chat->motd)
    shared_bytes_drop(chat->motd);
  if (chat->rooms.locale)
    freelocale(chat->rooms.locale);
}

int chat_serve(const struct chat_options *o, const struct address *addresses, size_t count)
{
  static const struct server_ops ops = {.accepted = accepted,
                                        .active_ms = active_ms,
                                        .close = close_conn,
                                        .stopping = stopping,
                                        .reload = reload};
  struct chat chat = {.options = o, .journal.fd = -1};
  chat.protocol = o->protocol == CHAT_LINE ? &chat_line_protocol : &chat_room_protocol;
  chat.rooms = (struct rooms){.line_end = chat.protocol->line_end,
                              .history = (size_t)o->history,
                              .history_bytes = (size_t)o->max_queue / 4,
                              .journal = &chat.journal};
  int code = serving_init(&chat.serving, &ops, &o->serving, 1, 0, NULL);
  if (code != EXIT_DONE)
    return code;
  chat.rooms.locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", 0);
  code = prepare(&chat);
  for (size_t i = 0; i < count && code == EXIT_DONE; i++)
    code = serving_listen(&chat.serving, &addresses[i], NULL);
  code = serving_run(&chat.serving, code);
  chat.stopping = true;
  deadline_queue_release(&chat.logins);
  members_release(&chat);
  code = serving_leave(&chat.serving, code);
  release(&chat);
  return code;
}
