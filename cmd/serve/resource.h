/* A file as it is served: open or read, with the head of its answer ready. */
#ifndef ANET_CMD_SERVE_RESOURCE_H
#define ANET_CMD_SERVE_RESOURCE_H

#include "cmd/serve/document_root.h"
#include "cmd/serve/media_types.h"
#include "core/base/list.h"
#include "core/stream/producer.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  RESOURCE_ETAG_SIZE = 64,
  RESOURCE_SMALL_FILE = 64 * 1024, /* up to it the bytes are kept, not the descriptor */
};

/* How a file beside the asked-for one is encoded (RFC 9110 8.4.1); in the order of preference. */
enum coding { CODING_NONE, CODING_BR, CODING_ZSTD, CODING_GZIP, CODINGS };

extern const char *const coding_names[CODINGS];

struct resource {
  struct list used, chain; /* for the cache */
  uint64_t hash, checked_ms, loaded_ms;
  struct stat st;
  struct shared_bytes *bytes; /* all of a small file, or NULL */
  struct shared_file *file;   /* else */
  enum coding coding;
  unsigned variants; /* bit CODING for each encoded file beside this one, no older than it */
  char etag[RESOURCE_ETAG_SIZE];
  const char *type;
  char *lines; /* the field lines of a 200: Content-Length first, then those of every answer */
  size_t length_line, lines_length;
  size_t path_length;
  char path[]; /* what was asked for: without the coding's suffix */
};

/* What entries are made of; borrowed. */
struct resource_source {
  const struct document_root *root;
  const struct media_types *types;
  const char *control; /* the Cache-Control line of each file, or an empty string */
};

/* The strong validator of a file (RFC 9110 8.8.3), with its quotes: inode, size and mtime to the
 * nanosecond. */
void resource_etag(char out[RESOURCE_ETAG_SIZE], const struct stat *st);

/* Opens the file at `path` in that coding. NULL, and `*err` is a negative errno: UV_EISDIR for a
 * folder, else as document_root_open_path. */
struct resource *resource_open(const struct resource_source *source, const char *path,
                               size_t length, enum coding coding, int *err);

/* NULL does nothing. Answers that are under way keep what they need of it. */
void resource_free(struct resource *r);

/* Whether the file, and the encoded ones beside it, are still what they were. */
bool resource_still_holds(const struct resource_source *source, struct resource *r);

/* Whether its open file is still as it was; of one that was read it is not known. */
bool resource_is_same_file(const struct resource *r);

#endif
