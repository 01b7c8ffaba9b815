#include "core/http/message/negotiate.h"

#include "core/http/message/parameter.h"

enum { MOST = 1000, LEAST = 1 };

/* `0`, `1`, with a point and up to three digits behind it (RFC 9110 12.4.2); else 0. */
static unsigned parse_weight(struct span s)
{
  if (s.length == 0 || s.length > strlen("0.000") || (*s.data != '0' && *s.data != '1') ||
      (s.length > 1 && s.data[1] != '.'))
    return 0;
  unsigned weight = *s.data == '1' ? MOST : 0, unit = MOST / 10;
  for (size_t i = 2; i < s.length; i++, unit /= 10) {
    if (!ascii_is_digit(s.data[i]))
      return 0;
    weight += (unsigned)(s.data[i] - '0') * unit;
  }
  return weight <= MOST ? weight : 0;
}

/* What an element of Accept or Accept-Encoding names, and its weight: 1000 when it has none. */
static unsigned weigh(struct span element, struct span *what)
{
  struct span name, value;
  *what = (struct span){0};
  http_piece_next(&element, what, &value);
  while (http_piece_next(&element, &name, &value)) {
    if (span_is_nocase(name, "q"))
      return parse_weight(value);
  }
  return MOST;
}

/* How much an element says about something: with `*` less than by its name. */
enum says {
  SAYS_NOTHING,
  SAYS_ALL,    /* any of them */
  SAYS_FAMILY, /* `text` and anything after it */
  SAYS_NAME,
};

struct preference {
  enum says says;
  unsigned weight;
};

/* What the elements of a field that say most give to `name`; `says` is how much one says. */
static struct preference prefer(const struct http_fields *f, enum http_field_id id,
                                enum says (*says)(struct span what, const char *name),
                                const char *name)
{
  struct preference best = {SAYS_NOTHING, 0};
  for (size_t i = 0; i < f->count; i++) {
    struct span rest = f->all[i].value, element, what;
    while (f->all[i].id == id && http_list_next(&rest, &element)) {
      unsigned weight = weigh(element, &what);
      struct preference p = {says(what, name), weight};
      bool more = p.says > best.says || (p.says == best.says && p.weight > best.weight);
      if (p.says != SAYS_NOTHING && more)
        best = p;
    }
  }
  return best;
}

static enum says coding_says(struct span what, const char *coding)
{
  if (span_is_nocase(what, "x-gzip")) /* RFC 9110 8.4.1.3 */
    what = span_of("gzip");
  if (span_is_nocase(what, coding))
    return SAYS_NAME;
  return span_is(what, "*") ? SAYS_ALL : SAYS_NOTHING;
}

unsigned http_coding_weight(const struct http_fields *f, const char *coding)
{
  bool identity = strcmp(coding, "identity") == 0;
  if (!http_has_field(f, HTTP_ACCEPT_ENCODING))
    return identity ? MOST : 0;
  struct preference p = prefer(f, HTTP_ACCEPT_ENCODING, coding_says, coding);
  if (p.says == SAYS_NOTHING)
    return identity ? LEAST : 0;
  return p.weight;
}

/* `type` is text/html, a range text/html, text and a star, or two stars. */
static enum says range_says(struct span range, const char *type)
{
  if (span_is_nocase(range, type))
    return SAYS_NAME;
  if (span_is(range, "*/*"))
    return SAYS_ALL;
  size_t family = strcspn(type, "/") + 1;
  bool same = range.length == family + 1 && strncasecmp(range.data, type, family) == 0;
  return same && range.data[family] == '*' ? SAYS_FAMILY : SAYS_NOTHING;
}

bool http_wants_json(const struct http_fields *f)
{
  struct preference json = prefer(f, HTTP_ACCEPT, range_says, "application/json");
  struct preference html = prefer(f, HTTP_ACCEPT, range_says, "text/html");
  if (json.weight != html.weight)
    return json.weight > html.weight;
  return json.weight > 0 && json.says == SAYS_NAME && html.says != SAYS_NAME;
}

bool http_names_html(const struct http_fields *f)
{
  struct preference html = prefer(f, HTTP_ACCEPT, range_says, "text/html");
  return html.weight > 0 && html.says >= SAYS_FAMILY;
}
