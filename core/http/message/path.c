#include "core/http/message/path.h"

#include "core/codec/percent.h"

#include <uv.h>

/* Most paths need nothing done to them: no escape, no control character, no slash before a slash or
 * a dot. This looks at every byte of every request. */
static bool is_plain(struct span path)
{
  enum { SLASH = 1, OTHER = 2 };
  static const uint8_t kinds[256] = {
      [0 ... 0x1f] = OTHER, [0x7f] = OTHER, ['%'] = OTHER, ['/'] = SLASH};
  const uint8_t *s = (const uint8_t *)path.data;
  for (size_t i = 0; i < path.length; i++) {
    if (kinds[s[i]] == 0)
      continue;
    if (kinds[s[i]] == OTHER)
      return false;
    if (i + 1 < path.length && (s[i + 1] == '/' || s[i + 1] == '.'))
      return false;
  }
  return true;
}

/* A plain path begins with a slash, and may end in one. */
static void copy_plain(struct http_path *p, struct span path)
{
  p->folder = path.data[path.length - 1] == '/';
  p->length = path.length > 1 ? path.length - 1 - p->folder : 0;
  memcpy(p->text, path.data + 1, p->length);
}

/* Takes the bytes up to the next slash, decoded. NULL, or why not. */
static const char *decode_segment(struct span *rest, char *out, size_t *n)
{
  size_t i = 0;
  *n = 0;
  for (; i < rest->length && rest->data[i] != '/'; i++) {
    int byte = (uint8_t)rest->data[i];
    if (ascii_is_control(rest->data[i]))
      return "the path has a control character";
    if (byte == '%') {
      byte = percent_byte(rest->data + i, rest->length - i);
      if (byte < 0)
        return "the path has a % that begins no escape";
      if (byte == '/')
        return "the path has an escaped slash";
      if (byte == '\0')
        return "the path has an escaped NUL";
      i += PERCENT_LENGTH - 1;
    }
    out[(*n)++] = (char)byte;
  }
  *rest = span_skip(*rest, i);
  return NULL;
}

/* Drops the last segment; false when there is none. */
static bool drop_segment(struct http_path *p)
{
  if (p->length == 0)
    return false;
  const char *slash = memrchr(p->text, '/', p->length);
  p->length = slash ? (size_t)(slash - p->text) : 0;
  return true;
}

/* The text is never longer than what was read of the path, so it fits. NULL, or why not. */
static const char *parse_segments(struct http_path *p, struct span path)
{
  while (path.length > 0) {
    path = span_skip(path, 1); /* the slash */
    size_t start = p->length + (p->length > 0), n;
    const char *reason = decode_segment(&path, p->text + start, &n);
    if (reason)
      return reason;
    struct span segment = {p->text + start, n};
    bool up = span_is(segment, "..");
    bool dots = up || span_is(segment, ".");
    bool last = path.length == 0;
    p->folder = dots || n == 0;
    if (dots || (n == 0 && !last))
      p->exact = false;
    if (up && !drop_segment(p))
      return "the path leads above the root";
    if (p->folder)
      continue;
    if (p->length > 0)
      p->text[p->length] = '/';
    p->length = start + n;
  }
  return NULL;
}

static bool has_hidden(const char *text)
{
  const char *s = text;
  do {
    struct span segment = {s, strcspn(s, "/")};
    if (*s == '.' && !span_is(segment, ".well-known")) /* RFC 8615 */
      return true;
    s += segment.length;
  } while (*s++);
  return false;
}

bool http_path_parse(struct http_path *p, struct span path, const char **reason)
{
  p->length = 0; /* field by field: the text is large */
  p->folder = p->hidden = false;
  p->exact = true;
  *reason = NULL;
  if (path.length == 0 || *path.data != '/')
    *reason = "the path does not begin with a slash";
  else if (path.length > HTTP_LONGEST_TARGET)
    *reason = "the path is too long";
  if (*reason)
    return false;

  if (is_plain(path)) {
    copy_plain(p, path);
    p->text[p->length] = '\0';
    return true;
  }
  *reason = parse_segments(p, path);
  p->text[p->length] = '\0';
  p->hidden = has_hidden(p->text);
  return !*reason;
}

int http_path_print(struct buffer *out, const void *data, size_t n, bool slash)
{
  static const bool stands[256] = {
      ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['-'] = true, ['.'] = true,
      ['_'] = true,         ['~'] = true,         ['!'] = true,         ['$'] = true, ['('] = true,
      [')'] = true,         ['*'] = true,         ['+'] = true,         [','] = true, ['='] = true,
      [':'] = true,         ['@'] = true,
  };
  const uint8_t *s = data;
  if (n == 0)
    return 0;
  char *start = NULL, *to;
  if (n <= SIZE_MAX / PERCENT_LENGTH)
    start = (char *)buffer_reserve(out, n * PERCENT_LENGTH);
  if (!start)
    return UV_ENOMEM;
  to = start;
  for (size_t i = 0; i < n; i++) {
    if (stands[s[i]] || (slash && s[i] == '/'))
      *to++ = (char)s[i];
    else
      to = percent_put(to, s[i]);
  }
  buffer_commit(out, (size_t)(to - start));
  return 0;
}

int http_path_print_relative(struct buffer *out, const struct http_path *p, bool folder)
{
  const char *slash = strrchr(p->text, '/');
  const char *name = p->folder ? "" : slash ? slash + 1 : p->text;
  int err = buffer_append(out, "./", 2);
  if (!err)
    err = http_path_print(out, name, strlen(name), false);
  if (!err && folder && *name)
    err = buffer_append(out, "/", 1);
  return err;
}
