/* The entries of a folder that its listing shows. */
#ifndef ANET_CMD_SERVE_FOLDER_ENTRIES_H
#define ANET_CMD_SERVE_FOLDER_ENTRIES_H

#include "cmd/serve/document_root.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a listing shows, and how. */
struct listing {
  const char *path;                 /* of the folder below the root, decoded; empty for the root */
  const struct document_root *root; /* links are shown as what opens there, and left out where
                                     * nothing does; all are left out when it is NULL */
  bool json;                        /* an array of objects instead of a page */
  bool hidden;                      /* dotfiles too */
  bool upload;                      /* with a form to send files */
};

struct folder_entry {
  char *name;
  bool folder;
  uint64_t size;
  int64_t modified; /* seconds since 1970 */
};

struct folder_entries {
  struct folder_entry *list;
  size_t count, room;
};

/* Reads the entries of the open folder `dir` that `listing` shows, in the order shown. The position
 * of `dir` does not change. 0; or a negative errno, and there is nothing to release. */
int folder_entries_read(struct folder_entries *entries, int dir, const struct listing *listing);
void folder_entries_release(struct folder_entries *entries);

#endif
