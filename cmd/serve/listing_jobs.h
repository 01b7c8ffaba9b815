/* Listings in the making: other threads make them, two at a time, so that a large folder neither
 * holds up the loop nor keeps the threads from what else they are for; and those who ask for the
 * same folder at the same time share one page. */
#ifndef ANET_CMD_SERVE_LISTING_JOBS_H
#define ANET_CMD_SERVE_LISTING_JOBS_H

#include "cmd/serve/listing_page.h"
#include "core/base/list.h"
#include "core/stream/producer.h"

#include <sys/stat.h>

enum {
  LISTING_JOBS_AT_ONCE = 2,
  LISTING_JOBS_KEPT = 4,
  LISTING_JOBS_KEPT_MS = 1000, /* sizes and times may be that old, names never are */
};

/* A page, and what it shows. */
struct kept_listing {
  struct shared_bytes *bytes; /* NULL for none */
  struct stat st;
  bool json;
  uint64_t made_ms;
};

struct listing_jobs {
  struct reactor *reactor;
  struct list waiting;
  unsigned running;
  struct kept_listing kept[LISTING_JOBS_KEPT];
  size_t next; /* the one to give way */
};

/* Who waits for a page; lives in the owner. */
struct listing_request {
  struct listing_job *job; /* NULL when it does not wait */
  void (*done)(struct listing_request *r, struct shared_bytes *page, int err);
};

void listing_jobs_init(struct listing_jobs *l, struct reactor *r);

/* When nobody waits any more. */
void listing_jobs_release(struct listing_jobs *l);

/* Asks for the page of the open folder `dir`, which it owns from here on. `done` is called once,
 * perhaps before this returns, with a page that is borrowed, or with an error. `listing` is copied,
 * with its path. */
void listing_jobs_ask(struct listing_jobs *l, struct listing_request *r,
                      const struct listing *listing, int dir, const struct stat *st);

/* `done` will not be called. */
void listing_jobs_cancel(struct listing_request *r);

#endif
