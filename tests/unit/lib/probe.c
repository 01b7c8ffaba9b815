#include "tests/unit/lib/probe.h"

#include <unistd.h>

static struct probe *probe(struct dispatcher *d)
{
  return container_of(d, struct probe, d);
}

static void called(struct probe *p, const char *call, const char *detail)
{
  record("%s%s%s%s", p->name ? p->name : "", p->name ? " " : "", call, detail);
  if (p->closes_in && strcmp(p->closes_in, call) == 0)
    dispatcher_close(p->closes);
}

static bool readable(struct dispatcher *d)
{
  return !probe(d)->wants_no_read;
}

static bool writable(struct dispatcher *d)
{
  return probe(d)->wants_write;
}

static void handle_connect(struct dispatcher *d)
{
  called(probe(d), "connect", "");
}

static void handle_read(struct dispatcher *d)
{
  struct probe *p = probe(d);
  char data[256] = " ";
  if (p->leaves) {
    called(p, "read", "");
    return;
  }
  ssize_t n = dispatcher_recv(d, data + 1, sizeof data - 2);
  if (n > 0)
    called(p, "read", data);
  else if (n != 0)
    called(p, "would block", "");
}

static void handle_write(struct dispatcher *d)
{
  called(probe(d), "write", "");
}

static void handle_expt(struct dispatcher *d)
{
  called(probe(d), "expt", "");
}

static void handle_accept(struct dispatcher *d)
{
  called(probe(d), "accept", "");
}

static void handle_accepted(struct dispatcher *d, int fd, const struct sockaddr *peer,
                            socklen_t peer_size)
{
  struct probe *p = probe(d);
  (void)peer;
  (void)peer_size;
  p->accepted++;
  close(fd);
  called(p, "accepted", "");
}

static void handle_close(struct dispatcher *d)
{
  struct probe *p = probe(d);
  called(p, "close", "");
  if (!p->stays)
    dispatcher_close(d);
}

static void handle_error(struct dispatcher *d, int err)
{
  called(probe(d), "error ", error_name(err));
  dispatcher_close(d);
}

static void destroy(struct dispatcher *d)
{
  called(probe(d), "destroy", "");
}

#define COMMON                                                                                     \
  .readable = readable, .writable = writable, .handle_connect = handle_connect,                    \
  .handle_read = handle_read, .handle_write = handle_write, .handle_accepted = handle_accepted,    \
  .handle_close = handle_close, .destroy = destroy

const struct dispatcher_ops probe_ops = {COMMON};
const struct dispatcher_ops probe_ops_expt = {COMMON, .handle_expt = handle_expt};
const struct dispatcher_ops probe_ops_accept = {COMMON, .handle_accept = handle_accept};
const struct dispatcher_ops probe_ops_error = {COMMON, .handle_error = handle_error};

void probe_init(struct probe *p, struct reactor *r, const struct dispatcher_ops *ops,
                const char *name)
{
  *p = (struct probe){.name = name};
  dispatcher_init(&p->d, r, ops);
}

int probe_pair(struct probe *p, struct reactor *r, const struct dispatcher_ops *ops, bool tcp)
{
  int fds[2];
  if (tcp)
    pair_tcp(fds);
  else
    pair_unix(fds);
  probe_init(p, r, ops, NULL);
  dispatcher_open(&p->d, fds[0], true);
  return fds[1];
}
