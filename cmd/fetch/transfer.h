/* One URL, from its connection to its end: redirects and retries in between. */
#ifndef ANET_FETCH_TRANSFER_H
#define ANET_FETCH_TRANSFER_H

#include "cmd/fetch/answer.h"
#include "cmd/fetch/fetch.h"
#include "cmd/fetch/output.h"
#include "core/connect.h"
#include "core/http/client.h"
#include "core/http/url.h"
#include "core/timer.h"

struct exchange;

/* When the steps were reached, by uv_hrtime; 0 for those that were not. */
struct transfer_times {
  uint64_t begun, resolved, connected, sent, first_byte, ended;
};

struct transfer {
  struct fetch *fetch;
  const char *text;       /* the URL as it was given */
  char *path;             /* of the file; NULL for stdout */
  struct http_url origin; /* that URL */
  struct http_url url;    /* where redirects have led */
  struct http_url proxy;
  struct address address; /* of a unix socket to ask instead of the host; size 0 for none */
  const char *method;     /* of the next request */
  bool sends_body;        /* it has one */
  bool has_proxy;

  struct connector connector;
  struct exchange *exchange; /* the one under way; NULL for none */
  struct output output;
  struct answer answer;
  struct timer stall, deadline, pause;
  struct progress_line line;
  bool asks_rest;    /* the request is for what follows a part */
  bool starts_over;  /* the part that is there is of no use */
  char *validator;   /* that the answer came with; NULL for none */
  uint64_t moved_ms; /* when a slow output last took something, in reactor_now_ms's time */

  unsigned redirects, retries, status, minor;
  uint64_t head_bytes, body_bytes, written_bytes, sent_bytes;
  struct buffer head; /* of the last answer; kept only for a report */
  char remote[ADDRESS_TEXT_SIZE], local[ADDRESS_TEXT_SIZE]; /* the same */
  struct transfer_times times;

  bool over;
  int code; /* an exit code, or minus a signal */
  struct error error;
};

/* Reads the URL. `path` is the file for it, which it owns from here on, or NULL for stdout.
 * `socket` may be NULL, else where to connect whatever the URL says. EXIT_DONE; or an exit code
 * with t->error. transfer_release frees in any case, after the loop is released. */
int transfer_init(struct transfer *t, struct fetch *f, const char *text, char *path,
                  const struct address *socket);

/* Begins. fetch.over runs later, or before this returns. */
void transfer_start(struct transfer *t);

/* Ends it with `code`, minus a signal, without a word; what there is of its file is given up. */
void transfer_cancel(struct transfer *t, int code);

void transfer_release(struct transfer *t);

#endif
