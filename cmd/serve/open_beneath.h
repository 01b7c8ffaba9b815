/* Opens a path beneath a folder name by name, where the kernel cannot do it in one call. */
#ifndef ANET_CMD_SERVE_OPEN_BENEATH_H
#define ANET_CMD_SERVE_OPEN_BENEATH_H

#include <stdbool.h>

/* Opens `path` beneath the folder `root`, whose absolute path without links is `real`, with the
 * flags of open(2). With `links`, symbolic links are followed as long as they stay beneath the
 * root, also those with an absolute path. Returns a descriptor; or a negative errno: UV_EXDEV if
 * the path leads outside, UV_ELOOP for a link that may not be followed and for too many links,
 * UV_EAGAIN if the path changed meanwhile. */
int open_beneath(int root, const char *real, const char *path, bool links, int flags);

#endif
