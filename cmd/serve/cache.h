/* The files that are served now: open, with their heads ready, and the small ones with their bytes.
 * An entry is believed for CACHE_CHECK_MS; then one stat tells whether it still holds. */
#ifndef ANET_CMD_SERVE_CACHE_H
#define ANET_CMD_SERVE_CACHE_H

#include "cmd/serve/resource.h"

#include <stdint.h>

enum {
  CACHE_CHECK_MS = 100,
  CACHE_READ_MS = 2000, /* bytes are read again after it: a write by mmap may leave no trace */
  CACHE_MOST_BYTES = 16 * 1024 * 1024,
  CACHE_MOST_RESOURCES = 1024,
  CACHE_MOST_FILES = 64, /* open descriptors */
  CACHE_BUCKETS = 2048,
};

struct cache {
  struct resource_source source;
  struct list used;
  size_t count, files, bytes, most_files;
  struct resource *fresh; /* too young to be kept; see cache_get */
  struct list buckets[CACHE_BUCKETS];
};

/* How many descriptors it may hold: one in sixteen of what the process may have. */
size_t cache_most_files(void);

void cache_init(struct cache *c, const struct resource_source *source);
void cache_release(struct cache *c);

/* The file at `path` in that coding, as it was at most CACHE_CHECK_MS ago: valid until the next
 * call. NULL, and `*err` is a negative errno: UV_EISDIR for a folder, else as
 * document_root_open_path. */
const struct resource *cache_get(struct cache *c, const char *path, size_t length,
                                 enum coding coding, uint64_t now_ms, int *err);

#endif
