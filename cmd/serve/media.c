#include "cmd/serve/media.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

static const char system_file[] = "/etc/mime.types";
static const char unknown_type[] = "application/octet-stream";

/* What the web is made of; in the order of the extensions, for the search. */
static const struct builtin {
  const char *extension, *type;
} builtins[] = {
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"apng", "image/apng"},
    {"avif", "image/avif"},
    {"bin", "application/octet-stream"},
    {"bmp", "image/bmp"},
    {"br", "application/x-brotli"},
    {"bz2", "application/x-bzip2"},
    {"c", "text/x-csrc"},
    {"cjs", "text/javascript"},
    {"conf", "text/plain"},
    {"crt", "application/x-x509-ca-cert"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"deb", "application/vnd.debian.binary-package"},
    {"diff", "text/x-diff"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"eot", "application/vnd.ms-fontobject"},
    {"epub", "application/epub+zip"},
    {"flac", "audio/flac"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"h", "text/x-chdr"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ico", "image/vnd.microsoft.icon"},
    {"ics", "text/calendar"},
    {"iso", "application/x-iso9660-image"},
    {"jar", "application/java-archive"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"jsonl", "application/jsonl"},
    {"jxl", "image/jxl"},
    {"log", "text/plain"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"m4a", "audio/mp4"},
    {"m4v", "video/mp4"},
    {"map", "application/json"},
    {"md", "text/markdown"},
    {"mid", "audio/midi"},
    {"mjs", "text/javascript"},
    {"mkv", "video/x-matroska"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpd", "application/dash+xml"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"patch", "text/x-diff"},
    {"pdf", "application/pdf"},
    {"pem", "application/x-pem-file"},
    {"png", "image/png"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"ps", "application/postscript"},
    {"py", "text/x-python"},
    {"rpm", "application/x-rpm"},
    {"rss", "application/rss+xml"},
    {"rtf", "application/rtf"},
    {"sh", "application/x-sh"},
    {"svg", "image/svg+xml"},
    {"svgz", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"tgz", "application/gzip"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"toml", "application/toml"},
    {"ts", "video/mp2t"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain"},
    {"vtt", "text/vtt"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"whl", "application/zip"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xml", "application/xml"},
    {"xz", "application/x-xz"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
};

/* A line of a file: an extension and its type with what belongs to it. Sorted by extension; of two
 * equal ones the one that was read last stands. */
struct entry {
  char *extension, *type;
  size_t order;
};

struct media_types {
  struct entry *entries;
  size_t count, room;
};

/* Browsers guess the encoding of a text that does not say it, and guess wrong. SVG and JavaScript
 * are text too; JSON is UTF-8 by definition. */
static bool is_text(const char *type)
{
  return strncmp(type, "text/", 5) == 0 || strcmp(type, "application/javascript") == 0 ||
         strcmp(type, "image/svg+xml") == 0 || strcmp(type, "application/xml") == 0;
}

static char *with_charset(const char *type)
{
  char *out = NULL;
  if (asprintf(&out, "%s%s", type, is_text(type) ? "; charset=utf-8" : "") < 0)
    return NULL;
  return out;
}

static int add(struct media_types *m, const char *extension, const char *type)
{
  if (m->count == m->room) {
    size_t room = m->room ? 2 * m->room : 256;
    struct entry *entries = reallocarray(m->entries, room, sizeof *entries);
    if (!entries)
      return UV_ENOMEM;
    m->entries = entries;
    m->room = room;
  }
  struct entry *e = &m->entries[m->count];
  *e = (struct entry){strdup(extension), with_charset(type), m->count};
  m->count++;
  return e->extension && e->type ? 0 : UV_ENOMEM;
}

/* `type/subtype`, printable and without white space (RFC 6838 4.2). */
static bool is_type(const char *type)
{
  const char *slash = strchr(type, '/');
  if (!slash || slash == type || !slash[1])
    return false;
  for (const char *c = type; *c; c++)
    if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
      return false;
  return true;
}

static int read_line(struct media_types *m, char *line, const char *file, size_t number,
                     struct error *e)
{
  char *state, *type;
  line[strcspn(line, "#\r\n")] = '\0';
  type = strtok_r(line, " \t", &state);
  if (!type)
    return 0;
  if (!is_type(type))
    return error_say(e, UV_EINVAL, "%s, line %zu: '%.100s' is no media type", file, number, type);
  for (char *word; (word = strtok_r(NULL, " \t", &state)) != NULL;)
    if (add(m, word + (word[0] == '.'), type))
      return error_set(e, UV_ENOMEM, "read %s", file);
  return 0;
}

static int read_file(struct media_types *m, const char *file, struct error *e)
{
  FILE *f = fopen(file, "re");
  char *line = NULL;
  size_t room = 0, number = 0;
  int err = 0;
  if (!f)
    return error_set(e, -errno, "read %s", file);
  while (!err && getline(&line, &room, f) >= 0)
    err = read_line(m, line, file, ++number, e);
  if (!err && ferror(f))
    err = error_set(e, errno ? -errno : UV_EIO, "read %s", file);
  free(line);
  fclose(f);
  return err;
}

static int compare_entries(const void *a, const void *b)
{
  const struct entry *x = a, *y = b;
  int order = strcasecmp(x->extension, y->extension);
  return order ? order : (x->order < y->order) - (x->order > y->order);
}

/* The built-in table comes first, so that the files win over it. */
static int load(struct media_types *m, const char *file, struct error *e)
{
  struct error none;
  for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
    if (add(m, builtins[i].extension, builtins[i].type))
      return error_set(e, UV_ENOMEM, "media types");
  if (read_file(m, system_file, &none) == UV_ENOMEM)
    return error_set(e, UV_ENOMEM, "media types");
  int err = file ? read_file(m, file, e) : 0;
  if (!err)
    qsort(m->entries, m->count, sizeof *m->entries, compare_entries);
  return err;
}

struct media_types *media_types_load(const char *file, struct error *e)
{
  struct media_types *m = calloc(1, sizeof *m);
  if (!m) {
    error_set(e, UV_ENOMEM, "media types");
    return NULL;
  }
  if (load(m, file, e) == 0)
    return m;
  media_types_free(m);
  return NULL;
}

void media_types_free(struct media_types *m)
{
  if (!m)
    return;
  for (size_t i = 0; i < m->count; i++) {
    free(m->entries[i].extension);
    free(m->entries[i].type);
  }
  free(m->entries);
  free(m);
}

/* The first entry of its extension, or NULL. */
static const struct entry *find(const struct media_types *m, const char *extension)
{
  size_t low = 0, high = m->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (strcasecmp(m->entries[middle].extension, extension) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < m->count && strcasecmp(m->entries[low].extension, extension) == 0)
    return &m->entries[low];
  return NULL;
}

const char *media_type(const struct media_types *m, const char *name)
{
  const char *slash = strrchr(name, '/');
  const char *dot = strrchr(slash ? slash : name, '.');
  const struct entry *e = dot && dot[1] ? find(m, dot + 1) : NULL;
  return e ? e->type : unknown_type;
}
