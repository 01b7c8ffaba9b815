/* The transfers of one run: in what order they begin, and what comes of them all. */
#ifndef ANET_FETCH_RUN_H
#define ANET_FETCH_RUN_H

#include "cmd/fetch/fetch.h"
#include "core/address.h"

#include <stddef.h>

/* Fetches `count` URLs, options->parallel at once; `paths` are the files for them, each NULL for
 * stdout, which it owns from here on. `socket` may be NULL: see transfer_init. Returns the exit
 * code of the first that failed, in the order of the URLs; or minus a signal. */
int fetch_run(const struct fetch_options *o, const struct fetch_body *body, bool raw,
              const char *const *urls, char **paths, size_t count, const struct address *socket);

#endif
