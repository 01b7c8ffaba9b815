#include "core/http/message/parameter.h"

#include "core/base/utf8.h"
#include "core/codec/percent.h"
#include "core/http/message/character.h"
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

/* What stands before the next apostrophe, which is taken off too; false without one. */
static bool take_quoted(struct span *rest, struct span *part)
{
  const char *at = memchr(rest->data, '\'', rest->length);
  if (!at)
    return false;
  *part = span_between(rest->data, at);
  *rest = span_skip(*rest, part->length + 1);
  return true;
}

/* The next byte: escaped, or one that may stand for itself (RFC 8187 3.2.1); 0 for any other. */
static uint8_t take_byte(struct span *rest)
{
  char first = *rest->data;
  if (first == '%' ? percent_byte(rest->data, rest->length) < 0 : !http_is(first, HTTP_IN_TOKEN))
    return 0;
  return (uint8_t)percent_next(rest);
}

/* Decoded where it stands: no byte becomes longer than what stood for it. */
bool http_extended_parameter(struct span value, const char *name, char *out, size_t room)
{
  struct span charset, language, rest;
  size_t length = 0;
  if (!http_parameter(value, name, out, room))
    return false;
  rest = span_of(out);
  if (!take_quoted(&rest, &charset) || !take_quoted(&rest, &language))
    return false;
  bool latin = span_is_nocase(charset, "ISO-8859-1");
  if (!latin && !span_is_nocase(charset, "UTF-8"))
    return false;
  while (rest.length > 0) {
    uint8_t byte = take_byte(&rest);
    if (byte == 0)
      return false;
    if (latin)
      length += utf8_encode(out + length, byte);
    else
      out[length++] = (char)byte;
  }
  out[length] = '\0';
  return utf8_is_valid(out, length);
}
