#include "core/net/resolve.h"

#include "core/base/span.h"
#include "core/event/thread_work.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct resolver_request {
  uv_getaddrinfo_t uv;
  struct resolver *owner; /* NULL once it is cancelled */
  struct reactor *reactor;
  uint16_t port;
  bool loopback;
};

void sockaddr_list_release(struct sockaddr_list *list)
{
  free(list->items);
  free(list->sizes);
  *list = (struct sockaddr_list){0};
}

static int allocate(struct sockaddr_list *list, size_t n)
{
  list->items = calloc(n ? n : 1, sizeof *list->items);
  list->sizes = calloc(n ? n : 1, sizeof *list->sizes);
  list->count = 0;
  if (list->items && list->sizes)
    return 0;
  sockaddr_list_release(list);
  return UV_ENOMEM;
}

static void add(struct sockaddr_list *list, const struct sockaddr *sa, socklen_t size)
{
  memcpy(&list->items[list->count], sa, size);
  list->sizes[list->count++] = size;
}

static void add_with_port(struct sockaddr_list *list, const struct addrinfo *ai, uint16_t port)
{
  struct sockaddr *sa = (struct sockaddr *)&list->items[list->count];
  add(list, ai->ai_addr, ai->ai_addrlen);
  if (sa->sa_family == AF_INET)
    ((struct sockaddr_in *)sa)->sin_port = htons(port);
  else
    ((struct sockaddr_in6 *)sa)->sin6_port = htons(port);
}

/* The next address in `ai` of `family`, or of any other than it. */
static const struct addrinfo *next_of(const struct addrinfo *ai, int family, bool other)
{
  while (ai && ((ai->ai_family != AF_INET && ai->ai_family != AF_INET6) ||
                (ai->ai_family == family) == other))
    ai = ai->ai_next;
  return ai;
}

static int interleave(struct sockaddr_list *list, const struct addrinfo *found, uint16_t port)
{
  size_t n = 0;
  for (const struct addrinfo *ai = found; ai; ai = ai->ai_next)
    n++;
  if (allocate(list, n))
    return UV_ENOMEM;
  int first = found ? found->ai_family : AF_INET;
  const struct addrinfo *a = next_of(found, first, false), *b = next_of(found, first, true);
  while (a || b) {
    if (a) {
      add_with_port(list, a, port);
      a = next_of(a->ai_next, first, false);
    }
    if (b) {
      add_with_port(list, b, port);
      b = next_of(b->ai_next, first, true);
    }
  }
  return list->count ? 0 : UV_EAI_NONAME;
}

static int from_literal(struct sockaddr_list *list, const struct address *a)
{
  int err = allocate(list, 1);
  if (!err)
    add(list, (const struct sockaddr *)&a->sockaddr, a->size);
  return err;
}

bool resolve_is_loopback(const char *name)
{
  static const char localhost[] = "localhost";
  size_t n = strlen(name), own = sizeof localhost - 1;
  if (n > 0 && name[n - 1] == '.')
    n--;
  if (n < own || strncasecmp(name + n - own, localhost, own) != 0)
    return false;
  return n == own || name[n - own - 1] == '.';
}

/* Whether this machine has ::1. */
static bool has_ipv6_loopback(const struct sockaddr_in6 *in6)
{
  struct sockaddr_in6 any_port = *in6;
  any_port.sin6_port = 0;
  int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return false;
  int result = bind(fd, (const struct sockaddr *)&any_port, sizeof any_port);
  close(fd);
  return result == 0;
}

/* 127.0.0.1 is first: most servers for this machine only listen there. */
static int loopback(struct sockaddr_list *list, uint16_t port)
{
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  in6.sin6_addr = in6addr_loopback;
  int err = allocate(list, 2);
  if (err)
    return err;
  add(list, (const struct sockaddr *)&in, sizeof in);
  if (has_ipv6_loopback(&in6))
    add(list, (const struct sockaddr *)&in6, sizeof in6);
  return 0;
}

static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

int resolve_now(const struct address *a, struct sockaddr_list *out, struct error *e)
{
  int err;
  if (a->kind != ADDRESS_NAME) {
    err = from_literal(out, a);
    return err ? error_set(e, err, "resolve") : 0;
  }
  if (resolve_is_loopback(a->name)) {
    err = loopback(out, a->port);
    return err ? error_set(e, err, "resolve %s", a->name) : 0;
  }
  uv_loop_t loop;
  uv_getaddrinfo_t request;
  err = uv_loop_init(&loop);
  if (err)
    return error_set(e, err, "resolve %s", a->name);
  err = uv_getaddrinfo(&loop, &request, NULL, a->name, NULL, &hints);
  if (!err) {
    err = interleave(out, request.addrinfo, a->port);
    uv_freeaddrinfo(request.addrinfo);
    if (err)
      sockaddr_list_release(out);
  }
  uv_loop_close(&loop);
  return err ? error_set(e, err, "resolve %s", a->name) : 0;
}

static struct resolver_request *let_go(struct resolver *r)
{
  struct resolver_request *request = r->request;
  reactor_unhold(request->reactor);
  request->owner = NULL;
  r->request = NULL;
  return request;
}

static void looked_up(uv_getaddrinfo_t *uv, int status, struct addrinfo *found)
{
  struct resolver_request *request = container_of(uv, struct resolver_request, uv);
  struct resolver *r = request->owner;
  request->reactor->threads--;
  if (r) {
    struct sockaddr_list list = {0};
    if (request->loopback)
      status = loopback(&list, request->port);
    else if (status == 0)
      status = interleave(&list, found, request->port);
    if (status)
      sockaddr_list_release(&list);
    let_go(r);
    r->done(r, status, &list);
  }
  uv_freeaddrinfo(found);
  free(request);
}

int resolver_start(struct resolver *r, struct reactor *reactor, const struct address *a)
{
  if (!thread_work_has_threads(reactor))
    return UV_EAGAIN;
  struct resolver_request *request = calloc(1, sizeof *request);
  if (!request)
    return UV_ENOMEM;
  request->owner = r;
  request->reactor = reactor;
  request->port = a->port;
  request->loopback = resolve_is_loopback(a->name);
  /* A number asks nobody: `done` only has to run later. */
  const char *name = request->loopback ? "127.0.0.1" : a->name;
  int err = uv_getaddrinfo(&reactor->loop, &request->uv, looked_up, name, NULL, &hints);
  if (err) {
    free(request);
    return err;
  }
  r->request = request;
  reactor->threads++;
  reactor_hold(reactor);
  return 0;
}

void resolver_cancel(struct resolver *r)
{
  if (r->request)
    uv_cancel((uv_req_t *)&let_go(r)->uv); /* works only while no thread has begun it */
}
