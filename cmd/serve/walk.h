/* A path resolved beneath a folder without the kernel's help, component by component. */
#ifndef ANET_WALK_H
#define ANET_WALK_H

#include "cmd/serve/tree.h"

/* As tree_open_path, for TREE_LINKS_INSIDE and TREE_LINKS_NONE: a descriptor for reading of the
 * regular file or folder that `path` names, with its links followed where they lead beneath the
 * root; or a negative errno. */
int walk(const struct tree *t, const char *path);

#endif
