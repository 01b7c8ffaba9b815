/* The files of one upload: received under temporary names, published together, and what became of
 * each. */
#ifndef ANET_CMD_SERVE_UPLOAD_FILES_H
#define ANET_CMD_SERVE_UPLOAD_FILES_H

#include "core/base/buffer.h"
#include "core/os/atomic_file.h"

/* A status, and a sentence without capital and dot. */
struct upload_refusal {
  unsigned status;
  const char *reason;
};

struct upload_file {
  struct list link;
  struct atomic_file *file;      /* NULL if it was refused before any of it was received */
  struct upload_refusal refusal; /* its status is 0 before it is published, and if it was stored */
  char name[];
};

struct upload_files {
  struct list list; /* in the order of the request */
  size_t count;
};

void upload_files_init(struct upload_files *files);

/* Frees them, and removes those that are not published. */
void upload_files_release(struct upload_files *files);

/* Adds a file that is received in the open folder `dir`, which is borrowed. NULL, and `*err` is a
 * negative errno: UV_EEXIST if the request has a file of that name already. */
struct atomic_file *upload_files_add(struct upload_files *files, int dir, const char *name,
                                     int *err);

/* Adds one that is not received, and only named with its refusal at the end. 0 or UV_ENOMEM. */
int upload_files_add_refused(struct upload_files *files, const char *name,
                             struct upload_refusal refusal);

/* The first file that is received; NULL if there is none. */
struct atomic_file *upload_files_first(const struct upload_files *files);

/* Publishes every file that can be. NULL, or the first refusal. */
const struct upload_refusal *upload_files_publish(struct upload_files *files, bool overwrite);

/* Appends what became of each file: a page, or an array of JSON objects with `name` and either
 * `size` or `error`. 0 or UV_ENOMEM. */
int upload_files_print(struct buffer *out, const struct upload_files *files, bool json);

/* What a negative errno of the file system means for the client. */
struct upload_refusal upload_refusal_of(int err);

#endif
