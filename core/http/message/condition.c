#include "core/http/message/condition.h"

#include "core/http/message/date.h"

/* An entity-tag (RFC 9110 8.8.3). */
struct entity_tag {
  bool weak;
  struct span opaque; /* with its quotes */
};

static void skip(struct span *s, bool commas_too)
{
  while (s->length > 0 &&
         (*s->data == ' ' || *s->data == '\t' || (commas_too && *s->data == ','))) {
    s->data++;
    s->length--;
  }
}

/* Takes a tag off; false when there is none. A backslash in it is a character like any other, so
 * this is no quoted-string. */
static bool take_tag(struct span *s, struct entity_tag *tag)
{
  struct span rest = *s;
  tag->weak = rest.length > 2 && memcmp(rest.data, "W/", 2) == 0;
  if (tag->weak)
    rest = span_skip(rest, 2);
  if (rest.length < 2 || *rest.data != '"')
    return false;
  const char *end = memchr(rest.data + 1, '"', rest.length - 1);
  if (!end)
    return false;
  size_t length = (size_t)(end + 1 - rest.data);
  tag->opaque = (struct span){rest.data, length};
  *s = span_skip(rest, length);
  return true;
}

/* RFC 9110 8.8.3.2; ours is strong. */
static bool is_same(const struct entity_tag *tag, struct span ours, bool weak_too)
{
  return (weak_too || !tag->weak) && tag->opaque.length == ours.length &&
         memcmp(tag->opaque.data, ours.data, ours.length) == 0;
}

/* Whether a list of tags has ours. It ends where it is malformed: the condition does not hold
 * then, and the response is the whole or 412, which does no harm. */
static bool list_has_tag(struct span list, struct span ours, bool weak_too)
{
  struct entity_tag tag;
  for (skip(&list, true); take_tag(&list, &tag); skip(&list, true)) {
    skip(&list, false);
    if (list.length > 0 && *list.data != ',')
      return false;
    if (is_same(&tag, ours, weak_too))
      return true;
  }
  return false;
}

/* Whether one of the fields, which may be several lines of one list, is `*` or has our tag. */
static bool names_what_is_there(const struct http_request *r, enum http_field_id id,
                                const struct http_validators *v, bool weak_too)
{
  for (size_t i = 0; v->exists && i < r->fields.count; i++) {
    const struct http_field *field = &r->fields.all[i];
    if (field->id != id)
      continue;
    if (span_is(field->value, "*") || list_has_tag(field->value, v->etag, weak_too))
      return true;
  }
  return false;
}

/* The date of a field; false when there is none, none that parses, or more than one, which is a
 * list of dates (RFC 9110 13.1.3). */
static bool date_of(const struct http_request *r, enum http_field_id id, int64_t now,
                    int64_t *seconds)
{
  if (!http_has_field(&r->fields, id) || r->fields.repeated >> id & 1)
    return false;
  return http_date_parse(http_field(&r->fields, id), now, seconds);
}

static bool passes_match(const struct http_request *r, const struct http_validators *v, int64_t now)
{
  int64_t date;
  if (http_has_field(&r->fields, HTTP_IF_MATCH))
    return names_what_is_there(r, HTTP_IF_MATCH, v, false);
  if (v->exists && date_of(r, HTTP_IF_UNMODIFIED_SINCE, now, &date))
    return v->modified <= date;
  return true;
}

static enum http_verdict weigh_none_match(const struct http_request *r,
                                          const struct http_validators *v, int64_t now)
{
  bool reads = r->method == HTTP_GET || r->method == HTTP_HEAD;
  int64_t date;
  if (http_has_field(&r->fields, HTTP_IF_NONE_MATCH)) {
    if (!names_what_is_there(r, HTTP_IF_NONE_MATCH, v, true))
      return HTTP_PROCEED;
    return reads ? HTTP_NOT_MODIFIED : HTTP_PRECONDITION_FAILED;
  }
  if (reads && v->exists && date_of(r, HTTP_IF_MODIFIED_SINCE, now, &date) && v->modified <= date)
    return HTTP_NOT_MODIFIED;
  return HTTP_PROCEED;
}

enum http_verdict http_conditions(const struct http_request *r, const struct http_validators *v,
                                  int64_t now)
{
  if (!passes_match(r, v, now))
    return HTTP_PRECONDITION_FAILED;
  return weigh_none_match(r, v, now);
}

bool http_if_range(const struct http_request *r, const struct http_validators *v, int64_t now)
{
  if (!http_has_field(&r->fields, HTTP_IF_RANGE))
    return true;
  if (!v->exists || r->fields.repeated >> HTTP_IF_RANGE & 1)
    return false;
  struct span value = http_field(&r->fields, HTTP_IF_RANGE);
  struct entity_tag tag;
  if (take_tag(&value, &tag))
    return value.length == 0 && is_same(&tag, v->etag, false);
  int64_t date;
  /* Within the second of the modification there may be another one of the same date. */
  bool strong = v->modified < now;
  return strong && http_date_parse(value, now, &date) && date == v->modified;
}
