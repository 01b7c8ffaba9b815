/* Media types by the extension of a name. */
#ifndef ANET_CMD_SERVE_MEDIA_TYPES_H
#define ANET_CMD_SERVE_MEDIA_TYPES_H

#include "core/base/error.h"

struct media_types; /* a table read from files, in front of the built-in one */

/* Reads /etc/mime.types if it is there, and `file`, whose lines win, unless it is NULL. NULL with
 * an error that names the file and, for a malformed line, its number. What is wrong with
 * /etc/mime.types is passed over: it is not the user's to mend. */
struct media_types *media_types_load(const char *file, struct error *e);

/* The same with another file, or none, in the place of /etc/mime.types. */
struct media_types *media_types_load_both(const char *system, const char *file, struct error *e);

void media_types_free(struct media_types *m);

/* The type of `name` (a path), with `; charset=utf-8` where it is text; application/octet-stream
 * when nobody knows. Letters' case does not matter. Valid as long as `m`. */
const char *media_types_find(const struct media_types *m, const char *name);

#endif
