#include "core/net/resolve.h"

#include "core/event/thread_work.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct resolver_request {
  uv_getaddrinfo_t uv;
  struct resolver *owner; /* NULL once it is cancelled */
  struct reactor *reactor;
  uint16_t port;
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

static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

int resolve_now(const struct address *a, struct sockaddr_list *out, struct error *e)
{
  int err;
  if (a->kind != ADDRESS_NAME) {
    err = from_literal(out, a);
    return err ? error_set(e, err, "resolve") : 0;
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
    if (status == 0)
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
  int err = uv_getaddrinfo(&reactor->loop, &request->uv, looked_up, a->name, NULL, &hints);
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
