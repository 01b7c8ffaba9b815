#include "cmd/serve/file.h"

#include "core/http/message/condition.h"
#include "core/http/message/date.h"
#include "core/http/message/negotiate.h"
#include "core/http/message/range.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

enum { PART_HEAD_SIZE = 512 };

/* With none of these fields, the response is the whole file. */
static const uint64_t special_fields =
    1ULL << HTTP_IF_MATCH | 1ULL << HTTP_IF_NONE_MATCH | 1ULL << HTTP_IF_MODIFIED_SINCE |
    1ULL << HTTP_IF_UNMODIFIED_SINCE | 1ULL << HTTP_RANGE | 1ULL << HTTP_ACCEPT_ENCODING;

/* A part of the file as a producer. */
static struct producer *part(const struct resource *f, uint64_t offset, uint64_t length)
{
  if (f->bytes)
    return producer_shared(f->bytes, (size_t)offset, (size_t)length);
  return producer_file(f->file, (int64_t)offset, length);
}

static void respond_part(struct http_exchange *x, const struct resource *f, uint64_t offset,
                         uint64_t length)
{
  if (f->bytes)
    http_respond_shared(x, f->bytes, (size_t)offset, (size_t)length);
  else
    http_respond_producer(x, producer_file(f->file, (int64_t)offset, length));
}

/* The time of the last modification, which is never later than that of the response (RFC 9110
 * 8.8.2.1). */
static int64_t modified_of(const struct resource *f, int64_t now)
{
  return f->st.st_mtim.tv_sec < now ? f->st.st_mtim.tv_sec : now;
}

/* The field lines of a file that are not the same each time; of none if `f` is NULL. */
static void add_varying(struct http_exchange *x, const struct resource *f)
{
  const struct serve_exchange *own = x->context;
  char date[HTTP_DATE_SIZE];
  if (own && own->varies)
    http_respond_field(x, "Vary", "Accept");
  if (!f || !f->future)
    return;
  http_date_print(date, modified_of(f, http_exchange_server(x)->common.second)); /* as Date says */
  http_respond_field(x, "Last-Modified", "%s", date);
}

static void respond_whole(struct http_exchange *x, const struct resource *f)
{
  http_respond_start(x, 200);
  http_respond_lines(x, f->lines, f->lines_length);
  add_varying(x, f);
  respond_part(x, f, 0, (uint64_t)f->st.st_size);
}

/* The field lines of a 200 without Content-Length, which comes first; and without Content-Type,
 * which comes second, unless `with_type`. */
static void other_lines(struct http_exchange *x, const struct resource *f, bool with_type)
{
  const char *lines = f->lines + f->length_line, *end = f->lines + f->lines_length;
  if (!with_type)
    lines = (const char *)memchr(lines, '\n', (size_t)(end - lines)) + 1;
  http_respond_lines(x, lines, (size_t)(end - lines));
  add_varying(x, f);
}

static void respond_range(struct http_exchange *x, const struct resource *f,
                          const struct http_range *range)
{
  uint64_t length = range->last - range->first + 1;
  http_respond_start(x, 206);
  http_respond_length(x, length);
  http_respond_field(x, "Content-Range", "bytes %" PRIu64 "-%" PRIu64 "/%jd", range->first,
                     range->last, (intmax_t)f->st.st_size);
  other_lines(x, f, true);
  respond_part(x, f, range->first, length);
}

static void respond_beyond(struct http_exchange *x, const struct resource *f)
{
  http_respond_start(x, 416);
  http_respond_field(x, "Content-Range", "bytes */%jd", (intmax_t)f->st.st_size);
  http_respond_page(x, "the range is beyond the end of the file");
}

/* What precedes each part of a multipart/byteranges body (RFC 9110 14.6); its end if `range` is
 * NULL. */
static size_t part_head(char *out, const char *boundary, const struct resource *f,
                        const struct http_range *range)
{
  if (!range)
    return (size_t)snprintf(out, PART_HEAD_SIZE, "\r\n--%s--\r\n", boundary);
  return (size_t)snprintf(out, PART_HEAD_SIZE,
                          "\r\n--%s\r\nContent-Type: %.200s\r\n"
                          "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%jd\r\n\r\n",
                          boundary, f->type, range->first, range->last, (intmax_t)f->st.st_size);
}

/* A random boundary, so that no file can contain it on purpose. 0 or a negative errno. */
static int make_boundary(char *out, size_t size)
{
  uint64_t random[2];
  int err = uv_random(NULL, NULL, random, sizeof random, 0, NULL);
  if (!err)
    snprintf(out, size, "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
  return err;
}

static int queue_parts(struct list *parts, const char *boundary, const struct resource *f,
                       const struct http_range *ranges, size_t count)
{
  char head[PART_HEAD_SIZE];
  for (size_t i = 0; i <= count; i++) {
    const struct http_range *range = i < count ? &ranges[i] : NULL;
    struct producer *p = producer_bytes(head, part_head(head, boundary, f, range));
    if (!p)
      return UV_ENOMEM;
    list_append(parts, &p->link);
    p = range ? part(f, range->first, range->last - range->first + 1) : NULL;
    if (range && !p)
      return UV_ENOMEM;
    if (p)
      list_append(parts, &p->link);
  }
  return 0;
}

static void release_parts(struct list *parts)
{
  struct list *node;
  while ((node = list_pop(parts)) != NULL)
    producer_release(container_of(node, struct producer, link));
}

static void respond_ranges(struct http_exchange *x, const struct resource *f,
                           const struct http_range *ranges, size_t count)
{
  char boundary[33], head[PART_HEAD_SIZE];
  struct list parts;
  list_init(&parts);
  int err = make_boundary(boundary, sizeof boundary);
  if (!err)
    err = queue_parts(&parts, boundary, f, ranges, count);
  if (err) {
    release_parts(&parts);
    serve_error(x, f->path, err);
    return;
  }
  uint64_t length = part_head(head, boundary, f, NULL);
  for (size_t i = 0; i < count; i++)
    length += part_head(head, boundary, f, &ranges[i]) + ranges[i].last - ranges[i].first + 1;
  http_respond_start(x, 206);
  http_respond_length(x, length);
  http_respond_field(x, "Content-Type", "multipart/byteranges; boundary=%s", boundary);
  other_lines(x, f, false);
  http_respond_producers(x, &parts);
  release_parts(&parts); /* if the response was cut, some are left */
}

static void respond_as_asked(struct http_exchange *x, const struct http_request *r,
                             const struct resource *f)
{
  int64_t now = http_server_now(http_exchange_server(x));
  const struct http_validators v = {
      .exists = true, .etag = span_of(f->etag), .modified = modified_of(f, now)};
  struct http_range ranges[HTTP_MOST_RANGES];
  size_t count = 0;
  enum http_range_result result = HTTP_RANGE_WHOLE;

  switch (http_conditions(r, &v, now)) {
  case HTTP_PRECONDITION_FAILED:
    http_respond_error(x, 412, "the file does not match the conditions of the request");
    return;
  case HTTP_NOT_MODIFIED:
    http_respond_start(x, 304);
    other_lines(x, f, false);
    http_respond_nothing(x);
    return;
  case HTTP_PROCEED:
    break;
  }
  /* Only GET has ranges (RFC 9110 14.2). */
  if (r->method == HTTP_GET && http_has_field(&r->fields, HTTP_RANGE) && http_if_range(r, &v, now))
    result =
        http_ranges(http_field(&r->fields, HTTP_RANGE), (uint64_t)f->st.st_size, ranges, &count);
  if (result == HTTP_RANGE_BEYOND)
    respond_beyond(x, f);
  else if (result == HTTP_RANGE_WHOLE)
    respond_whole(x, f);
  else if (count == 1)
    respond_range(x, f, &ranges[0]);
  else
    respond_ranges(x, f, ranges, count);
}

/* The available coding that the client prefers; CODING_NONE if it prefers the plain file, or
 * accepts no other. */
static enum coding choose(const struct http_request *r, unsigned variants)
{
  enum coding best = CODING_NONE;
  unsigned weight = 0;
  if (!http_has_field(&r->fields, HTTP_ACCEPT_ENCODING))
    return CODING_NONE;
  for (enum coding i = CODING_BR; i < CODINGS; i++) {
    unsigned w = variants >> i & 1 ? http_coding_weight(&r->fields, coding_names[i]) : 0;
    if (w > weight) {
      weight = w;
      best = i;
    }
  }
  return weight >= http_coding_weight(&r->fields, "identity") ? best : CODING_NONE;
}

bool serve_file(struct http_exchange *x, const struct http_request *r, const char *path,
                size_t length, int *err)
{
  struct site *s = site_of(x);
  uint64_t now = reactor_now_ms(&s->http.serving.reactor);
  const struct resource *f = cache_get(&s->cache, path, length, CODING_NONE, now, err);
  if (!f)
    return false;
  if (!(r->fields.seen & special_fields)) {
    respond_whole(x, f);
    return true;
  }
  enum coding coding = f->variants ? choose(r, f->variants) : CODING_NONE;
  if (coding != CODING_NONE) {
    int none;
    const struct resource *variant = cache_get(&s->cache, path, length, coding, now, &none);
    if (!variant) /* it was removed meanwhile */
      variant = cache_get(&s->cache, path, length, CODING_NONE, now, err);
    f = variant;
  }
  if (!f)
    return false;
  respond_as_asked(x, r, f);
  return true;
}

bool serve_spa(struct http_exchange *x, const struct http_request *r, int err)
{
  const char *spa = site_of(x)->options->spa;
  struct serve_exchange *own;
  int none;
  if (!spa || (err != UV_ENOENT && err != UV_ENOTDIR) || !(own = serve_exchange_of(x)))
    return false;
  own->varies = true;
  if (http_names_html(&r->fields) && serve_file(x, r, spa, strlen(spa), &none))
    return true;
  http_respond_start(x, 404);
  add_varying(x, NULL);
  http_respond_page(x, "there is nothing with that name");
  return true;
}
