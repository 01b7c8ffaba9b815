#include "core/http/message/transfer_codings.h"

#include "core/http/message/character.h"

struct count {
  unsigned chunked, others;
  bool malformed;   /* a field names none, or not by a token */
  bool ends_in_one; /* the last one is chunked */
};

static void read_list(struct count *c, struct span list)
{
  struct span coding;
  bool any = false;
  while (http_list_next(&list, &coding)) {
    any = true;
    c->ends_in_one = span_is_nocase(coding, "chunked"); /* it has no parameters: RFC 9112 7.1 */
    if (c->ends_in_one) {
      c->chunked++;
      continue;
    }
    c->others++;
    const char *end = coding.data + coding.length;
    const char *stop = http_skip(coding.data, end, HTTP_IN_TOKEN);
    const char *next = http_skip_white(stop, end);
    if (stop == coding.data || (next < end && *next != ';'))
      c->malformed = true;
  }
  if (!any)
    c->malformed = true;
}

enum http_transfer_codings http_transfer_codings(const struct http_fields *f)
{
  struct count c = {0};
  for (size_t i = f->first[HTTP_TRANSFER_ENCODING]; i < f->count; i++) {
    const struct http_field *field = http_field_at(f, i);
    if (field->id == HTTP_TRANSFER_ENCODING)
      read_list(&c, field->value);
  }
  if (c.malformed)
    return HTTP_TRANSFER_CODINGS_MALFORMED;
  if (c.chunked > 1)
    return HTTP_TRANSFER_CODINGS_TWICE;
  if (!c.ends_in_one)
    return HTTP_TRANSFER_CODINGS_NOT_LAST;
  return c.others > 0 ? HTTP_TRANSFER_CODINGS_OTHERS : HTTP_TRANSFER_CODINGS_CHUNKED;
}

const char *http_transfer_codings_words(enum http_transfer_codings codings)
{
  static const char *const words[] = {
      [HTTP_TRANSFER_CODINGS_CHUNKED] = "nothing is wrong",
      [HTTP_TRANSFER_CODINGS_MALFORMED] = "malformed Transfer-Encoding",
      [HTTP_TRANSFER_CODINGS_TWICE] = "chunked twice",
      [HTTP_TRANSFER_CODINGS_NOT_LAST] = "the last transfer coding is not chunked",
      [HTTP_TRANSFER_CODINGS_OTHERS] = "a transfer coding other than chunked",
  };
  return words[codings];
}
