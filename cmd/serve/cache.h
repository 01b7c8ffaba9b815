/* The files that are served now: open, with their heads ready, and the small ones with their bytes.
 * An entry is believed for CACHE_CHECK_MS; then one stat tells whether it still holds. */
#ifndef ANET_CACHE_H
#define ANET_CACHE_H

#include "cmd/serve/media.h"
#include "cmd/serve/tree.h"
#include "core/list.h"
#include "core/producer.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  ETAG_SIZE = 64,
  CACHE_CHECK_MS = 100,
  CACHE_SMALL_FILE = 64 * 1024, /* up to it the bytes are kept, not the descriptor */
  CACHE_MOST_BYTES = 16 * 1024 * 1024,
  CACHE_MOST_ENTRIES = 1024,
  CACHE_MOST_FILES = 64, /* open descriptors */
  CACHE_BUCKETS = 2048,
};

/* How a file beside the asked-for one is encoded (RFC 9110 8.4.1); in the order of preference. */
enum coding { CODING_NONE, CODING_BR, CODING_ZSTD, CODING_GZIP, CODINGS };

extern const char *const coding_names[CODINGS];

struct cache_entry {
  struct list used;  /* least recently used first */
  struct list chain; /* of its bucket */
  uint64_t hash;
  uint64_t checked_ms;
  struct stat st;
  struct shared_bytes *bytes; /* all of a small file, or NULL */
  struct shared_file *file;   /* else */
  enum coding coding;
  unsigned variants; /* bit CODING for each encoded file beside this one, no older than it */
  char etag[ETAG_SIZE];
  const char *type;
  char *lines; /* the field lines of a 200: Content-Length first, then those of every answer */
  size_t length_line, lines_length;
  size_t path_length;
  char path[]; /* what was asked for: without the coding's suffix */
};

struct cache {
  const struct tree *tree;
  const struct media_types *types;
  const char *control; /* the Cache-Control line of each file, or an empty string */
  struct list used;
  size_t count, files, bytes, most_files;
  struct cache_entry *fresh; /* too young to be kept; see cache_get */
  struct list buckets[CACHE_BUCKETS];
};

/* The strong validator of a file (RFC 9110 8.8.3), with its quotes: inode, size and mtime to the
 * nanosecond. */
void etag_print(char out[ETAG_SIZE], const struct stat *st);

/* `control` is borrowed. */
void cache_init(struct cache *c, const struct tree *tree, const struct media_types *types,
                const char *control);
void cache_release(struct cache *c);

/* The file at `path` in that coding, as it was at most CACHE_CHECK_MS ago: valid until the next
 * call. NULL, and `*err` is a negative errno: UV_EISDIR for a folder, else as tree_open_path. */
const struct cache_entry *cache_get(struct cache *c, const char *path, size_t length,
                                    enum coding coding, uint64_t now_ms, int *err);

#endif
