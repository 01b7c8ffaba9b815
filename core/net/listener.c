#include "core/net/listener.h"

#include "core/base/log.h"
#include "core/net/resolve.h"
#include "core/os/socket.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PAUSE_MS = 1000 }; /* after accept ran out of descriptors or memory */

static struct listener *listener(struct dispatcher *d)
{
  return container_of(d, struct listener, d);
}

static bool listener_readable(struct dispatcher *d)
{
  const struct listener *l = listener(d);
  return !timer_is_running(&l->pause) && l->ops->may_accept(l);
}

static void listener_accepted(struct dispatcher *d, int fd, const struct sockaddr *peer,
                              socklen_t peer_size)
{
  struct listener *l = listener(d);
  l->ops->accepted(l, fd, peer, peer_size);
}

static void listener_accept(struct dispatcher *d)
{
  struct listener *l = listener(d);
  int err = dispatcher_accept_some(d);
  if (err == 0 || dispatcher_is_closing(d))
    return;
  log_error("accept on %s: %s; waiting a second", l->name, error_words(err));
  timer_start(&l->pause, d->reactor, PAUSE_MS);
}

static void pause_over(struct timer *t)
{
  dispatcher_changed(&container_of(t, struct listener, pause)->d);
}

static void remove_unix_path(struct listener *l)
{
  struct sockaddr_storage sa;
  socklen_t size;
  struct stat st;
  const char *path = ((struct sockaddr_un *)&sa)->sun_path;
  if (l->inode == 0 || socket_name(l->d.fd, &sa, &size) || lstat(path, &st) < 0)
    return;
  if (st.st_ino == l->inode && st.st_dev == l->device)
    unlink(path);
}

static void listener_destroy(struct dispatcher *d)
{
  struct listener *l = listener(d);
  list_remove(&l->link);
  timer_release(&l->pause);
  free(l);
}

static void listener_failed(struct dispatcher *d, int err)
{
  struct listener *l = listener(d);
  log_error("listen on %s: %s", l->name, error_words(err));
  l->ops->failed(l, err);
}

static int listener_open(struct listener **out, struct reactor *r, int fd,
                         const struct listener_options *options)
{
  static const struct dispatcher_ops ops = {
      .readable = listener_readable,
      .handle_accept = listener_accept,
      .handle_accepted = listener_accepted,
      .handle_error = listener_failed,
      .destroy = listener_destroy,
  };
  struct listener *l = calloc(1, sizeof *l);
  if (!l) {
    close(fd);
    return UV_ENOMEM;
  }
  dispatcher_init(&l->d, r, &ops);
  l->ops = options->ops;
  l->owner = options->owner;
  l->tag = options->tag;
  l->transports = options->transports;
  l->pause.fire = pause_over;
  list_init(&l->link);
  int err = timer_reserve(&l->pause, r);
  dispatcher_open(&l->d, fd, false);
  if (!err)
    err = dispatcher_listen(&l->d, SOMAXCONN);
  if (err) {
    dispatcher_close(&l->d);
    return err;
  }
  *out = l;
  return 0;
}

/* Where it listens. */

struct place {
  struct list *listeners;
  struct reactor *reactor;
  const struct listener_options *options;
};

/* Binds and listens; the port of `sa` is what it became, when it was 0. */
static int listen_on(const struct place *p, struct sockaddr_storage *sa, socklen_t size, bool dual)
{
  struct listener *l;
  int fd = socket_bound((struct sockaddr *)sa, size, dual);
  if (fd < 0)
    return fd;
  int err = listener_open(&l, p->reactor, fd, p->options);
  if (err)
    return err;
  list_append(p->listeners, &l->link);
  struct stat st;
  const char *path = ((struct sockaddr_un *)sa)->sun_path;
  if (sa->ss_family == AF_UNIX && path[0] && lstat(path, &st) == 0) {
    l->inode = st.st_ino;
    l->device = st.st_dev;
  }
  socket_name(fd, sa, &size);
  address_format(l->name, (struct sockaddr *)sa, size);
  return 0;
}

/* The address is of a family that this machine has not; a name may have others. */
static bool is_missing_here(int err)
{
  return err == UV_EADDRNOTAVAIL || err == UV_EAFNOSUPPORT;
}

static int listen_everywhere(const struct place *p, uint16_t port, struct error *e)
{
  struct sockaddr_storage sa = {0};
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&sa;
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(port);
  int err = listen_on(p, &sa, sizeof *in6, true);
  if (is_missing_here(err)) { /* no IPv6 */
    struct sockaddr_in *in = (struct sockaddr_in *)&sa;
    sa = (struct sockaddr_storage){0};
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    err = listen_on(p, &sa, sizeof *in, false);
  }
  return err ? error_set(e, err, "listen on *:%u", port) : 0;
}

static in_port_t *port_of(struct sockaddr_storage *sa)
{
  return sa->ss_family == AF_INET ? &((struct sockaddr_in *)sa)->sin_port
                                  : &((struct sockaddr_in6 *)sa)->sin6_port;
}

int listeners_open(struct list *listeners, struct reactor *r, const struct address *a,
                   const struct listener_options *options, struct error *e)
{
  const struct place p = {listeners, r, options};
  struct sockaddr_list list;
  if (a->kind == ADDRESS_ANY)
    return listen_everywhere(&p, a->port, e);
  int err = resolve_now(a, &list, e);
  if (err)
    return err;

  bool listening = false;
  in_port_t port = htons(a->port);
  for (size_t i = 0; i < list.count; i++) {
    char where[ADDRESS_TEXT_SIZE];
    if (a->kind == ADDRESS_NAME)
      *port_of(&list.items[i]) = port;
    address_format(where, (struct sockaddr *)&list.items[i], list.sizes[i]);
    err = listen_on(&p, &list.items[i], list.sizes[i], false);
    if (err) {
      error_set(e, err, "listen on %s", where);
      if (!is_missing_here(err))
        break;
      continue;
    }
    listening = true;
    if (a->kind == ADDRESS_NAME)
      port = *port_of(&list.items[i]); /* port 0: all get the one that the first was given */
  }
  if (listening && is_missing_here(err))
    err = 0;
  sockaddr_list_release(&list);
  return err;
}

/* All of them. */

void listeners_changed(struct list *listeners)
{
  for (struct list *node = listeners->next; node != listeners; node = node->next)
    dispatcher_changed(&container_of(node, struct listener, link)->d);
}

void listeners_close(struct list *listeners)
{
  struct list *node;
  for (node = listeners->next; node != listeners; node = node->next)
    remove_unix_path(container_of(node, struct listener, link));
  while ((node = list_pop(listeners)) != NULL)
    dispatcher_close(&container_of(node, struct listener, link)->d);
}

/* What has come is read before it is closed: else TCP would reset the connection, and the peer's
 * system could drop what it was told. */
void listener_refuse(struct listener *l, int fd, struct span words)
{
  ssize_t n = words.length ? send(fd, words.data, words.length, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
  (void)n;
  shutdown(fd, SHUT_WR);
  recv(fd, l->d.reactor->buffer, REACTOR_BUFFER_SIZE, MSG_DONTWAIT);
  close(fd);
}
