#include "core/http/message/fields.h"

#include "core/http/message/character.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>

static_assert(HTTP_FIELD_IDS <= 64, "a bit of http_fields.seen for each");

enum { LONGEST_NAME = 30, MOST_OF_A_LENGTH = 4 };

struct known {
  const char *name; /* in lower case; NULL after the last */
  enum http_field_id id;
};

/* By the length of the name, which leaves hardly a choice. */
static const struct known known_fields[LONGEST_NAME + 1][MOST_OF_A_LENGTH] = {
    [4] = {{"host", HTTP_HOST}, {"date", HTTP_DATE}, {"etag", HTTP_ETAG}},
    [5] = {{"range", HTTP_RANGE}},
    [6] = {{"accept", HTTP_ACCEPT}, {"origin", HTTP_ORIGIN}, {"expect", HTTP_EXPECT}},
    [7] = {{"referer", HTTP_REFERER}},
    [8] = {{"if-range", HTTP_IF_RANGE}, {"if-match", HTTP_IF_MATCH}, {"location", HTTP_LOCATION}},
    [10] = {{"connection", HTTP_CONNECTION}, {"user-agent", HTTP_USER_AGENT}},
    [11] = {{"retry-after", HTTP_RETRY_AFTER}},
    [12] = {{"content-type", HTTP_CONTENT_TYPE}},
    [13] = {{"if-none-match", HTTP_IF_NONE_MATCH},
            {"authorization", HTTP_AUTHORIZATION},
            {"last-modified", HTTP_LAST_MODIFIED},
            {"content-range", HTTP_CONTENT_RANGE}},
    [14] = {{"content-length", HTTP_CONTENT_LENGTH}, {"sec-fetch-site", HTTP_SEC_FETCH_SITE}},
    [15] = {{"accept-encoding", HTTP_ACCEPT_ENCODING}},
    [16] = {{"content-encoding", HTTP_CONTENT_ENCODING},
            {"x-forwarded-host", HTTP_X_FORWARDED_HOST}},
    [17] = {{"if-modified-since", HTTP_IF_MODIFIED_SINCE},
            {"transfer-encoding", HTTP_TRANSFER_ENCODING}},
    [19] = {{"if-unmodified-since", HTTP_IF_UNMODIFIED_SINCE}},
    [29] = {{"access-control-request-method", HTTP_ACCESS_CONTROL_REQUEST_METHOD}},
    [30] = {{"access-control-request-headers", HTTP_ACCESS_CONTROL_REQUEST_HEADERS}},
};

/* Whether a token is `name`, which is in lower case. One bit is the case of a letter; in a token
 * it makes no other character a letter or a hyphen. */
static bool token_is_nocase(struct span token, const char *name)
{
  for (size_t i = 0; i < token.length; i++) {
    if ((token.data[i] | 0x20) != name[i])
      return false;
  }
  return true;
}

static enum http_field_id field_id(struct span name)
{
  if (name.length > LONGEST_NAME)
    return HTTP_OTHER_FIELD;
  const struct known *known = known_fields[name.length];
  for (size_t i = 0; i < MOST_OF_A_LENGTH && known[i].name; i++) {
    if (token_is_nocase(name, known[i].name))
      return known[i].id;
  }
  return HTTP_OTHER_FIELD;
}

/* Marks with their high bit the bytes of `word` that are controls, 0x00 to 0x1f and 0x7f. A borrow
 * may mark others too, but only above one that is: the lowest mark is always right. */
static uint64_t mark_controls(uint64_t word)
{
  static const uint64_t ones = UINT64_MAX / 0xff;
  uint64_t del = word ^ ones * 0x7f; /* zero where there was one */
  uint64_t low = (word - ones * 0x20) & ~word;
  return (low | ((del - ones) & ~del)) & ones * 0x80;
}

/* http_skip for HTTP_IN_VALUE, eight bytes at a time: the values are most of a head. */
static const char *skip_value(const char *s, const char *end)
{
  while (end - s >= 8) {
    uint64_t word;
    memcpy(&word, s, sizeof word);
    uint64_t controls = mark_controls(le64toh(word));
    if (controls == 0) {
      s += 8;
      continue;
    }
    s += __builtin_ctzll(controls) / 8;
    if (*s != '\t')
      return s;
    s++;
  }
  return http_skip(s, end, HTTP_IN_VALUE);
}

/* What is wrong with a line whose token, from `name` to `stop`, is no name before a colon. */
static enum http_fields_error bad_name(const char *name, const char *stop, const char *end)
{
  if (stop == end)
    return HTTP_FIELDS_NO_COLON;
  if (stop == name && ascii_is_blank(*stop))
    return HTTP_FIELDS_FOLDED;
  const char *newline = memchr(stop, '\n', (size_t)(end - stop));
  if (!memchr(stop, ':', (size_t)((newline ? newline : end) - stop)))
    return HTTP_FIELDS_NO_COLON;
  const char *after = http_skip_white(stop, end);
  return after > stop && *after == ':' ? HTTP_FIELDS_SPACE : HTTP_FIELDS_BAD_NAME;
}

/* Takes the line at `*at` apart and moves to the next. */
static enum http_fields_error parse_line(struct http_field *field, const char **at, const char *end)
{
  const char *name = *at;
  const char *colon = http_skip(name, end, HTTP_IN_TOKEN);
  if (colon == name || colon == end || *colon != ':')
    return bad_name(name, colon, end);
  const char *stop = skip_value(colon + 1, end);
  size_t line_end = http_end_of_line(stop, end);
  if (line_end == 0)
    return stop == end ? HTTP_FIELDS_BAD_END : HTTP_FIELDS_BAD_VALUE;
  field->name = span_between(name, colon);
  field->value = span_trim(span_between(colon + 1, stop));
  field->id = field_id(field->name);
  *at = stop + line_end;
  return HTTP_FIELDS_FINE;
}

/* Counts the field that was written behind the last. */
static void count_field(struct http_fields *f, enum http_field_id id)
{
  uint64_t bit = UINT64_C(1) << id;
  if (f->seen & bit) {
    f->repeated |= bit;
  } else if (id != HTTP_OTHER_FIELD) {
    f->seen |= bit;
    f->first[id] = (uint32_t)f->count;
  }
  f->count++;
}

/* Where the next field goes; NULL without memory. */
static struct http_field *place_field(struct http_fields *f)
{
  if (f->count < HTTP_MOST_FIELDS)
    return &f->all[f->count];
  size_t more = f->count - HTTP_MOST_FIELDS;
  if (more == f->more_room) {
    size_t room = more ? 2 * more : HTTP_MOST_FIELDS;
    struct http_field *larger = realloc(f->more, room * sizeof *larger);
    if (!larger)
      return NULL;
    f->more = larger;
    f->more_room = room;
  }
  return &f->more[more];
}

static enum http_fields_error parse(struct http_fields *f, const char *data, size_t n, size_t most)
{
  const char *at = data, *end = data + n;
  f->seen = f->repeated = 0;
  f->count = f->more_room = 0;
  f->more = NULL;
  while (at < end) {
    size_t empty = http_end_of_line(at, end);
    if (empty > 0)
      return at + empty == end ? HTTP_FIELDS_FINE : HTTP_FIELDS_BAD_END;
    if (f->count == most)
      return HTTP_FIELDS_TOO_MANY;
    struct http_field *field = place_field(f);
    if (!field)
      return HTTP_FIELDS_NO_MEMORY;
    enum http_fields_error error = parse_line(field, &at, end);
    if (error)
      return error;
    count_field(f, field->id);
  }
  return HTTP_FIELDS_BAD_END;
}

enum http_fields_error http_parse_fields(struct http_fields *f, const char *data, size_t n)
{
  return parse(f, data, n, HTTP_MOST_FIELDS);
}

enum http_fields_error http_parse_many_fields(struct http_fields *f, const char *data, size_t n)
{
  return parse(f, data, n, SIZE_MAX);
}

void http_fields_release(struct http_fields *f)
{
  free(f->more);
  f->more = NULL;
  f->more_room = f->count = 0;
  f->seen = f->repeated = 0;
}

void http_unfold(char *data, size_t n)
{
  char *at = data, *end = data + n, *newline;
  bool first = true; /* the line before has no field yet */
  while (at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
    at = newline + 1;
    if (!first && at < end && ascii_is_blank(*at)) {
      *newline = ' ';
      if (newline > data && newline[-1] == '\r')
        newline[-1] = ' ';
    }
    first = false;
  }
}

const char *http_fields_error_words(enum http_fields_error error)
{
  static const char *const words[] = {
      [HTTP_FIELDS_FINE] = "nothing is wrong",
      [HTTP_FIELDS_TOO_MANY] = "too many fields",
      [HTTP_FIELDS_BAD_NAME] = "malformed field name",
      [HTTP_FIELDS_SPACE] = "white space before the colon",
      [HTTP_FIELDS_FOLDED] = "a line that begins with white space",
      [HTTP_FIELDS_NO_COLON] = "a field without a colon",
      [HTTP_FIELDS_BAD_VALUE] = "a control character in a field",
      [HTTP_FIELDS_BAD_END] = "no empty line at the end of the head",
      [HTTP_FIELDS_NO_MEMORY] = "out of memory",
  };
  return words[error];
}

struct span http_field(const struct http_fields *f, enum http_field_id id)
{
  return http_has_field(f, id) ? http_field_at(f, f->first[id])->value : (struct span){NULL, 0};
}

/* Where the quoted string that begins at `s` has its closing quote, or `end`. */
static const char *skip_quoted(const char *s, const char *end)
{
  for (s++; s < end && *s != '"'; s++) {
    if (*s == '\\' && end - s > 1)
      s++;
  }
  return s;
}

bool http_list_next(struct span *rest, struct span *element)
{
  if (rest->length == 0)
    return false;
  const char *from = rest->data, *end = from + rest->length;
  while (from < end && (*from == ',' || ascii_is_blank(*from)))
    from++;
  const char *to = from;
  while (to < end && *to != ',') {
    if (*to == '"')
      to = skip_quoted(to, end);
    to += to < end;
  }
  *rest = span_between(to, end);
  *element = span_trim(span_between(from, to));
  return to > from;
}

/* A member of a list without the parameters after its semicolon. */
static struct span without_parameters(struct span element)
{
  const char *semicolon = memchr(element.data, ';', element.length);
  return semicolon ? span_trim(span_between(element.data, semicolon)) : element;
}

bool http_list_has(const struct http_fields *f, enum http_field_id id, const char *token)
{
  if (!http_has_field(f, id))
    return false;
  for (size_t i = f->first[id]; i < f->count; i++) {
    const struct http_field *field = http_field_at(f, i);
    if (field->id != id)
      continue;
    struct span rest = field->value, element;
    while (http_list_next(&rest, &element)) {
      if (span_is_nocase(without_parameters(element), token))
        return true;
    }
  }
  return false;
}

bool http_is_token(struct span s)
{
  if (s.length == 0)
    return false;
  const char *end = s.data + s.length;
  return http_skip(s.data, end, HTTP_IN_TOKEN) == end;
}

bool http_is_field_value(struct span s)
{
  if (s.length == 0)
    return true;
  const char *end = s.data + s.length;
  return !ascii_is_blank(s.data[0]) && !ascii_is_blank(end[-1]) && skip_value(s.data, end) == end;
}

bool http_parse_number(struct span s, uint64_t *number)
{
  uint64_t sum = 0;
  if (s.length == 0)
    return false;
  for (size_t i = 0; i < s.length; i++) {
    unsigned digit = (unsigned char)s.data[i] - (unsigned)'0';
    if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
      return false;
    sum = sum * 10 + digit;
  }
  *number = sum;
  return true;
}
