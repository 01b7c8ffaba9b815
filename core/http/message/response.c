#include "core/http/message/response.h"

#include "core/http/message/character.h"
#include "core/http/message/transfer_codings.h"

/* Of `HTTP/1.1 200 OK`. */
enum { MINOR_AT = 7, STATUS_AT = 9, STATUS_END = 12 };

static const char too_long[] = "the head is too long";

static bool refuse(struct http_response *r, const char *reason)
{
  r->reason = reason;
  return false;
}

/* What is wrong with a start that is none of HTTP/1, by the byte at `at` that shows it. */
static const char *no_version(char byte, size_t at)
{
  if (at > strlen("HTTP"))
    return "a version of HTTP other than 1";
  if (at == 0 && (byte == 0x15 || byte == 0x16)) /* an alert or a handshake: RFC 8446 5.1 */
    return "this is TLS, not HTTP";
  return "no status line: HTTP/0.9, or not HTTP";
}

/* What is wrong with `byte` where it stands in the status line, up to the one behind the status. */
static const char *wrong_byte(char byte, size_t at)
{
  static const char version[] = "HTTP/1.";
  if (at < MINOR_AT)
    return byte == version[at] ? NULL : no_version(byte, at);
  if (at < STATUS_AT) {
    bool right = at == MINOR_AT ? ascii_is_digit(byte) : byte == ' ';
    return right ? NULL : "malformed version";
  }
  bool right =
      at == STATUS_END ? byte == ' ' || byte == '\r' || byte == '\n' : ascii_is_digit(byte);
  if (at == STATUS_AT && byte == '0')
    right = false;
  return right ? NULL : "malformed status";
}

const char *http_bad_response_beginning(const char *data, size_t n)
{
  for (size_t at = 0; at < n && at <= STATUS_END; at++) {
    const char *wrong = wrong_byte(data[at], at);
    if (wrong)
      return wrong;
  }
  return n > HTTP_LONGEST_RESPONSE_HEAD ? too_long : NULL;
}

/* The line begins as it should; the space before an empty reason phrase (RFC 9112 4) may be
 * missing, as many servers leave it out. */
static bool parse_line(struct http_response *r)
{
  const char *s = r->line.data, *end = s + r->line.length;
  r->minor = s[MINOR_AT] != '0'; /* a higher one is read as the highest we know: RFC 9110 6.2 */
  for (s += STATUS_AT; s < r->line.data + STATUS_END; s++)
    r->status = r->status * 10 + (unsigned)(*s - '0');
  if (http_skip(s, end, HTTP_IN_VALUE) != end)
    return refuse(r, "a control character in the status line");
  s += s < end;
  r->words = span_between(s, end);
  return true;
}

/* RFC 9110 8.6: the same length said again, in one field or in several, is as good as once. */
static bool parse_length(struct http_response *r)
{
  const struct http_fields *f = &r->fields;
  for (size_t i = f->first[HTTP_CONTENT_LENGTH]; i < f->count; i++) {
    const struct http_field *field = http_field_at(f, i);
    if (field->id != HTTP_CONTENT_LENGTH)
      continue;
    struct span rest = field->value, element;
    bool any = false;
    while (http_list_next(&rest, &element)) {
      uint64_t length;
      if (!http_parse_number(element, &length))
        return refuse(r, "malformed Content-Length");
      if (r->has_length && length != r->length)
        return refuse(r, "two Content-Lengths that differ");
      r->length = length;
      r->has_length = any = true;
    }
    if (!any)
      return refuse(r, "malformed Content-Length");
  }
  return true;
}

/* What the fields say is held to the rules also where there is no body: a cache or a proxy on the
 * way may have taken one for the start of the next response. */
static bool check_framing(struct http_response *r, bool to_head)
{
  bool coded = http_has_field(&r->fields, HTTP_TRANSFER_ENCODING);
  if (http_has_field(&r->fields, HTTP_CONTENT_LENGTH)) {
    if (coded)
      return refuse(r, "Content-Length with Transfer-Encoding");
    if (!parse_length(r))
      return false;
  }
  if (coded && r->minor == 0)
    return refuse(r, "Transfer-Encoding in HTTP/1.0"); /* RFC 9112 6.1 */
  enum http_transfer_codings codings =
      coded ? http_transfer_codings(&r->fields) : HTTP_TRANSFER_CODINGS_CHUNKED;
  if (codings)
    return refuse(r, http_transfer_codings_words(codings));

  if (to_head || r->status < 200 || r->status == 204 || r->status == 304)
    r->framing = HTTP_NO_BODY;
  else if (coded)
    r->framing = HTTP_CHUNKED;
  else
    r->framing = r->has_length ? HTTP_LENGTH : HTTP_TO_CLOSE;
  return true;
}

bool http_parse_response(struct http_response *r, const char *head, size_t n, bool to_head)
{
  memset(r, 0, offsetof(struct http_response, fields) + offsetof(struct http_fields, all));
  const char *end = head + n, *newline = memchr(head, '\n', n), *stop = newline ? newline : end;
  if (newline > head && newline[-1] == '\r')
    stop--;
  r->line = span_between(head, stop);
  const char *wrong = http_bad_response_beginning(head, n);
  if (wrong)
    return refuse(r, wrong);
  if (!newline)
    return refuse(r, "the status line has no end");
  if (!parse_line(r))
    return false;
  newline++;
  enum http_fields_error error =
      http_parse_many_fields(&r->fields, newline, (size_t)(end - newline));
  if (error)
    return refuse(r, http_fields_error_words(error));
  return check_framing(r, to_head);
}
