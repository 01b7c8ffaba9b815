/* A file ready to be served: open or read, with the field lines of its response. */
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
  /* Up to this size the bytes are kept, not the descriptor. A copy of 32 KiB costs more than
   * sendfile(2) does, but what was copied does not change while it is sent. */
  RESOURCE_SMALL_FILE = 64 * 1024,
};

/* The coding of a precompressed file (RFC 9110 8.4.1), in order of preference. */
enum coding { CODING_NONE, CODING_BR, CODING_ZSTD, CODING_GZIP, CODINGS };

extern const char *const coding_names[CODINGS];

struct resource {
  struct list used, chain; /* for the cache */
  uint64_t hash, checked_ms, varied_ms, loaded_ms;
  unsigned writes; /* how many files had been published when it was checked */
  struct stat st;
  struct shared_bytes *bytes; /* all of a small file, else NULL */
  struct shared_file *file;   /* of a large file, else NULL */
  enum coding coding;
  bool future;       /* its mtime had not come yet: `lines` has no Last-Modified */
  unsigned variants; /* a bit for each coding that has a file beside this one, not older than it */
  char etag[RESOURCE_ETAG_SIZE];
  const char *type;
  char *lines; /* the field lines of a 200; Content-Length comes first, then Content-Type */
  size_t length_line, lines_length;
  size_t path_length;
  char path[]; /* without the suffix of the coding */
};

/* What a resource is made from; borrowed. */
struct resource_source {
  const struct document_root *root;
  const struct media_types *types;
  const char *control; /* the Cache-Control line of each file, or empty */
};

/* The strong ETag of a file (RFC 9110 8.8.3), in quotes: inode, size and mtime in nanoseconds. */
void resource_etag(char out[RESOURCE_ETAG_SIZE], const struct stat *st);

/* Opens the file at `path` in that coding. NULL, and `*err` is a negative errno: UV_EISDIR for a
 * folder, else as document_root_open_path. */
struct resource *resource_open(const struct resource_source *source, const char *path,
                               size_t length, enum coding coding, int *err);

/* NULL does nothing. Responses under way keep the bytes or the file they need. */
void resource_free(struct resource *r);

/* Whether the file is unchanged, and its precompressed versions if `variants`. */
bool resource_still_holds(const struct resource_source *source, struct resource *r, bool variants);

/* Whether the open file is unchanged; true if it was read, not opened. */
bool resource_is_same_file(const struct resource *r);

#endif
