/* The head of a request, from any bytes: found alike however it comes, taken apart within its
 * bounds, and what is taken keeps the promises of the header. */
#include "core/http/message/character.h"
#include "core/http/message/request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n);

static void check(bool right)
{
  if (!right)
    abort();
}

/* The length of the head when it comes byte by byte, and how long it was when http_bad_beginning
 * refused it; 0 for never. */
static size_t length_byte_by_byte(const char *data, size_t n, size_t *refused_at)
{
  size_t scanned = 0;
  *refused_at = 0;
  for (size_t came = 0; came <= n; came++) {
    const char *reason = NULL;
    size_t length = http_head_length(data, came, &scanned);
    if (length > 0) {
      check(length == came);
      return length;
    }
    if (*refused_at == 0 && http_bad_beginning(data, came, &reason) != 0) {
      check(reason != NULL);
      *refused_at = came;
    }
  }
  return 0;
}

static void check_inside(struct span s, const char *head, size_t n)
{
  check(s.data >= head && s.data <= head + n && s.length <= n - (size_t)(s.data - head));
}

/* The members of a list are inside it, in its order, and not empty. */
static void check_list(struct span list)
{
  struct span rest = list, element;
  const char *from = list.data;
  while (http_list_next(&rest, &element)) {
    check_inside(element, list.data, list.length);
    check_inside(rest, list.data, list.length);
    check(element.length > 0 && element.data >= from);
    from = element.data + element.length;
  }
}

static void check_fields(const struct http_fields *f, const char *head, size_t n)
{
  uint64_t seen = 0, repeated = 0;
  check(f->count <= HTTP_MOST_FIELDS);
  for (size_t i = 0; i < f->count; i++) {
    const struct http_field *field = &f->all[i];
    check_inside(field->name, head, n);
    check_inside(field->value, head, n);
    check(http_is_token(field->name) && http_is_field_value(field->value));
    check_list(field->value);
    uint64_t bit = field->id ? UINT64_C(1) << field->id : 0;
    if (bit && !(seen & bit))
      check(http_field(f, field->id).data == field->value.data);
    repeated |= seen & bit;
    seen |= bit;
  }
  check(f->seen == seen && f->repeated == repeated);
  for (enum http_field_id id = HTTP_ACCEPT; id < HTTP_FIELD_IDS; id++) {
    check(!http_field(f, id).data == !http_has_field(f, id));
    http_list_has(f, id, "chunked");
  }
}

static void check_taken(const struct http_request *r, const char *head, size_t n)
{
  check(r->status == 0 && !r->reason && r->minor <= 1);
  check(n <= HTTP_LONGEST_HEAD && r->target.length <= HTTP_LONGEST_TARGET);
  check(!memchr(head, '\0', n));
  check(http_is_token(r->method_name));
  check_inside(r->method_name, head, n);
  check_inside(r->target, head, n);
  check(r->target.length > 0);
  check(r->path.length == 0 ? r->method == HTTP_CONNECT
                            : *r->path.data == '/' || *r->path.data == '*');
  check(!r->query.data || r->query.data[-1] == '?');
  check(r->host.length == 0 ? r->minor == 0 : http_is_authority(r->host));
  check(!r->chunked || (r->minor == 1 && r->length == 0));
  check(!r->expects_continue || r->minor == 1);
  bool framed = http_has_field(&r->fields, HTTP_TRANSFER_ENCODING);
  check(r->chunked == framed);
  check(!(framed && http_has_field(&r->fields, HTTP_CONTENT_LENGTH)));
  check(!(r->fields.repeated >> HTTP_HOST & 1));
}

/* Parses into memory that was filled with `fill`. */
static struct http_request *parse(const char *head, size_t n, int fill)
{
  struct http_request *r = malloc(sizeof *r);
  check(r != NULL);
  memset(r, fill, sizeof *r);
  if (http_parse_request(r, head, n)) {
    check_taken(r, head, n);
  } else {
    check(r->reason && (r->status / 100 == 4 || r->status / 100 == 5));
    check_inside(r->line, head, n);
    check(!memchr(r->line.data, '\n', r->line.length));
  }
  check_fields(&r->fields, head, n); /* of one that is refused, those before the bad one */
  return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
  const char *data = (const char *)input;
  size_t scanned = 0, refused_at;
  size_t length = http_head_length(data, n, &scanned);
  check(length_byte_by_byte(data, n, &refused_at) == length);

  size_t size = length > 0 ? length : n; /* what is no head must be refused as well */
  char *head = malloc(size + 1);
  check(head != NULL);
  memcpy(head, data, size);
  head = realloc(head, size > 0 ? size : 1); /* the sanitizer sees a byte read behind it */
  check(head != NULL);

  struct http_request *once = parse(head, size, 0xa5), *again = parse(head, size, 0x5a);
  check(once->status == again->status && once->reason == again->reason);
  check(once->fields.seen == again->fields.seen && once->fields.count == again->fields.count);
  check(once->keep_alive == again->keep_alive && once->length == again->length);
  check(length > 0 || once->status != 0);
  check(refused_at == 0 || once->status != 0);
  free(once);
  free(again);
  free(head);
  return 0;
}
