/* Header fields, parsed in place, and the lists in their values.
 * RFC 9110 5, RFC 9112 5. Pure: no I/O, and no memory of its own but for a response with very many
 * fields. */
#ifndef ANET_CORE_HTTP_MESSAGE_FIELDS_H
#define ANET_CORE_HTTP_MESSAGE_FIELDS_H

#include "core/base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The fields that are looked up by name. */
enum http_field_id {
  HTTP_OTHER_FIELD,
  HTTP_ACCEPT,
  HTTP_ACCEPT_ENCODING,
  HTTP_ACCESS_CONTROL_REQUEST_HEADERS,
  HTTP_ACCESS_CONTROL_REQUEST_METHOD,
  HTTP_AUTHORIZATION,
  HTTP_CONNECTION,
  HTTP_CONTENT_ENCODING,
  HTTP_CONTENT_LENGTH,
  HTTP_CONTENT_RANGE,
  HTTP_CONTENT_TYPE,
  HTTP_DATE,
  HTTP_ETAG,
  HTTP_EXPECT,
  HTTP_HOST,
  HTTP_IF_MATCH,
  HTTP_IF_MODIFIED_SINCE,
  HTTP_IF_NONE_MATCH,
  HTTP_IF_RANGE,
  HTTP_IF_UNMODIFIED_SINCE,
  HTTP_LAST_MODIFIED,
  HTTP_LOCATION,
  HTTP_ORIGIN,
  HTTP_RANGE,
  HTTP_REFERER,
  HTTP_RETRY_AFTER,
  HTTP_SEC_FETCH_SITE,
  HTTP_TRANSFER_ENCODING,
  HTTP_USER_AGENT,
  HTTP_X_FORWARDED_HOST,
  HTTP_FIELD_IDS,
};

enum {
  HTTP_MOST_FIELDS = 100, /* of a request; those of a response that go beyond it cost memory */
};

struct http_field {
  enum http_field_id id;
  struct span name, value; /* the value without white space around it */
};

struct http_fields {
  uint64_t seen;                  /* bit ID for each known field that is there */
  uint64_t repeated;              /* and for each that is there more than once */
  uint32_t first[HTTP_FIELD_IDS]; /* the number of the first of them; only of those seen */
  size_t count;
  struct http_field *more; /* from number HTTP_MOST_FIELDS on; NULL for none */
  size_t more_room;
  struct http_field all[HTTP_MOST_FIELDS]; /* unset from `count` on */
};

enum http_fields_error {
  HTTP_FIELDS_FINE = 0,
  HTTP_FIELDS_TOO_MANY,
  HTTP_FIELDS_BAD_NAME, /* empty, or a character that is no token's */
  HTTP_FIELDS_SPACE,    /* between name and colon (RFC 9112 5.1) */
  HTTP_FIELDS_FOLDED,   /* a line that begins with white space (RFC 9112 5.2) */
  HTTP_FIELDS_NO_COLON,
  HTTP_FIELDS_BAD_VALUE, /* a control character, a CR without LF, NUL */
  HTTP_FIELDS_BAD_END,   /* the empty line is missing, or not the last */
  HTTP_FIELDS_NO_MEMORY,
};

/* Parses the lines of `n` bytes. Each ends in CRLF or LF; the last is empty (it ends the head), and
 * nothing may follow it. The spans point into `data`. Of `f` only the used part is written, never
 * the whole 4 KB. */
enum http_fields_error http_parse_fields(struct http_fields *f, const char *data, size_t n);

/* The same for any number of fields. http_fields_release frees, also after an error. */
enum http_fields_error http_parse_many_fields(struct http_fields *f, const char *data, size_t n);

/* Frees what http_parse_many_fields took; no field is left. Any number of times. */
void http_fields_release(struct http_fields *f);

/* RFC 9112 5.2, in place: a line break before a space or tab becomes spaces, so that the line goes
 * on the one before it. The first of the `n` bytes' lines is left as it is. */
void http_unfold(char *data, size_t n);

/* Field number `i`, which is less than f->count. */
static inline const struct http_field *http_field_at(const struct http_fields *f, size_t i)
{
  return i < HTTP_MOST_FIELDS ? &f->all[i] : &f->more[i - HTTP_MOST_FIELDS];
}

/* What is wrong, for an error or a response: "white space before the colon". */
const char *http_fields_error_words(enum http_fields_error error);

/* The value of the first field with that id; data is NULL when there is none. */
struct span http_field(const struct http_fields *f, enum http_field_id id);

static inline bool http_has_field(const struct http_fields *f, enum http_field_id id)
{
  return f->seen >> id & 1;
}

/* The next element of a comma-separated list (RFC 9110 5.6.1): empty ones are skipped, quoted
 * strings are not cut, white space around it is dropped. False at the end. `rest` moves on. */
bool http_list_next(struct span *rest, struct span *element);

/* Whether a list names `token`, whatever its case; parameters after a semicolon do not count. Asks
 * every field of that id, since a list may be spread over several. */
bool http_list_has(const struct http_fields *f, enum http_field_id id, const char *token);

/* RFC 9110 5.6.2. */
bool http_is_token(struct span s);

/* Whether `s` may stand as a field's value in something we send: no control character but the tab,
 * no white space at its ends. */
bool http_is_field_value(struct span s);

/* `1*DIGIT` without overflow; false for anything else. */
bool http_parse_number(struct span s, uint64_t *number);

#endif
