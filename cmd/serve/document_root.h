/* The folder that is served: opening what a path names beneath it, and nothing else. */
#ifndef ANET_CMD_SERVE_DOCUMENT_ROOT_H
#define ANET_CMD_SERVE_DOCUMENT_ROOT_H

#include "core/base/error.h"

#include <stdbool.h>
#include <sys/stat.h>

/* Where symbolic links may lead. */
enum link_policy {
  LINKS_INSIDE, /* anywhere beneath the root; also by an absolute path */
  LINKS_NONE,   /* no link is followed, in any component */
  LINKS_ALL,    /* anywhere */
};

struct document_root {
  int fd;      /* the folder */
  char *real;  /* its absolute path, without links */
  char *only;  /* the one file that is served, or NULL for all of the folder; */
  char *shown; /* and what it was called: another name when that was a link's */
  enum link_policy links;
  bool hidden;     /* dotfiles are served */
  bool no_openat2; /* the kernel has it not (or a test says so): component by component */
};

/* Opens the folder, or the folder that the file is in. 0; or a negative errno with an error that
 * names `path`: not there, neither file nor folder, not readable. */
int document_root_open(struct document_root *root, const char *path, enum link_policy links,
                       bool hidden, struct error *e);
void document_root_close(struct document_root *root);

/* Opens `path` (no slash at either end, no dot segments; empty is the root) for reading, and fills
 * `st`. A descriptor of a regular file or a folder, non-blocking and closed on exec. UV_ENOENT for
 * what is not there, what is something else (never opened for long: a FIFO or a device does no
 * harm), a link that leads where it may not; UV_EACCES for what may not be read; UV_ENOTDIR,
 * UV_ENAMETOOLONG, UV_EMFILE and so on as they are. Whether dotfiles are asked for is the caller's
 * to look at (http_path's hidden). */
int document_root_open_path(const struct document_root *root, const char *path, struct stat *st);

/* The same, without opening it: 0 or a negative errno. */
int document_root_stat(const struct document_root *root, const char *path, struct stat *st);

/* Whether what `path` names now is still what `st` says: the same device, inode, size, mode, mtime
 * and ctime, to the nanosecond. Cheap: one system call. */
bool document_root_is_unchanged(const struct document_root *root, const char *path,
                                const struct stat *st);

#endif
