#include "cmd/serve/upload_files.h"

#include "core/base/log.h"
#include "core/base/writer.h"
#include "core/codec/html.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static struct upload_file *file_of(struct list *link)
{
  return container_of(link, struct upload_file, link);
}

void upload_files_init(struct upload_files *files)
{
  list_init(&files->list);
  files->count = 0;
}

void upload_files_release(struct upload_files *files)
{
  struct list *link;
  while ((link = list_pop(&files->list)) != NULL) {
    if (file_of(link)->file)
      atomic_file_free(file_of(link)->file);
    free(file_of(link));
  }
}

static bool has(const struct upload_files *files, const char *name)
{
  for (struct list *node = files->list.next; node != &files->list; node = node->next)
    if (strcmp(file_of(node)->name, name) == 0)
      return true;
  return false;
}

static struct upload_file *add(struct upload_files *files, const char *name)
{
  size_t n = strlen(name) + 1;
  struct upload_file *f = calloc(1, sizeof *f + n);
  if (!f)
    return NULL;
  memcpy(f->name, name, n);
  list_init(&f->link);
  list_append(&files->list, &f->link);
  files->count++;
  return f;
}

struct atomic_file *upload_files_add(struct upload_files *files, int dir, const char *name,
                                     int *err)
{
  *err = UV_EEXIST;
  if (has(files, name))
    return NULL;
  *err = UV_ENOMEM;
  struct upload_file *f = add(files, name);
  if (!f)
    return NULL;
  f->file = atomic_file_new(dir, name, err);
  if (f->file)
    return f->file;
  list_remove(&f->link);
  free(f);
  files->count--;
  return NULL;
}

int upload_files_add_refused(struct upload_files *files, const char *name,
                             struct upload_refusal refusal)
{
  struct upload_file *f = add(files, name);
  if (!f)
    return UV_ENOMEM;
  f->refusal = refusal;
  return 0;
}

struct atomic_file *upload_files_first(const struct upload_files *files)
{
  for (struct list *node = files->list.next; node != &files->list; node = node->next)
    if (file_of(node)->file)
      return file_of(node)->file;
  return NULL;
}

static void publish(struct upload_file *f, bool overwrite)
{
  int err = f->file ? atomic_file_publish(f->file, overwrite) : 0;
  if (!err)
    return;
  f->refusal = upload_refusal_of(err);
  if (f->refusal.status >= 500)
    log_error("upload: %s", error_words(err));
}

const struct upload_refusal *upload_files_publish(struct upload_files *files, bool overwrite)
{
  const struct upload_refusal *first = NULL;
  for (struct list *node = files->list.next; node != &files->list; node = node->next) {
    struct upload_file *f = file_of(node);
    publish(f, overwrite);
    if (!first && f->refusal.status)
      first = &f->refusal;
  }
  return first;
}

struct upload_refusal upload_refusal_of(int err)
{
  switch (err) {
  case UV_EEXIST:
    return (struct upload_refusal){409, "a file with that name already exists"};
  case UV_EISDIR:
  case UV_ENOTDIR:
  case UV_ENOTEMPTY:
  case UV_ENOENT:
    return (struct upload_refusal){409, "there is no such folder, or a folder has that name"};
  case UV_ENAMETOOLONG:
    return (struct upload_refusal){400, "the name is too long"};
  case UV_EACCES:
  case UV_EPERM:
  case UV_EROFS:
    return (struct upload_refusal){403, "the server has no permission to write there"};
  case UV_ENOSPC:
  case -EDQUOT:
  case UV_EFBIG:
    return (struct upload_refusal){507, "the disk is full"};
  default:
    return (struct upload_refusal){500, "the server could not write the file"};
  }
}

static void print_item(struct writer *w, const struct upload_file *f)
{
  writer_text(w, "<li>");
  if (!w->error)
    writer_note(w, html_escape(w->to, f->name, strlen(f->name)));
  writer_format(w, ": %s</li>\n", f->refusal.status ? f->refusal.reason : "stored");
}

static void print_page(struct writer *w, const struct upload_files *files)
{
  writer_text(w, "<!DOCTYPE html>\n"
                 "<html lang=\"en\"><meta charset=\"utf-8\"><title>Upload</title>\n"
                 "<meta name=\"viewport\" content=\"width=device-width\">\n"
                 "<style>:root{color-scheme:light dark}body{font:1.1em/1.5 system-ui,sans-serif;"
                 "margin:3em auto;max-width:36em;padding:0 1em}</style>\n"
                 "<h1>Not all files were stored</h1>\n<ul>\n");
  for (struct list *node = files->list.next; node != &files->list; node = node->next)
    print_item(w, file_of(node));
  writer_text(w, "</ul>\n<p><a href=\"./\">Back to the folder</a>\n</html>\n");
}

static void print_object(struct writer *w, const struct upload_file *f)
{
  writer_text(w, "\n{\"name\":\"");
  writer_json(w, span_of(f->name));
  if (f->refusal.status)
    writer_format(w, "\",\"error\":\"%s\"}", f->refusal.reason);
  else
    writer_format(w, "\",\"size\":%" PRIu64 "}", f->file->size);
}

static void print_json(struct writer *w, const struct upload_files *files)
{
  writer_text(w, "[");
  for (struct list *node = files->list.next; node != &files->list; node = node->next) {
    writer_text(w, node == files->list.next ? "" : ",");
    print_object(w, file_of(node));
  }
  writer_text(w, "\n]\n");
}

int upload_files_print(struct buffer *out, const struct upload_files *files, bool json)
{
  struct writer w;
  writer_init(&w, out);
  if (json)
    print_json(&w, files);
  else
    print_page(&w, files);
  return w.error;
}
