/* One request on one connection, and its response as far as the saver. Redirects, retries and files
 * are unknown here. */
#ifndef ANET_CMD_FETCH_EXCHANGE_H
#define ANET_CMD_FETCH_EXCHANGE_H

#include "cmd/fetch/body_saver.h"
#include "cmd/fetch/failure.h"
#include "core/http/client.h"

struct fetch_exchange;

/* Each of them may close the exchange; it is closed after `whole` and `failed`. */
struct fetch_exchange_ops {
  /* The response head has come. True: the saver is open, and the body goes to it. False: the
   * exchange is to be closed, or is closed. */
  bool (*head)(struct fetch_exchange *x, const struct http_response *r);

  void (*moved)(struct fetch_exchange *x); /* more of the body came */
  void (*whole)(struct fetch_exchange *x); /* the saver has all of the body */
  void (*failed)(struct fetch_exchange *x, const struct failure *f);
};

/* Made by fetch_exchange_start; the loop frees it after it is closed. */
struct fetch_exchange {
  struct http_client client;
  const struct fetch_exchange_ops *ops;
  void *owner;
  struct body_saver *saver;
  bool shows_secrets; /* in the log */
  bool as_it_comes;   /* the saver gets heads and chunked framing too, and is open from the start */
  uint64_t expected;  /* the length that the body must have besides its framing, or UINT64_MAX.
                       * The owner sets it, in `head` */
  bool is_exact;      /* likewise: a shorter body is wrong, and not cut short */
  size_t request_length; /* of the request head */
  uint64_t head_bytes;   /* received, of all heads */
};

/* Takes over the connection of `winner` and sends `request`, a whole request head, then the
 * producers of `body`, which it takes off that list. `to_head`: the method is HEAD. Sets `*place`
 * before it runs any handler, which may be within this call. 0; or UV_ENOMEM with nothing done. */
int fetch_exchange_start(struct fetch_exchange **place, struct dispatcher *winner,
                         struct span request, struct list *body, bool to_head,
                         struct body_saver *saver, bool as_it_comes, bool shows_secrets,
                         const struct fetch_exchange_ops *ops, void *owner);

/* Reads on, since the saver has room. */
static inline void fetch_exchange_resume(struct fetch_exchange *x)
{
  http_client_changed(&x->client);
}

/* The bytes of the request body that were sent. */
static inline uint64_t fetch_exchange_body_sent(const struct fetch_exchange *x)
{
  uint64_t sent = x->client.chat.sent;
  return sent > x->request_length ? sent - x->request_length : 0;
}

/* Closes it; none of its handlers runs afterwards. */
static inline void fetch_exchange_close(struct fetch_exchange *x)
{
  http_client_close(&x->client);
}

#endif
