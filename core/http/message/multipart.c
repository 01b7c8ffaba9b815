#include "core/http/message/multipart.h"

#include "core/http/message/fields.h"
#include "core/http/message/parameter.h"

#include <uv.h>

enum state {
  PREAMBLE,  /* before the first delimiter; ignored (RFC 2046 5.1.1) */
  DELIMITED, /* after a delimiter */
  DASHED,    /* and the first dash of the closing one */
  PADDED,    /* or white space */
  RETURNED,  /* and the CR of its line */
  HEAD,
  DATA,
  EPILOGUE,
};

/* RFC 2046 5.1.1. None of it can be a CR, so that in a delimiter only the first byte is one. */
static bool is_boundary(const char *s, size_t n)
{
  static const char marks[] = "'()+_,-./:=? ";
  if (n == 0 || n > MULTIPART_LONGEST_BOUNDARY || s[n - 1] == ' ')
    return false;
  for (size_t i = 0; i < n; i++) {
    bool mark = memchr(marks, s[i], sizeof marks - 1) != NULL;
    if (!mark && !ascii_is_digit(s[i]) && !ascii_is_alpha(s[i]))
      return false;
  }
  return true;
}

/* The next byte is the first of a line, so that a delimiter may stand there already: a body may
 * begin with one, and a part without a body has no other line end (RFC 2046 5.1.1). */
static void await_delimiter(struct multipart *m, enum state state)
{
  m->state = state;
  m->matched = m->lent = strlen("\r\n");
}

int multipart_init(struct multipart *m, const struct multipart_ops *ops, struct span content_type)
{
  char boundary[MULTIPART_LONGEST_BOUNDARY + 1];
  if (!http_value_is(content_type, "multipart/form-data") ||
      !http_parameter(content_type, "boundary", boundary, sizeof boundary) ||
      !is_boundary(boundary, strlen(boundary)))
    return UV_EPROTO;
  *m = (struct multipart){.ops = ops};
  await_delimiter(m, PREAMBLE);
  strcpy(stpcpy(m->delimiter, "\r\n--"), boundary);
  m->delimiter_length = strlen(m->delimiter);
  return 0;
}

void multipart_release(struct multipart *m)
{
  buffer_release(&m->held);
}

static int bad(struct multipart *m, const char *reason)
{
  m->reason = reason;
  return UV_EPROTO;
}

/* Gives the part's data out; that of the preamble is nobody's. */
static int give(struct multipart *m, const void *data, size_t n)
{
  return m->state == DATA && n > 0 ? m->ops->data(m, data, n) : 0;
}

/* How many bytes come before the next delimiter, or before what may be the start of one at the end.
 * `*matched` is how much of it is there. */
static size_t find_delimiter(const struct multipart *m, const char *s, size_t n, size_t *matched)
{
  const char *end = s + n;
  *matched = 0;
  for (const char *at = s; (at = memchr(at, '\r', (size_t)(end - at))); at++) {
    size_t left = (size_t)(end - at);
    size_t most = left < m->delimiter_length ? left : m->delimiter_length;
    if (memcmp(at, m->delimiter, most) == 0) {
      *matched = most;
      return (size_t)(at - s);
    }
  }
  return n;
}

static int end_data(struct multipart *m)
{
  bool in_part = m->state == DATA;
  m->matched = m->lent = 0;
  m->state = DELIMITED;
  return in_part ? m->ops->end(m) : 0;
}

/* Goes on with a delimiter that earlier bytes began. When it was none its bytes were data; and as
 * no CR follows in them, nothing that begins among them can be one. */
static int feed_started(struct multipart *m, const char *s, size_t n, size_t *used)
{
  size_t missing = m->delimiter_length - m->matched;
  size_t most = n < missing ? n : missing;
  if (memcmp(s, m->delimiter + m->matched, most) != 0) {
    size_t n_data = m->matched - m->lent, lent = m->lent;
    m->matched = m->lent = 0;
    *used = 0;
    return give(m, m->delimiter + lent, n_data);
  }
  *used = most;
  m->matched += most;
  return m->matched == m->delimiter_length ? end_data(m) : 0;
}

static int feed_data(struct multipart *m, const char *s, size_t n, size_t *used)
{
  if (m->matched > 0)
    return feed_started(m, s, n, used);
  size_t before = find_delimiter(m, s, n, &m->matched);
  *used = before + m->matched;
  int err = give(m, s, before);
  if (err == 0 && m->matched == m->delimiter_length)
    err = end_data(m);
  return err;
}

/* What follows a delimiter: two dashes after the last one, else white space and CRLF. */
static int feed_delimiter_end(struct multipart *m, char c)
{
  if (m->state == DELIMITED && c == '-')
    m->state = DASHED;
  else if (m->state == DASHED && c == '-')
    m->state = EPILOGUE;
  else if (m->state == RETURNED && c == '\n')
    m->state = HEAD;
  else if ((m->state == DELIMITED || m->state == PADDED) && (c == ' ' || c == '\t'))
    m->state = PADDED;
  else if ((m->state == DELIMITED || m->state == PADDED) && c == '\r')
    m->state = RETURNED;
  else
    return bad(m, "something follows a boundary on its line");
  m->done = m->state == EPILOGUE;
  return 0;
}

/* The parameter `plain`, or `extended`, which counts more if it is well-formed. RFC 7578 4.2
 * forbids the latter, and clients send it alone (urllib3 before 1.25) or beside an encoded word
 * (.NET). */
static bool decode(struct span disposition, const char *plain, const char *extended, char *out)
{
  return http_extended_parameter(disposition, extended, out, MULTIPART_LONGEST_HEAD) ||
         http_parameter(disposition, plain, out, MULTIPART_LONGEST_HEAD);
}

/* RFC 7578 4.2: each part has a Content-Disposition with a name. */
static int begin_part(struct multipart *m, const char *head, size_t n)
{
  struct http_fields fields;
  char name[MULTIPART_LONGEST_HEAD], filename[MULTIPART_LONGEST_HEAD];
  struct span disposition = {0};
  if (http_parse_fields(&fields, head, n) != HTTP_FIELDS_FINE)
    return bad(m, "the head of a part is malformed");
  for (size_t i = 0; i < fields.count; i++) {
    if (!span_is_nocase(fields.all[i].name, "content-disposition"))
      continue;
    if (disposition.data)
      return bad(m, "a part has two Content-Dispositions");
    disposition = fields.all[i].value;
  }
  if (!http_value_is(disposition, "form-data") || !decode(disposition, "name", "name*", name))
    return bad(m, "a part has no name");
  bool is_file =
      http_has_parameter(disposition, "filename") || http_has_parameter(disposition, "filename*");
  if (is_file && !decode(disposition, "filename", "filename*", filename))
    return bad(m, "the name of a part's file is malformed");
  return m->ops->part(m, name, is_file ? filename : NULL);
}

/* The length of a whole head in what is held, of which `seen` bytes were looked at before; 0 when
 * it is not whole. A head without a field is only its empty line. */
static size_t head_length(const struct buffer *held, size_t seen)
{
  const char *s = (const char *)buffer_data(held);
  if (held->length >= 2 && memcmp(s, "\r\n", 2) == 0)
    return 2;
  size_t from = seen < 3 ? 0 : seen - 3;
  const char *end = memmem(s + from, held->length - from, "\r\n\r\n", 4);
  return end ? (size_t)(end - s) + 4 : 0;
}

static int feed_head(struct multipart *m, const char *s, size_t n, size_t *used)
{
  size_t seen = m->held.length, room = MULTIPART_LONGEST_HEAD - seen;
  size_t most = n < room ? n : room;
  int err = buffer_append(&m->held, s, most);
  if (err)
    return err;
  size_t length = head_length(&m->held, seen);
  *used = length ? length - seen : most;
  if (length == 0)
    return m->held.length < MULTIPART_LONGEST_HEAD ? 0 : bad(m, "the head of a part is too long");
  err = begin_part(m, (const char *)buffer_data(&m->held), length);
  buffer_release(&m->held);
  await_delimiter(m, DATA);
  return err;
}

int multipart_feed(struct multipart *m, const void *data, size_t n)
{
  const char *s = data;
  int err = 0;
  while (err == 0 && n > 0 && m->state != EPILOGUE) {
    size_t used = 1;
    if (m->state == PREAMBLE || m->state == DATA)
      err = feed_data(m, s, n, &used);
    else if (m->state == HEAD)
      err = feed_head(m, s, n, &used);
    else
      err = feed_delimiter_end(m, *s);
    s += used;
    n -= used;
  }
  return err;
}
