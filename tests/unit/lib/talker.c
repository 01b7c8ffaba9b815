#include "tests/unit/lib/talker.h"

static struct talker *talker(struct async_chat *c)
{
  return container_of(c, struct talker, c);
}

static void collect_incoming_data(struct async_chat *c, const void *data, size_t n)
{
  struct talker *t = talker(c);
  if (n <= 64)
    record_bytes("C", data, n);
  else
    record("C of %zu", n);
  if (t->in_collect)
    t->in_collect(t);
}

static void found_terminator(struct async_chat *c)
{
  struct talker *t = talker(c);
  record("T");
  t->turn++;
  if (t->in_T)
    t->in_T(t, t->turn);
}

static bool handle_read(struct async_chat *c)
{
  struct talker *t = talker(c);
  return t->in_read && t->in_read(t);
}

static void handle_connect(struct async_chat *c)
{
  struct talker *t = talker(c);
  record("connect");
  if (t->in_connect)
    t->in_connect(t);
}

static void handle_close(struct async_chat *c)
{
  record("X");
  async_chat_close(c);
}

static void handle_error(struct async_chat *c, int err)
{
  record("error %s", error_name(err));
  dispatcher_default_error(&c->d, err);
}

static void handle_drain(struct async_chat *c)
{
  if (talker(c)->says_drain)
    record("drain");
}

static void destroy(struct async_chat *c)
{
  if (talker(c)->says_destroy)
    record("destroy");
}

void talker_init(struct talker *t, struct reactor *r)
{
  static const struct async_chat_ops ops = {
      .collect_incoming_data = collect_incoming_data,
      .found_terminator = found_terminator,
      .handle_read = handle_read,
      .handle_connect = handle_connect,
      .handle_close = handle_close,
      .handle_error = handle_error,
      .handle_drain = handle_drain,
      .destroy = destroy,
  };
  *t = (struct talker){0};
  async_chat_init(&t->c, r, &ops);
}

int talker_pair(struct talker *t, struct reactor *r)
{
  int fds[2];
  pair_unix(fds);
  talker_init(t, r);
  dispatcher_open(&t->c.d, fds[0], true);
  return fds[1];
}
