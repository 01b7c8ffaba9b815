#include "cmd/serve/resource.h"

#include "cmd/serve/file_time.h"
#include "core/base/buffer.h"
#include "core/http/message/date.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum {
  READ_ATTEMPTS = 3,
  LONGEST_SUFFIX = 4,
};

const char *const coding_names[CODINGS] = {"identity", "br", "zstd", "gzip"};

static const char *const suffixes[CODINGS] = {"", ".br", ".zst", ".gz"};

void resource_free(struct resource *r)
{
  if (!r)
    return;
  if (r->bytes)
    shared_bytes_drop(r->bytes);
  if (r->file)
    shared_file_drop(r->file);
  free(r->lines);
  free(r);
}

/* Reads all of a small file. A write meanwhile shows in its mtime or size. */
static int read_all(struct resource *r, int fd)
{
  for (int i = 0; i < READ_ATTEMPTS; i++) {
    struct stat after;
    size_t size = (size_t)r->st.st_size;
    struct shared_bytes *b = shared_bytes_room(size + 1);
    if (!b)
      return UV_ENOMEM;
    b->length = size;
    ssize_t n = pread(fd, b->data, size + 1, 0);
    if (n == (ssize_t)size && fstat(fd, &after) == 0 && after.st_size == r->st.st_size &&
        file_time_is_same(after.st_mtim, r->st.st_mtim)) {
      r->bytes = b;
      return 0;
    }
    shared_bytes_drop(b);
    if (n < 0)
      return -errno;
    if (fstat(fd, &r->st) < 0)
      return -errno;
    if (r->st.st_size > RESOURCE_SMALL_FILE)
      return UV_EAGAIN;
  }
  return UV_EAGAIN;
}

/* The path of the file in that coding; valid until the next call. */
static const char *path_of(struct resource *r, enum coding coding)
{
  strcpy(r->path + r->path_length, suffixes[coding]);
  return r->path;
}

/* Some compressors copy the original's mtime, in whole seconds. */
static bool is_older(struct timespec encoded, struct timespec plain)
{
  return encoded.tv_sec < plain.tv_sec || (encoded.tv_sec == plain.tv_sec && encoded.tv_nsec != 0 &&
                                           encoded.tv_nsec < plain.tv_nsec);
}

/* A precompressed file older than the plain one is out of date. What is encoded by its type has
 * none: the other coding would come on top. */
static unsigned variants_of(const struct resource_source *source, struct resource *r)
{
  unsigned variants = 0;
  struct stat st;
  if (media_types_coding(source->types, r->path))
    return 0;
  for (enum coding i = CODING_BR; i < CODINGS && r->coding == CODING_NONE; i++)
    if (document_root_stat(source->root, path_of(r, i), &st) == 0 && S_ISREG(st.st_mode) &&
        !is_older(st.st_mtim, r->st.st_mtim))
      variants |= 1U << i;
  path_of(r, CODING_NONE);
  return variants;
}

void resource_etag(char out[RESOURCE_ETAG_SIZE], const struct stat *st)
{
  snprintf(out, RESOURCE_ETAG_SIZE, "\"%jx-%jx-%jx%08lx\"", (uintmax_t)st->st_ino,
           (uintmax_t)st->st_size, (uintmax_t)st->st_mtim.tv_sec,
           (unsigned long)st->st_mtim.tv_nsec);
}

static int make_lines(const struct resource_source *source, struct resource *r)
{
  const char *own = media_types_coding(source->types, r->path);
  const char *coding = r->coding ? coding_names[r->coding] : own;
  struct buffer b = {0};
  char modified[HTTP_DATE_SIZE];
  r->future = !file_time_is_past(r->st.st_mtim, file_time_now());
  http_date_print(modified, r->st.st_mtim.tv_sec);
  resource_etag(r->etag, &r->st);
  int err = buffer_printf(&b, "Content-Length: %jd\r\n", (intmax_t)r->st.st_size);
  r->length_line = b.length;
  if (!err)
    err = buffer_printf(&b, "Content-Type: %s\r\nETag: %s\r\nAccept-Ranges: bytes\r\n%s", r->type,
                        r->etag, source->control);
  if (!err && !r->future)
    err = buffer_printf(&b, "Last-Modified: %s\r\n", modified);
  if (!err && coding)
    err = buffer_printf(&b, "Content-Encoding: %s\r\n", coding);
  if (!err && (r->coding || r->variants))
    err = buffer_printf(&b, "Vary: Accept-Encoding\r\n");
  if (err) {
    buffer_release(&b);
    return err;
  }
  r->lines_length = b.length;
  r->lines = buffer_take_text(&b);
  return r->lines ? 0 : UV_ENOMEM;
}

/* Takes over `fd`. */
static int load(const struct resource_source *source, struct resource *r, int fd)
{
  int err = 0;
  if (S_ISDIR(r->st.st_mode)) {
    close(fd);
    return UV_EISDIR;
  }
  if (r->st.st_size <= RESOURCE_SMALL_FILE) {
    err = read_all(r, fd);
    if (err != UV_EAGAIN)
      close(fd);
  } else {
    err = UV_EAGAIN;
  }
  if (err == UV_EAGAIN) { /* large, or it changes all the time */
    r->file = shared_file_new(fd, &r->st);
    err = r->file ? 0 : UV_ENOMEM;
  }
  if (err)
    return err;
  r->type = media_types_find(source->types, r->path);
  r->variants = variants_of(source, r);
  return make_lines(source, r);
}

struct resource *resource_open(const struct resource_source *source, const char *path,
                               size_t length, enum coding coding, int *err)
{
  struct resource *r = calloc(1, sizeof *r + length + LONGEST_SUFFIX + 1);
  if (!r) {
    *err = UV_ENOMEM;
    return NULL;
  }
  list_init(&r->used);
  list_init(&r->chain);
  r->coding = coding;
  r->path_length = length;
  memcpy(r->path, path, length);
  int fd = document_root_open_path(source->root, path_of(r, coding), &r->st);
  path_of(r, CODING_NONE);
  *err = fd < 0 ? fd : load(source, r, fd);
  if (*err == 0)
    return r;
  resource_free(r);
  return NULL;
}

bool resource_still_holds(const struct resource_source *source, struct resource *r, bool variants)
{
  bool same = document_root_is_unchanged(source->root, path_of(r, r->coding), &r->st);
  path_of(r, CODING_NONE);
  return same && (!variants || variants_of(source, r) == r->variants);
}

bool resource_is_same_file(const struct resource *r)
{
  struct stat now;
  if (!r->file)
    return true;
  if (fstat(r->file->fd, &now) < 0 || now.st_size != r->st.st_size ||
      !file_time_is_same(now.st_mtim, r->st.st_mtim))
    return false;
  shared_file_looked(r->file);
  return true;
}
