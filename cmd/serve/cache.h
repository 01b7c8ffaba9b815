/* The files served lately: open, with their field lines ready, small ones with their bytes. After
 * CACHE_CHECK_MS a stat checks that a file is unchanged.
 *
 * A stat and not inotify: that needs a watch for each folder, tells nothing of network file systems
 * or of what a link leads to, and comes late, through the loop. A stat for each file and window
 * costs a few microseconds a second. */
#ifndef ANET_CMD_SERVE_CACHE_H
#define ANET_CMD_SERVE_CACHE_H

#include "cmd/serve/resource.h"

#include <stdatomic.h>
#include <stdint.h>

enum {
  CACHE_CHECK_MS = 10,
  CACHE_VARIANTS_MS = 100, /* whether compressed versions came or went: the file itself is right */
  CACHE_READ_MS = 200,     /* then bytes are read again: a write by mmap may not change the mtime */
  CACHE_MOST_BYTES = 16 * 1024 * 1024,
  CACHE_MOST_RESOURCES = 1024,
  CACHE_MOST_FILES = 64, /* open descriptors */
  CACHE_BUCKETS = 2048,
};

struct cache {
  struct resource_source source;
  const atomic_uint *writes;
  struct list used;
  size_t count, files, bytes, most_files;
  struct resource *fresh; /* the last one, if it was too young to be kept */
  struct list buckets[CACHE_BUCKETS];
};

/* How many descriptors a cache may hold: a sixteenth of the process's limit. */
size_t cache_most_files(void);

/* `writes` counts what the server itself has published; borrowed, and shared by the caches of all
 * reactors. What was checked at an earlier count is checked again before it is used, under whatever
 * name or link it is kept: an acknowledged upload is seen at once. */
void cache_init(struct cache *c, const struct resource_source *source, const atomic_uint *writes);
void cache_release(struct cache *c);

/* The file at `path` in that coding, at most CACHE_CHECK_MS out of date and never older than
 * the last published file; valid until the next call.
 * NULL, and `*err` is a negative errno: UV_EISDIR for a folder, else as document_root_open_path. */
const struct resource *cache_get(struct cache *c, const char *path, size_t length,
                                 enum coding coding, uint64_t now_ms, int *err);

#endif
