/* The page that shows a folder. */
#ifndef ANET_LISTING_H
#define ANET_LISTING_H

#include "cmd/serve/tree.h"
#include "core/buffer.h"

#include <stdbool.h>

struct listing {
  const char *path;        /* of the folder below the root, decoded; empty for the root */
  bool json;               /* an array of objects instead of a page */
  bool hidden;             /* dotfiles too */
  bool upload;             /* with a form to send files */
  const struct tree *tree; /* says which links may be followed: others are left out */
};

/* Appends the page of the open folder `dir` to `out`; `dir` stays the caller's and its offset
 * moves. Folders come first, then in the order of the eye: digits by their value, letters whatever
 * their case, and byte by byte where that is the same. Entries that vanish on the way are left out;
 * only regular files and folders are shown. 0 or a negative errno. May be called on any thread. */
int listing_print(struct buffer *out, int dir, const struct listing *listing);

#endif
