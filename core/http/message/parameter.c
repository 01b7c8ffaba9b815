#include "core/http/message/parameter.h"

#include "core/http/message/fields.h"

/* Where the piece at the front ends: at a semicolon outside quotes, or at the end. */
static size_t piece_length(struct span s)
{
  bool quoted = false;
  size_t n = 0;
  for (; n < s.length && (quoted || s.data[n] != ';'); n++) {
    if (s.data[n] == '"')
      quoted = !quoted;
    else if (quoted && s.data[n] == '\\' && n + 1 < s.length)
      n++;
  }
  return n;
}

bool http_piece_next(struct span *rest, struct span *name, struct span *value)
{
  if (rest->length == 0)
    return false;
  size_t n = piece_length(*rest);
  struct span piece = span_trim((struct span){rest->data, n});
  size_t used = n < rest->length ? n + 1 : n; /* with its semicolon */
  *rest = span_skip(*rest, used);

  *name = piece;
  *value = (struct span){0};
  const char *equals = piece.length ? memchr(piece.data, '=', piece.length) : NULL;
  if (equals) {
    *name = span_between(piece.data, equals);
    *value = span_skip(piece, name->length + 1);
  }
  return true;
}

bool http_value_is(struct span value, const char *text)
{
  struct span name, none;
  return http_piece_next(&value, &name, &none) && !none.data && span_is_nocase(name, text);
}

/* Writes the inside of a quoted string; false when it is none or does not fit. */
static bool unquote(struct span s, char *out, size_t room)
{
  size_t length = 0, i = 1;
  for (; i < s.length && s.data[i] != '"'; i++) {
    bool pair =
        s.data[i] == '\\' && i + 1 < s.length && (s.data[i + 1] == '"' || s.data[i + 1] == '\\');
    if (length + 1 >= room)
      return false;
    out[length++] = s.data[i += pair];
  }
  out[length] = '\0';
  return i + 1 == s.length; /* it ends with its closing quote */
}

static bool copy_token(struct span s, char *out, size_t room)
{
  if (!http_is_token(s) || s.length >= room)
    return false;
  memcpy(out, s.data, s.length);
  out[s.length] = '\0';
  return true;
}

/* The first one's value as it stands; data is NULL when there is none. */
static struct span find(struct span value, const char *name)
{
  struct span found, text;
  http_piece_next(&value, &found, &text); /* what the parameters belong to */
  while (http_piece_next(&value, &found, &text)) {
    if (text.data && span_is_nocase(found, name))
      return text;
  }
  return (struct span){0};
}

bool http_has_parameter(struct span value, const char *name)
{
  return find(value, name).data;
}

bool http_parameter(struct span value, const char *name, char *out, size_t room)
{
  struct span text = find(value, name);
  if (text.length == 0 || room == 0 || memchr(text.data, '\0', text.length))
    return false;
  return *text.data == '"' ? unquote(text, out, room) : copy_token(text, out, room);
}
