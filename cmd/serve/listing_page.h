/* The page that shows a folder. */
#ifndef ANET_CMD_SERVE_LISTING_PAGE_H
#define ANET_CMD_SERVE_LISTING_PAGE_H

#include "cmd/serve/folder_entries.h"
#include "core/base/buffer.h"

/* Appends the page of the open folder `dir` to `out`; `dir` stays the caller's, and as it was.
 * Folders come first; names are in natural order. Only regular files and folders are shown. What
 * vanishes meanwhile, or cannot be examined, is left out. 0 or a negative errno; after
 * UV_ENOMEM a part of the page may have been appended. May be called on any thread, several times
 * at once. */
int listing_page_print(struct buffer *out, int dir, const struct listing *listing);

#endif
