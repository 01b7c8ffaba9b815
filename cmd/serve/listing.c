#include "cmd/serve/listing.h"

#include "cmd/serve/natural.h"
#include "core/http/target.h"
#include "core/text.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

struct entry {
  char *name;
  bool folder;
  uint64_t size;
  time_t modified;
};

struct entries {
  struct entry *all;
  size_t count, room;
};

/* Reading. */

static int add(struct entries *e, const char *name, const struct stat *st)
{
  if (e->count == e->room) {
    size_t room = e->room ? 2 * e->room : 64;
    struct entry *all = reallocarray(e->all, room, sizeof *all);
    if (!all)
      return UV_ENOMEM;
    e->all = all;
    e->room = room;
  }
  char *copy = strdup(name);
  if (!copy)
    return UV_ENOMEM;
  e->all[e->count++] =
      (struct entry){copy, S_ISDIR(st->st_mode), (uint64_t)st->st_size, st->st_mtim.tv_sec};
  return 0;
}

/* What a link leads to, if that may be served. */
static bool look_behind(const struct listing *l, const char *name, struct stat *st)
{
  struct buffer path = {0};
  bool shown = false;
  if (buffer_printf(&path, "%s%s%s", l->path, l->path[0] ? "/" : "", name) == 0 &&
      buffer_append(&path, "", 1) == 0) {
    int fd = tree_open_path(l->tree, (const char *)buffer_data(&path), st);
    shown = fd >= 0;
    if (shown)
      close(fd);
  }
  buffer_release(&path);
  return shown;
}

static bool is_shown(const struct listing *l, int dir, const char *name, struct stat *st)
{
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
    return false;
  if (name[0] == '.' && !l->hidden && strcmp(name, ".well-known") != 0)
    return false;
  if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) < 0)
    return false;
  if (S_ISLNK(st->st_mode))
    return look_behind(l, name, st);
  return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode);
}

static int read_folder(struct entries *e, int dir, const struct listing *l)
{
  int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *d = own < 0 ? NULL : fdopendir(own);
  int err = d ? 0 : -errno;
  if (!d) {
    if (own >= 0)
      close(own);
    return err;
  }
  while (!err) {
    struct stat st;
    errno = 0;
    const struct dirent *entry = readdir(d);
    if (!entry) {
      err = -errno;
      break;
    }
    if (is_shown(l, dir, entry->d_name, &st))
      err = add(e, entry->d_name, &st);
  }
  closedir(d);
  return err;
}

static int compare(const void *a, const void *b)
{
  const struct entry *x = a, *y = b;
  if (x->folder != y->folder)
    return x->folder ? -1 : 1;
  return natural_compare(x->name, y->name);
}

static void release(struct entries *e)
{
  for (size_t i = 0; i < e->count; i++)
    free(e->all[i].name);
  free(e->all);
}

/* Writing: the first error stays. */

struct page {
  struct buffer *out;
  int err;
};

static void put(struct page *p, const char *text)
{
  if (!p->err)
    p->err = buffer_append(p->out, text, strlen(text));
}

static void put_html(struct page *p, const char *text, size_t n)
{
  if (!p->err)
    p->err = html_escape(p->out, text, n);
}

/* A name as a path relative to the page: with `./` in front, nothing in it is a scheme or a host.
 */
static void put_link(struct page *p, const struct entry *e)
{
  put(p, "./");
  if (!p->err)
    p->err = http_path_print(p->out, e->name, strlen(e->name), false);
  if (e->folder)
    put(p, "/");
}

static void put_time(struct page *p, const char *format, time_t seconds)
{
  char text[64];
  struct tm utc;
  if (!gmtime_r(&seconds, &utc) || strftime(text, sizeof text, format, &utc) == 0)
    strcpy(text, "?");
  put(p, text);
}

static void put_number(struct page *p, uint64_t n)
{
  if (!p->err)
    p->err = buffer_printf(p->out, "%" PRIu64, n);
}

/* `1.2 KiB`; bytes as they are. */
static void put_size(struct page *p, uint64_t size)
{
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = (double)size / 1024;
  size_t unit = 0;
  if (size < 1024) {
    put_number(p, size);
    put(p, " B");
    return;
  }
  for (; value >= 999.95 && unit + 1 < sizeof units / sizeof *units; unit++)
    value /= 1024;
  if (!p->err)
    p->err = buffer_printf(p->out, "%.1f %s", value, units[unit]);
}

/* The page. */

static const char page_start[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<style>\n:root{color-scheme:light dark}\n"
    "body{font:1em/1.6 system-ui,sans-serif;margin:1.5em auto;max-width:60em;padding:0 1em}\n"
    "h1{font-size:1.3em;overflow-wrap:anywhere}\ntable{border-collapse:collapse;width:100%}\n"
    "td,th{padding:.1em .6em .1em 0;text-align:left}\ntd:first-child{overflow-wrap:anywhere}\n"
    "td+td,th+th{text-align:right;white-space:nowrap;width:1%}\n</style>\n<title>";

static const char upload_form[] =
    "<form method=\"post\" enctype=\"multipart/form-data\">\n"
    "<p><label>Send files here <input type=\"file\" name=\"file\" multiple required></label>\n"
    "<button>Send</button>\n</form>\n";

/* `/ a / b`, each part a link to itself. */
static void put_heading(struct page *p, const char *path)
{
  size_t depth = 0, length = strlen(path);
  for (size_t i = 0; i < length; i++)
    depth += path[i] == '/';
  depth += length > 0;
  put(p, "<h1>");
  for (size_t up = depth;; up--) {
    size_t n = strcspn(path, "/");
    put(p, "<a href=\"./");
    for (size_t i = 0; i < up; i++)
      put(p, "../");
    put(p, "\">");
    if (up == depth)
      put(p, "/");
    else
      put_html(p, path, n);
    put(p, "</a>");
    if (up < depth) {
      put(p, up ? "/" : "");
      path += n + (path[n] == '/');
    }
    if (up == 0)
      break;
  }
  put(p, "</h1>\n");
}

static void put_row(struct page *p, const struct entry *e)
{
  put(p, "<tr><td><a href=\"");
  put_link(p, e);
  put(p, "\">");
  put_html(p, e->name, strlen(e->name));
  put(p, e->folder ? "/</a><td>" : "</a><td title=\"");
  if (!e->folder) {
    put_number(p, e->size);
    put(p, " bytes\">");
    put_size(p, e->size);
  }
  put(p, "<td>");
  put_time(p, "%Y-%m-%d %H:%M", e->modified);
  put(p, "\n");
}

static void put_page(struct page *p, const struct entries *e, const struct listing *l)
{
  put(p, page_start);
  put(p, "/");
  put_html(p, l->path, strlen(l->path));
  put(p, l->path[0] ? "/</title>\n" : "</title>\n");
  put_heading(p, l->path);
  put(p, "<table>\n<tr><th>Name<th>Size<th>Modified (UTC)\n");
  if (l->path[0])
    put(p, "<tr><td><a href=\"../\">../</a><td><td>\n");
  for (size_t i = 0; i < e->count; i++)
    put_row(p, &e->all[i]);
  put(p, "</table>\n");
  if (l->upload)
    put(p, upload_form);
  put(p, "</html>\n");
}

static void put_object(struct page *p, const struct entry *e, bool first)
{
  put(p, first ? "\n{\"name\":\"" : ",\n{\"name\":\"");
  if (!p->err)
    p->err = text_escape_json(p->out, e->name, strlen(e->name));
  put(p, e->folder ? "\",\"type\":\"folder\",\"modified\":\"" : "\",\"type\":\"file\",\"size\":");
  if (!e->folder) {
    put_number(p, e->size);
    put(p, ",\"modified\":\"");
  }
  put_time(p, "%Y-%m-%dT%H:%M:%SZ", e->modified);
  put(p, "\",\"url\":\"");
  put_link(p, e);
  put(p, "\"}");
}

static void put_json(struct page *p, const struct entries *e)
{
  put(p, "[");
  for (size_t i = 0; i < e->count; i++)
    put_object(p, &e->all[i], i == 0);
  put(p, "\n]\n");
}

int listing_print(struct buffer *out, int dir, const struct listing *listing)
{
  struct entries entries = {0};
  struct page page = {.out = out};
  page.err = read_folder(&entries, dir, listing);
  if (!page.err) {
    if (entries.count > 0)
      qsort(entries.all, entries.count, sizeof *entries.all, compare);
    if (listing->json)
      put_json(&page, &entries);
    else
      put_page(&page, &entries, listing);
  }
  release(&entries);
  return page.err;
}
