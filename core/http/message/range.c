#include "core/http/message/range.h"

#include "core/http/message/fields.h"

enum spec {
  SPEC_MALFORMED,
  SPEC_BEYOND, /* nothing satisfies it */
  SPEC_FINE,
};

/* Takes the digits in front; false when there are none. What does not fit is the largest number:
 * it lies past the end of everything. */
static bool take_number(struct span *s, uint64_t *number)
{
  size_t n = 0;
  *number = 0;
  for (; n < s->length && ascii_is_digit(s->data[n]); n++) {
    uint64_t digit = (uint64_t)(s->data[n] - '0');
    if (__builtin_mul_overflow(*number, 10, number) ||
        __builtin_add_overflow(*number, digit, number))
      *number = UINT64_MAX;
  }
  s->data += n;
  s->length -= n;
  return n > 0;
}

static bool take_dash(struct span *s)
{
  if (s->length == 0 || *s->data != '-')
    return false;
  s->data++;
  s->length--;
  return true;
}

/* `-500`: the last 500 bytes (RFC 9110 14.1.2). */
static enum spec parse_suffix(struct span s, uint64_t size, struct http_range *range)
{
  uint64_t length;
  if (!take_dash(&s) || !take_number(&s, &length) || s.length > 0)
    return SPEC_MALFORMED;
  if (length == 0 || size == 0)
    return SPEC_BEYOND;
  *range = (struct http_range){length < size ? size - length : 0, size - 1};
  return SPEC_FINE;
}

/* `500-999`, `500-` and `-500`. */
static enum spec parse_spec(struct span s, uint64_t size, struct http_range *range)
{
  uint64_t first, last;
  if (!take_number(&s, &first))
    return parse_suffix(s, size, range);
  if (!take_dash(&s))
    return SPEC_MALFORMED;
  if (!take_number(&s, &last))
    last = UINT64_MAX;
  if (s.length > 0)
    return SPEC_MALFORMED;
  if (first > last || first >= size)
    return SPEC_BEYOND;
  *range = (struct http_range){first, last < size ? last : size - 1};
  return SPEC_FINE;
}

/* No last position is the largest number, as each lies below a size. */
static bool overlaps_or_touches(const struct http_range *a, const struct http_range *b)
{
  return a->first <= b->last + 1 && b->first <= a->last + 1;
}

/* Adds a range, joined with all that it overlaps or touches, in the place of the first of them. One
 * pass will do: those that are there are apart, so what it touches when grown it touched before. */
static size_t add_range(struct http_range *ranges, size_t count, struct http_range new)
{
  size_t place = count, kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (!overlaps_or_touches(&ranges[i], &new)) {
      ranges[kept++] = ranges[i];
      continue;
    }
    if (ranges[i].first < new.first)
      new.first = ranges[i].first;
    if (ranges[i].last > new.last)
      new.last = ranges[i].last;
    if (place == count)
      place = kept++;
  }
  if (place == count)
    place = kept++;
  ranges[place] = new;
  return kept;
}

/* Takes `bytes=` off, whatever its case (RFC 9110 14.1). */
static bool take_unit(struct span *s)
{
  static const char unit[] = "bytes=";
  size_t n = sizeof unit - 1;
  if (s->length < n || !span_is_nocase((struct span){s->data, n}, unit))
    return false;
  s->data += n;
  s->length -= n;
  return true;
}

enum http_range_result http_ranges(struct span value, uint64_t size,
                                   struct http_range ranges[HTTP_MOST_RANGES], size_t *count)
{
  struct span spec;
  size_t asked = 0, found = 0;
  *count = 0;
  if (size == 0 || !take_unit(&value))
    return HTTP_RANGE_WHOLE;
  while (http_list_next(&value, &spec)) {
    struct http_range range;
    enum spec kind = parse_spec(spec, size, &range);
    if (kind == SPEC_MALFORMED || ++asked > HTTP_MOST_RANGES)
      return HTTP_RANGE_WHOLE;
    if (kind == SPEC_FINE)
      found = add_range(ranges, found, range);
  }
  *count = found;
  if (asked == 0)
    return HTTP_RANGE_WHOLE;
  return found ? HTTP_RANGE_SOME : HTTP_RANGE_BEYOND;
}

/* What stands in `*rest` before `mark`, which is taken off too; false without one. */
static bool take_until(struct span *rest, char mark, struct span *part)
{
  const char *at = rest->length > 0 ? memchr(rest->data, mark, rest->length) : NULL;
  if (!at)
    return false;
  *part = span_between(rest->data, at);
  *rest = span_skip(*rest, part->length + 1);
  return true;
}

bool http_content_range(struct span value, struct http_content_range *r)
{
  struct span unit, range, first;
  *r = (struct http_content_range){.has_size = true};
  if (!take_until(&value, ' ', &unit) || !span_is_nocase(unit, "bytes") ||
      !take_until(&value, '/', &range))
    return false;
  r->satisfied = !span_is(range, "*");
  r->has_size = !span_is(value, "*");
  if (r->has_size && !http_parse_number(value, &r->size))
    return false;
  if (!r->satisfied)
    return r->has_size;
  return take_until(&range, '-', &first) && http_parse_number(first, &r->first) &&
         http_parse_number(range, &r->last) && r->first <= r->last &&
         (!r->has_size || r->last < r->size);
}
