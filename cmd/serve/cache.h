/* The files served lately: open, with their field lines ready, small ones with their bytes. After
 * CACHE_CHECK_MS one stat checks that a file is unchanged. */
#ifndef ANET_CMD_SERVE_CACHE_H
#define ANET_CMD_SERVE_CACHE_H

#include "cmd/serve/resource.h"

#include <stdint.h>

enum {
  CACHE_CHECK_MS = 100,
  CACHE_READ_MS = 2000, /* then bytes are read again: a write by mmap may not change the mtime */
  CACHE_MOST_BYTES = 16 * 1024 * 1024,
  CACHE_MOST_RESOURCES = 1024,
  CACHE_MOST_FILES = 64, /* open descriptors */
  CACHE_BUCKETS = 2048,
};

struct cache {
  struct resource_source source;
  struct list used;
  size_t count, files, bytes, most_files;
  struct resource *fresh; /* the last one, if it was too young to be kept */
  struct list buckets[CACHE_BUCKETS];
};

/* How many descriptors a cache may hold: a sixteenth of the process's limit. */
size_t cache_most_files(void);

void cache_init(struct cache *c, const struct resource_source *source);
void cache_release(struct cache *c);

/* The file at `path` in that coding, at most CACHE_CHECK_MS out of date; valid until the next call.
 * NULL, and `*err` is a negative errno: UV_EISDIR for a folder, else as document_root_open_path. */
const struct resource *cache_get(struct cache *c, const char *path, size_t length,
                                 enum coding coding, uint64_t now_ms, int *err);

#endif
