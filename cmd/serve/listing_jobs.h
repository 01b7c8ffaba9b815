/* Listings are made by other threads, so that a large folder does not stop the loop; two at a time,
 * so that threads are left for other work. Requests for the same folder share a page. */
#ifndef ANET_CMD_SERVE_LISTING_JOBS_H
#define ANET_CMD_SERVE_LISTING_JOBS_H

#include "cmd/serve/listing_page.h"
#include "core/base/list.h"
#include "core/stream/producer.h"

#include <stdatomic.h>
#include <sys/stat.h>

enum {
  LISTING_JOBS_AT_ONCE = 2,
  LISTING_JOBS_KEPT = 4,
  LISTING_JOBS_KEPT_MS = 100, /* sizes and times may be that old; names never are */
};

/* A page that is kept, and the folder it shows. */
struct kept_listing {
  struct shared_bytes *bytes; /* NULL if the place is free */
  struct stat st;
  bool json;
  unsigned writes; /* as in struct resource */
  uint64_t made_ms;
};

struct listing_jobs {
  struct reactor *reactor;
  const atomic_uint *writes;
  uint64_t kept_ms; /* LISTING_JOBS_KEPT_MS */
  struct list waiting;
  unsigned running;
  struct kept_listing kept[LISTING_JOBS_KEPT];
  size_t next; /* the place for the next page */
};

/* A request for a page; part of its owner. */
struct listing_request {
  struct listing_job *job; /* NULL unless it waits */
  void (*done)(struct listing_request *r, struct shared_bytes *page, int err);
};

/* `writes` as in cache.h: no page is older than the last published file. */
void listing_jobs_init(struct listing_jobs *l, struct reactor *r, const atomic_uint *writes);

/* All requests must be done or cancelled, and no job may run (reactor_release says so). */
void listing_jobs_release(struct listing_jobs *l);

/* Asks for the page of the open folder `dir`, which it takes over; `st` is its state. `done` is
 * called once, perhaps before this returns, with a borrowed page, or with NULL and a negative
 * errno. `listing` is copied, with its path. */
void listing_jobs_ask(struct listing_jobs *l, struct listing_request *r,
                      const struct listing *listing, int dir, const struct stat *st);

/* `done` will not be called. */
void listing_jobs_cancel(struct listing_request *r);

#endif
