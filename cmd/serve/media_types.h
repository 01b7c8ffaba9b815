/* Media types by the extension of a name. */
#ifndef ANET_CMD_SERVE_MEDIA_TYPES_H
#define ANET_CMD_SERVE_MEDIA_TYPES_H

#include "core/base/error.h"

struct media_types; /* the built-in table, and what was read from files */

/* Reads /etc/mime.types, if it exists, and `file`, unless it is NULL; the lines of `file` win. NULL
 * with an error that names the file and the number of a malformed line. Errors in /etc/mime.types
 * are ignored: the user may not be able to mend them. */
struct media_types *media_types_load(const char *file, struct error *e);

/* The same with `system` instead of /etc/mime.types; NULL for none. */
struct media_types *media_types_load_both(const char *system, const char *file, struct error *e);

void media_types_free(struct media_types *m);

/* The type of the path `name`, with `; charset=utf-8` for text; application/octet-stream if it is
 * unknown. Case does not matter. Valid as long as `m`. */
const char *media_types_find(const struct media_types *m, const char *name);

/* The coding (RFC 9110 8.4.1) of the path `name`, where its type is that of the content without it:
 * `gzip` for a .svgz that is image/svg+xml. NULL for all others: a .tgz has a type of its own. */
const char *media_types_coding(const struct media_types *m, const char *name);

#endif
