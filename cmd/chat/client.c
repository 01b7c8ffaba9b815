#include "cmd/chat/chat.h"
#include "cmd/echo.h"

int chat_join(const struct chat_options *o, const struct address *peer)
{
  const struct echo_options join = {.connect_timeout_ms = o->connect_timeout_ms};
  return echo_join(&join, peer);
}
