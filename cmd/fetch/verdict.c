#include "cmd/fetch/verdict.h"

#include "cmd/cli/exit_code.h"
#include "cmd/fetch/redirect.h"
#include "cmd/fetch/retry.h"
#include "core/http/message/content_coding.h"
#include "core/http/message/date.h"
#include "core/http/message/parameter.h"
#include "core/http/message/range.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum verdict fail(struct judgement *j, const char *why)
{
  failure_say(&j->failure, EXIT_RECEIVING, FAILURE_FINAL, "%s", why);
  return VERDICT_FAIL;
}

static enum verdict follow(const struct verdict_question *q, const struct http_response *r,
                           struct judgement *j)
{
  struct error e;
  if (redirect_read(r, q->url, &j->to, &e) == 0)
    return VERDICT_FOLLOW;
  failure_of(&j->failure, EXIT_FAILED, FAILURE_FINAL, &e);
  return VERDICT_FAIL;
}

static enum verdict judge_error(const struct verdict_question *q, const struct http_response *r,
                                int64_t now, struct judgement *j)
{
  bool transient = retry_is_transient(r->status);
  struct span after = http_field(&r->fields, HTTP_RETRY_AFTER);
  enum failure_again again = transient ? FAILURE_TRANSIENT : FAILURE_FINAL;
  if (r->status == 429 || (transient && after.data))
    again = FAILURE_INVITED;
  failure_say(&j->failure, EXIT_HTTP_STATUS, again, "HTTP %u%s%.*s", r->status,
              r->words.length > 0 ? " " : "", (int)r->words.length, r->words.data);
  j->failure.wait_ms = retry_asked_ms(after, now);
  j->is_error = q->error_body && !(transient && q->tries_again);
  return j->is_error ? VERDICT_SAVE : VERDICT_FAIL;
}

/* Reads the Content-Range. False if there is not exactly one, or if it is malformed or too large.
 */
static bool read_range(const struct http_response *r, struct http_content_range *range)
{
  bool repeated = r->fields.repeated >> HTTP_CONTENT_RANGE & 1;
  return http_content_range(http_field(&r->fields, HTTP_CONTENT_RANGE), range) && !repeated &&
         range->last < UINT64_MAX;
}

/* Sets the length that the body of a 206 must have. False if its Content-Length contradicts it. */
static bool count_range(const struct http_response *r, const struct http_content_range *range,
                        struct judgement *j)
{
  j->expected = range->last - range->first + 1;
  return !r->has_length || r->framing != HTTP_LENGTH || r->length == j->expected;
}

/* Whether the file is another one now. The server should tell by itself, but some servers know
 * Range without If-Range (RFC 9110 15.3.7.3). */
static bool has_changed(const struct verdict_question *q, const struct http_response *r)
{
  enum http_field_id id = q->validator[0] == '"' ? HTTP_ETAG : HTTP_LAST_MODIFIED;
  struct span now = http_field(&r->fields, id);
  return now.data && !span_is(now, q->validator);
}

/* Whether Content-Encoding names more than what is no coding. */
static bool is_coded(const struct http_fields *f)
{
  for (size_t i = 0; i < f->count; i++) {
    const struct http_field *field = http_field_at(f, i);
    struct span rest = field->value, coding;
    while (field->id == HTTP_CONTENT_ENCODING && http_list_next(&rest, &coding)) {
      if (!http_is_no_coding(coding) && !span_is_nocase(coding, "identity"))
        return true;
    }
  }
  return false;
}

/* The request was for the rest of a partial file. */
static enum verdict judge_rest(const struct verdict_question *q, const struct http_response *r,
                               struct judgement *j)
{
  struct http_content_range range;
  bool has_range = read_range(r, &range);
  if (has_changed(q, r))
    return VERDICT_START_OVER;
  if (r->status == 416) {
    j->form.resumes = true;
    return has_range && range.has_size && range.size == q->have ? VERDICT_COMPLETE
                                                                : VERDICT_START_OVER;
  }
  if (!has_range || !range.satisfied || range.first != q->have || !range.has_size ||
      range.last + 1 != range.size || !count_range(r, &range, j) || is_coded(&r->fields)) {
    failure_say(&j->failure, EXIT_RECEIVING, FAILURE_FINAL,
                "the server did not send the bytes from %" PRIu64 " to the end", q->have);
    j->failure.keeps = true; /* the partial file is still right */
    return VERDICT_FAIL;
  }
  j->form.resumes = true;
  return VERDICT_SAVE;
}

/* Whether a range is the one that --range asks for. With several, any passes. If the size of the
 * file is unknown, the range may be shorter, and that of the last bytes cannot be checked. */
static bool is_asked_range(const char *asked, const struct http_content_range *range)
{
  struct http_range ranges[HTTP_MOST_RANGES];
  size_t count;
  char value[256];
  if ((size_t)snprintf(value, sizeof value, "bytes=%s", asked) >= sizeof value)
    return true;
  uint64_t size = range->has_size ? range->size : UINT64_MAX;
  enum http_range_result result = http_ranges(span_of(value), size, ranges, &count);
  if (result != HTTP_RANGE_SOME || count > 1)
    return result != HTTP_RANGE_BEYOND;
  if (!range->has_size)
    return asked[strspn(asked, ", ")] == '-' ||
           (ranges[0].first == range->first && ranges[0].last >= range->last);
  return ranges[0].first == range->first && ranges[0].last == range->last;
}

/* A server may ignore Range (RFC 9110 14.2), but a user who asks for a range does not want the
 * whole file; nor does a user who asks for the file want part of it. */
static enum verdict judge_range(const struct verdict_question *q, const struct http_response *r,
                                struct judgement *j)
{
  struct http_content_range range;
  bool get = strcmp(q->method, "GET") == 0;
  if (r->status == 200 && q->range && get) {
    failure_say(&j->failure, EXIT_FAILED, FAILURE_FINAL,
                "the server ignores --range and sends the whole file");
    return VERDICT_FAIL;
  }
  if (r->status != 206 || q->own_range)
    return VERDICT_SAVE;
  if (!q->range)
    return fail(j, "the server sent part of the file, unasked");
  struct span value = http_field(&r->fields, HTTP_CONTENT_RANGE);
  if (!value.data && strchr(q->range, ',')) /* several, in parts of a multipart (14.6) */
    return VERDICT_SAVE;
  if (!read_range(r, &range) || !range.satisfied || !is_asked_range(q->range, &range) ||
      (get && !count_range(r, &range, j)))
    return fail(j, "the server sent another range than requested");
  return VERDICT_SAVE;
}

/* Some servers send a .gz file with Content-Encoding: gzip. The file is to stay compressed. */
static bool is_gzip_file(const struct http_fields *f)
{
  struct span type = http_field(f, HTTP_CONTENT_TYPE);
  return type.data &&
         (http_value_is(type, "application/gzip") || http_value_is(type, "application/x-gzip") ||
          http_value_is(type, "application/x-tgz"));
}

/* Adds the codings that one field names to the form. False for a coding that was not requested, or
 * a second one. */
static bool add_codings(const struct verdict_question *q, const struct http_response *r,
                        struct span list, struct judgement *j)
{
  struct body_saver_form *form = &j->form;
  struct span coding;
  while (http_list_next(&list, &coding)) {
    bool gzip = span_is_nocase(coding, "gzip") || span_is_nocase(coding, "x-gzip");
    if (http_is_no_coding(coding)) {
      j->no_coding = coding;
      continue;
    }
    if (span_is_nocase(coding, "identity") || (gzip && is_gzip_file(&r->fields)))
      continue;
    if (form->is_coded || !q->decodes || (!gzip && !span_is_nocase(coding, "deflate")))
      return false;
    form->is_coded = true;
    form->coding = gzip ? HTTP_GZIP : HTTP_DEFLATE;
  }
  return true;
}

/* Finds the coding to decode: gzip or deflate, if they were requested, and only one. Several fields
 * are one list (RFC 9110 5.3). */
static enum verdict judge_coding(const struct verdict_question *q, const struct http_response *r,
                                 struct judgement *j)
{
  for (size_t i = 0; i < r->fields.count; i++) {
    struct span value = http_field_at(&r->fields, i)->value;
    if (http_field_at(&r->fields, i)->id != HTTP_CONTENT_ENCODING || add_codings(q, r, value, j))
      continue;
    failure_say(&j->failure, EXIT_RECEIVING, FAILURE_FINAL,
                "the server used a content coding that was not requested: %.*s", (int)value.length,
                value.data);
    return VERDICT_FAIL;
  }
  return VERDICT_SAVE;
}

enum verdict verdict_of(const struct verdict_question *q, const struct http_response *r,
                        int64_t now, struct judgement *j)
{
  enum verdict verdict = VERDICT_SAVE;
  *j = (struct judgement){.expected = UINT64_MAX};
  if (q->follows && redirect_is_one(r))
    return follow(q, r, j);
  if (q->any_status)
    return VERDICT_SAVE;
  if (r->status == 101)
    return fail(j, "the server switched to another protocol");
  if (r->status == 304 && q->keeps_file) /* the user sent a condition with -H */
    return VERDICT_NOTHING;
  if (q->have > 0 && (r->status == 206 || r->status == 416))
    return judge_rest(q, r, j);
  if (r->status >= 400)
    verdict = judge_error(q, r, now, j);
  else if (q->have == 0) /* else the whole file comes, since it has changed */
    verdict = judge_range(q, r, j);
  if (verdict == VERDICT_SAVE && !q->own_coding && r->framing != HTTP_NO_BODY)
    verdict = judge_coding(q, r, j);
  return verdict;
}

void verdict_of_chunks(const struct http_response *r, struct judgement *j)
{
  if (j->failure.code &&
      (r->status == 411 || r->status == 501 || (r->minor == 0 && r->status >= 400)))
    failure_add(&j->failure, "the body was sent in chunks: --length sends it with its length");
}

struct span verdict_validator(const struct http_response *r, int64_t now)
{
  static const struct span none = {NULL, 0};
  const struct http_fields *f = &r->fields;
  struct span tag = http_field(f, HTTP_ETAG), modified = http_field(f, HTTP_LAST_MODIFIED);
  struct span date = http_field(f, HTTP_DATE);
  int64_t then;
  if (tag.length >= 2 && tag.data[0] == '"')
    return tag;
  if (modified.data && date.data && http_date_parse(date, now, &now) &&
      http_date_parse(modified, now, &then) && then < now) /* RFC 9110 8.8.2.2 */
    return modified;
  return none;
}
