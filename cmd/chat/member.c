#include "cmd/chat/member.h"

#include "cmd/chat/server.h"
#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/base/utf8.h"
#include "core/codec/charset.h"

#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  BURST = 100,    /* lines that may come at once; more with a higher rate */
  LINE_COST = 64, /* bytes that a queued line takes besides its own */
  ANY_WAY = 16,   /* times --max-queue: the limit even within one pass of the loop */
  JUDGE_MS = 1,   /* after the sends of this pass */
  LINGER_MS = 2000,
  FAREWELL_MS = 10000, /* for a member that leaves to receive what it was sent */
};

static struct member *member_of(struct async_chat *c)
{
  return container_of(c, struct member, stream);
}

/* Lines out. */

static size_t cost_of(const struct member *m)
{
  return m->stream.queued + m->stream.producers * LINE_COST;
}

/* It is dropped if it is still too far behind once the sends of this pass have been tried. */
static void suspect(struct member *m)
{
  struct chat *chat = m->chat;
  list_append(&chat->slow, &m->in_slow);
  if (!timer_is_running(&chat->drop))
    timer_start(&chat->drop, m->stream.d.reactor, JUDGE_MS); /* has memory: members_init */
}

static void push(struct member *m, struct producer *p)
{
  size_t most = (size_t)m->chat->options->max_queue;
  if (m->left || m->lost || dispatcher_is_closing(&m->stream.d)) {
    if (p)
      producer_release(p);
    return;
  }
  m->lost = async_chat_push_later(&m->stream, p) != 0 || cost_of(m) / ANY_WAY > most;
  if (m->lost || cost_of(m) > most)
    suspect(m);
}

void member_post(struct member *m, struct shared_bytes *line)
{
  push(m, producer_shared(line, 0, line->length));
}

void member_send(struct member *m, struct buffer *text)
{
  if (text->length > 0)
    push(m, producer_buffer(text));
}

void member_tell(struct member *m, const char *format, ...)
{
  struct buffer line = {0};
  char *text = NULL;
  va_list args;
  va_start(args, format);
  int n = vasprintf(&text, format, args);
  va_end(args);
  if (n < 0)
    return;
  if (buffer_printf(&line, "%s%s", text, m->chat->protocol->line_end) == 0)
    member_send(m, &line);
  free(text);
}

/* Names. */

static int compare_keys(const void *a, const void *b)
{
  const struct member *one = a, *other = b;
  return strcmp(one->key, other->key);
}

struct member *member_find(const struct chat *chat, struct span name)
{
  struct member sought;
  if (!name_fold(sought.key, name, chat->rooms.locale))
    return NULL;
  struct member *const *found = tfind(&sought, &chat->by_key, compare_keys);
  return found ? *found : NULL;
}

static void forget_name(struct member *m)
{
  if (m->name[0])
    tdelete(m, &m->chat->by_key, compare_keys);
  m->name[0] = m->key[0] = '\0';
  list_remove(&m->in_members);
}

int member_name(struct member *m, struct span name)
{
  bool had_one = m->name[0] != '\0';
  if (had_one)
    tdelete(m, &m->chat->by_key, compare_keys);
  snprintf(m->name, sizeof m->name, "%.*s", (int)name.length, name.data);
  name_fold(m->key, name, m->chat->rooms.locale);
  if (!tsearch(m, &m->chat->by_key, compare_keys)) {
    m->name[0] = m->key[0] = '\0';
    return UV_ENOMEM;
  }
  if (had_one)
    return 0;
  list_append(&m->chat->members, &m->in_members);
  deadline_clear(&m->login);
  return 0;
}

void member_log_login(const struct member *m)
{
  char from[ADDRESS_TEXT_SIZE];
  address_format(from, (const struct sockaddr *)&m->conn.peer, m->conn.peer_size);
  log_event(LOG_INFO, "logged in",
            (const struct log_field[]){
                {.name = "as", .text = m->name}, {.name = "from", .text = from}, {0}});
}

/* Leaving. */

static void tell_others(struct member *m, const char *reason)
{
  struct chat *chat = m->chat;
  if (m->subscriber.room && chat->protocol->left && !chat->stopping)
    chat->protocol->left(m, reason);
  room_leave(&m->subscriber);
}

/* Closes once it has received what it was sent, within FAREWELL_MS. What it still sends is read and
 * dropped: left unread, it would turn the close into a reset. */
static void let_go(struct member *m)
{
  if (timer_start(&m->farewell, m->stream.d.reactor, FAREWELL_MS))
    async_chat_close(&m->stream);
  else
    async_chat_close_lingering(&m->stream, LINGER_MS);
}

static void farewell_over(struct timer *t)
{
  async_chat_close(&container_of(t, struct member, farewell)->stream);
}

/* `error` closes it at once. */
static void leave(struct member *m, const char *reason, int error, const char *told)
{
  if (m->left)
    return;
  m->left = true;
  list_remove(&m->in_slow);
  deadline_clear(&m->login);
  timer_stop(&m->pause);
  server_conn_because(&m->conn, reason, error);
  if (m->name[0])
    log_event(LOG_INFO, "left",
              (const struct log_field[]){
                  {.name = "as", .text = m->name}, {.name = "because", .text = reason}, {0}});
  tell_others(m, told);
  forget_name(m);
  if (error)
    async_chat_close(&m->stream);
  else if (!dispatcher_is_closing(&m->stream.d))
    let_go(m);
}

void member_leave(struct member *m, const char *reason, int error)
{
  leave(m, reason, error, NULL);
}

static void drop_slow(struct timer *drop)
{
  struct chat *chat = container_of(drop, struct chat, drop);
  struct list *node;
  while ((node = list_pop(&chat->slow)) != NULL) {
    struct member *m = container_of(node, struct member, in_slow);
    if (m->lost || cost_of(m) > chat->options->max_queue)
      leave(m, "too slow", UV_ENOBUFS, "too slow");
  }
}

/* Lines in. */

/* Hands a line to the protocol as others may see it: UTF-8 with control characters escaped. */
static void hear(struct member *m, const void *data, size_t n)
{
  struct buffer utf8 = {0}, legible = {0};
  if (charset_to_utf8(&utf8, data, n) == 0) {
    if (escape_text(&legible, buffer_data(&utf8), utf8.length, ESCAPE_CONTROLS) == 0)
      m->chat->protocol->line(
          m,
          (struct span){legible.length ? (const char *)buffer_data(&legible) : "", legible.length});
  }
  buffer_release(&utf8);
  buffer_release(&legible);
}

static void hear_cut(struct member *m, size_t n)
{
  const uint8_t *data = buffer_data(&m->input);
  size_t most = (size_t)m->chat->options->max_line;
  size_t whole = n < most ? n : most;
  whole -= utf8_tail(data, whole);
  hear(m, data, whole);
  member_tell(m, "Your line was cut off: it had more than %zu bytes.", most);
}

/* Takes a line of `n` bytes off the input, and the `end` bytes that end it. */
static void take_line(struct member *m, size_t n, size_t end)
{
  const uint8_t *data = buffer_data(&m->input);
  size_t length = n > 0 && data[n - 1] == '\r' ? n - 1 : n;
  if (m->skipping)
    m->skipping = false;
  else if (length > m->chat->options->max_line)
    hear_cut(m, length);
  else
    hear(m, data, length);
  buffer_consume(&m->input, n + end);
}

/* There is more than a line may have, counting the CR of its end. */
static bool is_too_long(const struct member *m)
{
  return m->input.length > m->chat->options->max_line + 1;
}

/* Handles the start of a line whose end has not arrived. */
static void take_beginning(struct member *m)
{
  if (m->skipping) {
    buffer_consume(&m->input, m->input.length);
  } else if (is_too_long(m)) {
    hear_cut(m, m->input.length);
    buffer_consume(&m->input, m->input.length);
    m->skipping = true;
  } else if (m->ended && m->input.length > 0) {
    take_line(m, m->input.length, 0);
  }
}

static void pause_member(struct member *m)
{
  uint64_t now = reactor_now_ms(m->stream.d.reactor);
  if (timer_start(&m->pause, m->stream.d.reactor, token_bucket_wait_ms(&m->bucket, now)))
    member_leave(m, "out of memory", UV_ENOMEM);
  dispatcher_changed(&m->stream.d);
}

static void take_lines(struct member *m)
{
  while (!m->left && m->input.length > 0) {
    const uint8_t *data = buffer_data(&m->input);
    const uint8_t *newline = memchr(data, '\n', m->input.length);
    bool counts = !m->skipping && (newline || m->ended || is_too_long(m));
    if (counts && !token_bucket_take(&m->bucket, reactor_now_ms(m->stream.d.reactor))) {
      pause_member(m);
      return;
    }
    if (newline) {
      take_line(m, (size_t)(newline - data), 1);
    } else {
      take_beginning(m);
      break;
    }
  }
  if (m->ended)
    member_leave(m, "the peer ended", 0);
}

static void pause_over(struct timer *t)
{
  struct member *m = container_of(t, struct member, pause);
  m->heard_ms = reactor_now_ms(m->stream.d.reactor);
  take_lines(m);
  dispatcher_changed(&m->stream.d);
}

/* The connection. */

static void tabs_to_spaces(uint8_t *text, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (text[i] == '\t')
      text[i] = ' ';
  }
}

static void collect(struct async_chat *c, const void *data, size_t n)
{
  struct member *m = member_of(c);
  if (m->left)
    return;
  uint8_t *room = buffer_reserve(&m->input, n);
  if (!room) {
    member_leave(m, "out of memory", UV_ENOMEM);
    return;
  }
  memcpy(room, data, n);
  size_t text = telnet_filter(&m->telnet, room, n);
  tabs_to_spaces(room, text);
  buffer_commit(&m->input, text);
  m->heard_ms = reactor_now_ms(c->d.reactor);
  take_lines(m);
}

uint64_t member_active_ms(const struct member *m)
{
  return timer_is_running(&m->pause) ? reactor_now_ms(m->stream.d.reactor) : m->heard_ms;
}

static bool readable(struct async_chat *c)
{
  return !timer_is_running(&member_of(c)->pause);
}

static void failed(struct async_chat *c, int err)
{
  member_leave(member_of(c), error_words(err), err);
  async_chat_close(c);
}

/* The peer may have ended only its own direction: it still gets what was said before. */
static void ended(struct async_chat *c)
{
  struct member *m = member_of(c);
  if (c->d.gone) {
    failed(c, c->d.gone);
    return;
  }
  m->ended = true;
  take_lines(m);
}

static void destroy(struct async_chat *c)
{
  struct member *m = member_of(c);
  member_leave(m, m->conn.reason ? m->conn.reason : "the server ends", 0);
  timer_release(&m->pause);
  timer_release(&m->farewell);
  buffer_release(&m->input);
  m->conn.received = c->received;
  m->conn.sent = c->sent;
  server_conn_end(&m->conn);
  free(m);
}

static void posted(struct subscriber *s, struct shared_bytes *line)
{
  member_post(container_of(s, struct member, subscriber), line);
}

static const char *name_of(const struct subscriber *s)
{
  return container_of(s, const struct member, subscriber)->name;
}

static void init(struct member *m, struct chat *chat)
{
  static const struct subscriber_ops ops = {.post = posted, .name = name_of};
  uint64_t rate = chat->options->rate;
  m->chat = chat;
  m->pause.fire = pause_over;
  m->farewell.fire = farewell_over;
  subscriber_init(&m->subscriber, &ops);
  deadline_init(&m->login);
  list_init(&m->in_members);
  list_init(&m->in_slow);
  token_bucket_init(&m->bucket, rate, rate > BURST ? rate : BURST,
                    reactor_now_ms(&chat->serving.reactor));
}

int members_init(struct chat *chat)
{
  list_init(&chat->members);
  list_init(&chat->slow);
  chat->drop = (struct timer){.fire = drop_slow};
  int err = timer_start(&chat->drop, &chat->serving.reactor, 0); /* takes its memory */
  timer_stop(&chat->drop);
  return err;
}

void members_release(struct chat *chat)
{
  timer_release(&chat->drop);
}

void member_accept(struct chat *chat, int fd, const struct sockaddr *peer, socklen_t peer_size)
{
  static const struct async_chat_ops ops = {
      .collect_incoming_data = collect,
      .readable = readable,
      .handle_close = ended,
      .handle_error = failed,
      .destroy = destroy,
  };
  struct member *m = server_conn_new(fd, sizeof *m);
  if (!m)
    return;
  async_chat_init(&m->stream, &chat->serving.reactor, &ops);
  async_chat_set_limits(&m->stream, ASYNC_CHAT_HIGH_MARK, SIZE_MAX); /* --max-queue is it */
  init(m, chat);
  m->heard_ms = reactor_now_ms(&chat->serving.reactor);
  if (!server_conn_begin(&m->conn, &chat->serving.server, &m->stream.d, fd, peer, peer_size))
    return;
  server_conn_log(&m->conn, "connected");
  if (chat->logins.length_ms)
    deadline_set(&chat->logins, &m->login);
  chat->protocol->greet(m);
}
