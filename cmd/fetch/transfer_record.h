/* What a transfer remembers for its report, and what it says on stderr. */
#ifndef ANET_CMD_FETCH_TRANSFER_RECORD_H
#define ANET_CMD_FETCH_TRANSFER_RECORD_H

#include "cmd/fetch/exchange.h"
#include "cmd/fetch/report.h"
#include "core/http/message/url.h"
#include "core/net/address.h"

struct transfer_record {
  struct report report; /* its numbers; the texts are added when it is printed */
  uint64_t begun_ns;
  struct buffer head; /* of the last response; only where a report is wanted */
  char remote[ADDRESS_TEXT_SIZE], local[ADDRESS_TEXT_SIZE]; /* empty where unknown */
};

/* Begins the record, and the clock of its times. */
void transfer_record_init(struct transfer_record *r);
void transfer_record_release(struct transfer_record *r);

/* A new try or redirect: forgets the addresses and times of the last one. */
void transfer_record_restart(struct transfer_record *r);

/* `when_ns`, of uv_hrtime, as time since the beginning; 0 stays 0. */
uint64_t transfer_record_since(const struct transfer_record *r, uint64_t when_ns);

/* The addresses of a connected socket, which are also logged at LOG_DEBUG. */
void transfer_record_peer(struct transfer_record *r, int fd);

/* The status of a response, and its head, if `keeps_head`. */
void transfer_record_response(struct transfer_record *r, const struct http_response *response,
                              const struct buffer *head, bool keeps_head);

/* The sizes and times of an exchange that ends. */
void transfer_record_exchange(struct transfer_record *r, const struct fetch_exchange *x);

/* The URL without its password, to be freed; NULL without memory. */
char *transfer_url_text(const struct http_url *u);

/* Logs the error of a transfer of `u`. A long URL is cut, so that the reason stays in sight. */
void transfer_log_error(const struct http_url *u, const struct error *e);

/* Logs that `u` is tried again after `delay_ms`, because of `e`. */
void transfer_log_retry(const struct http_url *u, uint64_t delay_ms, const struct error *e);

#endif
