#include "core/http/exchange.h"

#include <stdlib.h>

void http_exchange_begin(struct http_exchange *x, uint64_t now_ms, uint64_t sent)
{
  x->responded = x->slow = false;
  x->status = 0;
  x->head_length = 0;
  x->sent_before = sent;
  x->begun_ms = now_ms;
}

void http_exchange_end(struct http_exchange *x, const struct http_exchange_ops *ops,
                       uint64_t now_ms, uint64_t sent)
{
  uint64_t n = sent - x->sent_before;
  const struct http_outcome o = {
      .status = x->status,
      .bytes = n > x->head_length ? n - x->head_length : 0,
      .ms = now_ms - x->begun_ms,
  };
  if (ops->end)
    ops->end(x, &o);
  x->context = NULL;
}

bool http_exchange_can_keep(const struct http_exchange *x)
{
  const struct http_body *b = x->body;
  if (!b)
    return true;
  if (b->wanted || b->expects_continue)
    return false;
  return b->chunked || b->left <= HTTP_DROPPED_BODY;
}

void http_exchange_release(struct http_exchange *x)
{
  free(x->body);
  x->body = NULL;
}
