#include "cmd/serve/media_types.h"

#include "cmd/serve/media_table.h"
#include "core/base/ascii.h"
#include "core/base/span.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

static const char unknown[] = "application/octet-stream";
static const char blanks[] = " \t\r\n";

enum {
  BUCKETS = 1024, /* for some 2,000 extensions, as in Debian's file */
  LONGEST_EXTENSION = 64,
};

/* An extension in lower case, followed after its NUL by the type. */
struct media_entry {
  struct media_entry *next;
  const char *type;
  char extension[];
};

struct media_types {
  struct media_entry
      *buckets[BUCKETS]; /* the last line for an extension comes first, and so wins */
};

/* FNV-1a of the extension in lower case. */
static size_t bucket_of(const char *extension, size_t n)
{
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < n; i++)
    hash = (hash ^ (uint8_t)ascii_lower(extension[i])) * 16777619u;
  return hash % BUCKETS;
}

/* Without a charset, browsers guess. Not for XML and so SVG: a charset would overrule the encoding
 * that the file declares (RFC 7303 3). Not for JSON: it is always UTF-8 and has no such parameter
 * (RFC 8259 11). JavaScript under its old name would be read in the encoding of the page. */
static bool wants_charset(struct span type)
{
  bool text = type.length >= 5 && strncasecmp(type.data, "text/", 5) == 0;
  bool says = memchr(type.data, ';', type.length) != NULL;
  return !says && !span_is_nocase(type, "text/xml") &&
         (text || span_is_nocase(type, "application/javascript"));
}

static int add(struct media_types *m, struct span extension, struct span type)
{
  const char *charset = wants_charset(type) ? "; charset=utf-8" : "";
  size_t rest = strlen(charset) + 1;
  struct media_entry *entry = malloc(sizeof *entry + extension.length + 1 + type.length + rest);
  if (!entry)
    return UV_ENOMEM;
  for (size_t i = 0; i < extension.length; i++)
    entry->extension[i] = ascii_lower(extension.data[i]);
  entry->extension[extension.length] = '\0';

  char *text = entry->extension + extension.length + 1;
  memcpy(text, type.data, type.length);
  memcpy(text + type.length, charset, rest);
  entry->type = text;

  struct media_entry **bucket = &m->buckets[bucket_of(extension.data, extension.length)];
  entry->next = *bucket;
  *bucket = entry;
  return 0;
}

/* Takes the next word from `*line`; empty at its end. */
static struct span take_word(const char **line)
{
  const char *word = *line + strspn(*line, blanks);
  size_t n = *word == '#' ? 0 : strcspn(word, blanks);
  *line = word + n;
  return (struct span){word, n};
}

/* `type/subtype` (RFC 9110 8.3.1), perhaps with parameters. It becomes the value of a field, and
 * must not be able to end that. */
static bool is_type(struct span word)
{
  static const char marks[] = "!#$%&'*+-.^_`|~";
  const char *slash = memchr(word.data, '/', word.length);
  bool parameters = false;
  if (!slash || slash == word.data || slash == word.data + word.length - 1 || slash[1] == ';')
    return false;
  for (const char *s = word.data; s < word.data + word.length; s++) {
    bool alphanumeric = ascii_is_alpha(*s) || ascii_is_digit(*s);
    parameters = parameters || *s == ';';
    if (*s <= ' ' || *s > '~' || (!parameters && s != slash && !alphanumeric && !strchr(marks, *s)))
      return false;
  }
  return true;
}

/* 0, or UV_EINVAL for a malformed line, or UV_ENOMEM. */
static int read_line(struct media_types *m, const char *line)
{
  struct span type = take_word(&line);
  if (type.length == 0)
    return 0;
  if (!is_type(type))
    return UV_EINVAL;
  for (;;) {
    struct span extension = take_word(&line);
    if (extension.length == 0)
      return 0;
    if (extension.length > LONGEST_EXTENSION || extension.data[0] == '.' ||
        memchr(extension.data, '/', extension.length))
      return UV_EINVAL;
    int err = add(m, extension, type);
    if (err)
      return err;
  }
}

static int read_built_in(struct media_types *m)
{
  int err = 0;
  for (const char *const *line = media_table; *line && !err; line++)
    err = read_line(m, *line);
  return err;
}

static int read_lines(struct media_types *m, FILE *file, const char *name, bool lenient,
                      struct error *e)
{
  char *line = NULL;
  size_t size = 0;
  int err = 0;
  for (size_t number = 1; !err && getline(&line, &size, file) >= 0; number++) {
    err = read_line(m, line);
    if (err == UV_EINVAL && lenient)
      err = 0;
    else if (err == UV_EINVAL)
      error_say(e, err, "%s, line %zu: not a media type and extensions", name, number);
    else if (err)
      error_set(e, err, "%s", name);
  }
  if (!err && ferror(file) && !lenient)
    err = error_set(e, -errno, "%s", name);
  free(line);
  return err;
}

static int read_file(struct media_types *m, const char *name, bool lenient, struct error *e)
{
  FILE *file = fopen(name, "re");
  if (!file)
    return lenient ? 0 : error_set(e, -errno, "%s", name);
  int err = read_lines(m, file, name, lenient, e);
  fclose(file);
  return err;
}

struct media_types *media_types_load(const char *file, struct error *e)
{
  return media_types_load_both("/etc/mime.types", file, e);
}

struct media_types *media_types_load_both(const char *system, const char *file, struct error *e)
{
  struct media_types *m = calloc(1, sizeof *m);
  int err = m ? read_built_in(m) : UV_ENOMEM;
  if (err)
    error_set(e, err, "media types");
  if (!err && system)
    err = read_file(m, system, true, e);
  if (!err && file)
    err = read_file(m, file, false, e);
  if (!err)
    return m;
  media_types_free(m);
  return NULL;
}

void media_types_free(struct media_types *m)
{
  if (!m)
    return;
  for (size_t i = 0; i < BUCKETS; i++) {
    for (struct media_entry *next, *entry = m->buckets[i]; entry; entry = next) {
      next = entry->next;
      free(entry);
    }
  }
  free(m);
}

static const char *find(const struct media_types *m, const char *extension)
{
  const struct media_entry *entry = m->buckets[bucket_of(extension, strlen(extension))];
  while (entry && strcasecmp(entry->extension, extension) != 0)
    entry = entry->next;
  return entry ? entry->type : NULL;
}

/* Some extensions contain a dot: the longest known one counts. A dot at the beginning of a name
 * makes it hidden, and begins no extension. */
const char *media_types_find(const struct media_types *m, const char *name)
{
  const char *slash = strrchr(name, '/');
  const char *base = slash ? slash + 1 : name;
  for (const char *dot = *base ? strchr(base + 1, '.') : NULL; dot; dot = strchr(dot + 1, '.')) {
    const char *type = find(m, dot + 1);
    if (type)
      return type;
  }
  return unknown;
}

/* Extensions of files that are compressed while their type is that of the content. If a file of
 * types gives one of them a type of its own, as Debian's does for .wmz, it is not encoded. */
static const struct {
  const char *extension, *type, *coding;
} coded[] = {
    {".svgz", "image/svg+xml", "gzip"}, /* SVG 2, conformance */
    {".x3dz", "model/x3d+xml", "gzip"}, {".x3dvz", "model/x3d-vrml", "gzip"},
    {".wrz", "model/vrml", "gzip"},     {".emz", "image/emf", "gzip"},
    {".wmz", "image/wmf", "gzip"},
};

const char *media_types_coding(const struct media_types *m, const char *name)
{
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot && i < sizeof coded / sizeof *coded; i++)
    if (strcasecmp(dot, coded[i].extension) == 0 &&
        strcasecmp(media_types_find(m, name), coded[i].type) == 0)
      return coded[i].coding;
  return NULL;
}
