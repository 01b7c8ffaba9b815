/* Forms. The first byte chooses: odd for the fields of a query, even for multipart, whose body is
 * fed in one piece and in pieces as long as the second byte and the body's own bytes say. */
#include "core/codec/urlencoded.h"
#include "core/http/message/multipart.h"

#include <stddef.h>
#include <stdlib.h>
#include <uv.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void promise(bool holds)
{
  if (!holds)
    abort();
}

/* What a parser told: all in one row, so that how the data is cut does not show. */
struct parser {
  struct multipart m;
  struct buffer told;
  bool in_part;
  size_t data; /* bytes of it */
};

static struct parser *parser_of(struct multipart *m)
{
  return (struct parser *)((char *)m - offsetof(struct parser, m));
}

static int on_part(struct multipart *m, const char *name, const char *filename)
{
  struct parser *p = parser_of(m);
  promise(!p->in_part && !m->done);
  p->in_part = true;
  promise(buffer_printf(&p->told, "part %s, file %s:", name, filename ? filename : "-") == 0);
  return 0;
}

static int on_data(struct multipart *m, const void *data, size_t n)
{
  struct parser *p = parser_of(m);
  promise(p->in_part && n > 0);
  promise(buffer_append(&p->told, data, n) == 0);
  p->data += n;
  return 0;
}

static int on_end(struct multipart *m)
{
  struct parser *p = parser_of(m);
  promise(p->in_part);
  p->in_part = false;
  promise(buffer_append(&p->told, "end", 3) == 0);
  return 0;
}

static void parser_init(struct parser *p)
{
  static const struct multipart_ops ops = {on_part, on_data, on_end};
  *p = (struct parser){0};
  promise(multipart_init(&p->m, &ops, span_of("multipart/form-data; boundary=b")) == 0);
}

static void parser_release(struct parser *p)
{
  multipart_release(&p->m);
  buffer_release(&p->told);
}

/* Feeds a copy, so that a look past its end is seen. */
static int feed_copy(struct multipart *m, const uint8_t *data, size_t n)
{
  uint8_t *copy = malloc(n ? n : 1);
  promise(copy);
  memcpy(copy, data, n);
  int err = multipart_feed(m, copy, n);
  free(copy);
  promise(m->held.length <= MULTIPART_LONGEST_HEAD);
  return err;
}

static int feed_split(struct multipart *m, const uint8_t *data, size_t n, uint8_t seed)
{
  int err = 0;
  uint32_t state = seed;
  while (n > 0 && err == 0) {
    state = state * 1103515245 + 12345 + data[0];
    size_t piece = seed ? (state >> 16) % seed + 1 : 1;
    piece = piece < n ? piece : n;
    err = feed_copy(m, data, piece);
    data += piece;
    n -= piece;
  }
  return err;
}

static void check_multipart(const uint8_t *data, size_t n)
{
  struct parser whole, split;
  if (n == 0)
    return;
  parser_init(&whole);
  parser_init(&split);
  int err = feed_copy(&whole.m, data + 1, n - 1);
  promise(err == 0 || err == UV_EPROTO);
  promise(err == 0 || whole.m.reason);
  promise(feed_split(&split.m, data + 1, n - 1, data[0]) == err);
  promise(whole.m.done == split.m.done && whole.in_part == split.in_part);
  promise(!whole.m.done || !whole.in_part);
  promise(whole.told.length == split.told.length);
  promise(whole.told.length == 0 ||
          memcmp(buffer_data(&whole.told), buffer_data(&split.told), whole.told.length) == 0);
  promise(whole.data <= n);
  parser_release(&whole);
  parser_release(&split);
}

static void check_inside(struct span part, struct span whole)
{
  promise(part.data >= whole.data && part.length <= whole.length);
  promise((size_t)(part.data - whole.data) <= whole.length - part.length);
}

static void check_fields(struct span form)
{
  struct span rest = form, name, value;
  struct buffer out = {0};
  while (urlencoded_next(&rest, &name, &value)) {
    check_inside(name, form);
    check_inside(value, form);
    promise(!memchr(value.data, '&', value.length) && !memchr(name.data, '=', name.length));
    size_t before = out.length;
    promise(urlencoded_decode(&out, name) == 0 && urlencoded_decode(&out, value) == 0);
    promise(out.length - before <= name.length + value.length);
  }
  promise(rest.length == 0);
  buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
  if (n == 0)
    return 0;
  if (data[0] & 1)
    check_fields((struct span){(const char *)data + 1, n - 1});
  else
    check_multipart(data + 1, n - 1);
  return 0;
}
