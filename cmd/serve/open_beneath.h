/* Opening a path beneath a folder name by name, where the kernel cannot do it in one call. */
#ifndef ANET_CMD_SERVE_OPEN_BENEATH_H
#define ANET_CMD_SERVE_OPEN_BENEATH_H

#include <stdbool.h>

/* Opens `path` beneath the folder `root`, whose absolute path without links is `real`, with the
 * flags of open(2). Symbolic links are followed when `links` says so, as far as they stay beneath
 * the root, also those that say its absolute path. A descriptor; or a negative errno: UV_EXDEV for
 * what leads out, UV_ELOOP for a link that is not to be followed and for too many, UV_EAGAIN when
 * the path changed on the way. */
int open_beneath(int root, const char *real, const char *path, bool links, int flags);

#endif
