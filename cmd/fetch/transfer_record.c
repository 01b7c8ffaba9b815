#include "cmd/fetch/transfer_record.h"

#include "core/base/log.h"
#include "core/os/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { LONGEST_SHOWN = 200 }; /* bytes of a URL in an error line */

void transfer_record_init(struct transfer_record *r)
{
  *r = (struct transfer_record){.begun_ns = uv_hrtime()};
}

void transfer_record_release(struct transfer_record *r)
{
  buffer_release(&r->head);
}

void transfer_record_restart(struct transfer_record *r)
{
  r->remote[0] = r->local[0] = '\0';
  r->report.resolved_ns = r->report.connected_ns = 0;
  r->report.sent_ns = r->report.first_byte_ns = 0;
}

uint64_t transfer_record_since(const struct transfer_record *r, uint64_t when_ns)
{
  return when_ns ? when_ns - r->begun_ns : 0;
}

void transfer_record_peer(struct transfer_record *r, int fd)
{
  struct sockaddr_storage sa;
  socklen_t size;
  if (socket_peer(fd, &sa, &size) == 0)
    address_format(r->remote, (struct sockaddr *)&sa, size);
  if (socket_name(fd, &sa, &size) == 0)
    address_format(r->local, (struct sockaddr *)&sa, size);
  log_event(LOG_DEBUG, "connected",
            (const struct log_field[]){{.name = "to", .text = r->remote}, {0}});
}

void transfer_record_response(struct transfer_record *r, const struct http_response *response,
                              const struct buffer *head, bool keeps_head)
{
  r->report.status = response->status;
  r->report.minor = response->minor;
  buffer_release(&r->head);
  if (keeps_head)
    buffer_append(&r->head, buffer_data(head), head->length);
}

void transfer_record_exchange(struct transfer_record *r, const struct fetch_exchange *x)
{
  r->report.sent_bytes += fetch_exchange_body_sent(x);
  r->report.head_bytes += x->head_bytes;
  r->report.body_bytes = x->client.reader.body;
  r->report.sent_ns = transfer_record_since(r, x->client.sent_ns);
  r->report.first_byte_ns = transfer_record_since(r, x->client.first_byte_ns);
}

char *transfer_url_text(const struct http_url *u)
{
  struct buffer text = {0};
  if (http_url_print(&text, u) == 0)
    return buffer_take_text(&text);
  buffer_release(&text);
  return NULL;
}

void transfer_log_error(const struct http_url *u, const struct error *e)
{
  char *url = transfer_url_text(u);
  bool cut = url && strlen(url) > LONGEST_SHOWN;
  log_error("%.*s%s: %s", LONGEST_SHOWN, url ? url : "URL", cut ? "..." : "", e->text);
  free(url);
}

void transfer_log_retry(const struct http_url *u, uint64_t delay_ms, const struct error *e)
{
  char *url = transfer_url_text(u), delay[32];
  snprintf(delay, sizeof delay, "%.3g s", (double)delay_ms / 1000);
  struct log_field in = {.name = "in", .text = delay};
  if (log_is_json())
    in = (struct log_field){.name = "in_seconds", .number = delay_ms, .milli = true};
  log_event(
      LOG_INFO, "retry",
      (const struct log_field[]){
          {.name = "of", .text = url ? url : "URL"}, in, {.name = "after", .text = e->text}, {0}});
  free(url);
}
