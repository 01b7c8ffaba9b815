#include "cmd/fetch/verdict.h"

#include "cmd/cli/exit_code.h"
#include "cmd/fetch/name_coding.h"
#include "cmd/fetch/redirect.h"
#include "cmd/fetch/retry.h"
#include "core/http/message/content_coding.h"
#include "core/http/message/date.h"
#include "core/http/message/parameter.h"
#include "core/http/message/range.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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
  return now.data && (!span_is(now, q->validator) || (r->fields.repeated >> id & 1));
}

static enum verdict start_over(struct judgement *j, const char *why)
{
  j->why = why;
  return VERDICT_START_OVER;
}

static bool is_multipart(const struct http_response *r)
{
  struct span type = http_field(&r->fields, HTTP_CONTENT_TYPE);
  return type.data && http_value_is(type, "multipart/byteranges");
}

/* Some servers send a .gz file with Content-Encoding: gzip. The file is to stay compressed. */
static bool is_gzip_file(const struct http_fields *f)
{
  struct span type = http_field(f, HTTP_CONTENT_TYPE);
  return type.data &&
         (http_value_is(type, "application/gzip") || http_value_is(type, "application/x-gzip") ||
          http_value_is(type, "application/x-tgz"));
}

static bool is_gzip(struct span coding)
{
  return span_is_nocase(coding, "gzip") || span_is_nocase(coding, "x-gzip");
}

static bool is_own_coding(const struct verdict_question *q, const struct http_response *r,
                          struct span coding)
{
  return name_has_coding(q->name, coding) || (is_gzip(coding) && is_gzip_file(&r->fields));
}

/* Whether a 206 has no coding but the file's own. */
static bool is_as_it_is(const struct verdict_question *q, const struct http_response *r)
{
  bool own = false;
  for (size_t i = 0; i < r->fields.count; i++) {
    const struct http_field *field = http_field_at(&r->fields, i);
    struct span rest = field->value, coding;
    while (field->id == HTTP_CONTENT_ENCODING && http_list_next(&rest, &coding)) {
      if (http_is_no_coding(coding) || span_is_nocase(coding, "identity"))
        continue;
      if (own || !is_own_coding(q, r, coding))
        return false;
      own = true;
    }
  }
  return true;
}

/* Whether a 206 brings the bytes from `have` to the end. Without a size in it, that is known from
 * the size of before; without that, the end of the range is the end. */
static bool is_rest(const struct verdict_question *q, const struct http_response *r,
                    const struct http_content_range *range, struct judgement *j)
{
  uint64_t size = range->has_size ? range->size : q->size;
  return range->satisfied && range->first == q->have && !is_multipart(r) &&
         (size == UINT64_MAX || range->last + 1 == size) && count_range(r, range, j) &&
         is_as_it_is(q, r);
}

/* The request was for the rest of a partial file. */
static enum verdict judge_rest(const struct verdict_question *q, const struct http_response *r,
                               struct judgement *j)
{
  struct http_content_range range;
  bool has_range = read_range(r, &range);
  if (has_changed(q, r) ||
      (has_range && range.has_size && q->size != UINT64_MAX && range.size != q->size))
    return start_over(j, "the server's file has changed");
  if (r->status == 416) {
    j->form.resumes = true;
    return has_range && range.has_size && range.size == q->have
               ? VERDICT_COMPLETE
               : start_over(j, "the server's file is not longer than what is kept");
  }
  if (!has_range || !is_rest(q, r, &range, j))
    return start_over(j, "the server did not send just the bytes behind what is kept");
  j->form.resumes = true;
  return VERDICT_SAVE;
}

/* Whether the server's file is later than FILE. */
static bool is_later(const struct verdict_question *q, const struct http_response *r, int64_t now)
{
  struct span modified = http_field(&r->fields, HTTP_LAST_MODIFIED);
  int64_t then;
  return modified.data && http_date_parse(modified, now, &then) && then > q->modified;
}

static enum verdict same_length(struct judgement *j)
{
  j->why = "the server's file has the same length";
  return VERDICT_NOTHING;
}

/* The request was for what is behind all of FILE: there should be nothing. */
static enum verdict judge_end(const struct verdict_question *q, const struct http_response *r,
                              int64_t now, struct judgement *j)
{
  struct http_content_range range;
  if (r->status == 412 || is_later(q, r, now))
    return start_over(j, "the server's file is newer");
  if (r->status == 206)
    return start_over(j, "the server's file is longer");
  j->is_at_most = !read_range(r, &range) || !range.has_size; /* as of lighttpd */
  if (j->is_at_most)
    return start_over(j, NULL);
  if (range.size != q->seems_whole)
    return start_over(j, "the server's file is shorter");
  return same_length(j);
}

/* The same, where the length comes only with all of the file. */
static enum verdict judge_length(const struct verdict_question *q, const struct http_response *r,
                                 int64_t now, struct judgement *j)
{
  if (r->framing == HTTP_LENGTH && r->length == q->at_most && !is_later(q, r, now) &&
      is_as_it_is(q, r))
    return same_length(j);
  j->why = "the server's file is another one";
  return VERDICT_SAVE;
}

/* Whether the response has the validator of the partial file. */
static bool is_same(const struct verdict_question *q, const struct http_response *r)
{
  return q->have > 0 && !has_changed(q, r) &&
         http_has_field(&r->fields, q->validator[0] == '"' ? HTTP_ETAG : HTTP_LAST_MODIFIED);
}

/* The length of all of the file, as far as it is known: from before, or from a Content-Range. */
static uint64_t known_size(const struct verdict_question *q, const struct http_response *r)
{
  struct http_content_range range;
  if (is_same(q, r) && q->size != UINT64_MAX)
    return q->size;
  return read_range(r, &range) && range.has_size ? range.size : UINT64_MAX;
}

/* All of the file, instead of the part that was requested. Content-Range means nothing in a 200
 * (RFC 9110 14.4); but some servers send a part with it. Only a length can tell then. */
static enum verdict judge_all(const struct verdict_question *q, const struct http_response *r,
                              struct judgement *j)
{
  struct span value = http_field(&r->fields, HTTP_CONTENT_RANGE);
  bool says_part = value.length >= 5 && strncasecmp(value.data, "bytes", 5) == 0;
  uint64_t size = known_size(q, r);
  bool has_length = r->framing == HTTP_LENGTH;
  if (q->doubts && has_length && r->length == q->size)
    size = q->size;
  if (size == UINT64_MAX ? !says_part : has_length ? r->length == size : !says_part) {
    j->expected = size;
    j->is_exact = true;
    if (q->have > 0)
      j->why =
          has_changed(q, r) ? "the server's file has changed" : "the server does not resume it";
    return VERDICT_SAVE;
  }
  if (q->have > 0 || q->seems_whole > 0)
    return start_over(j, "the server sent neither all of it nor the rest");
  return fail(j, "the server sent part of the file as if it were all");
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
  if (!read_range(r, &range) || !range.satisfied || is_multipart(r) ||
      !is_asked_range(q->range, &range) || (get && !count_range(r, &range, j)))
    return fail(j, "the server sent another range than requested");
  return VERDICT_SAVE;
}

/* Adds the codings that one field names to the form. The first stays if it is the file's own. False
 * for a coding that was not requested, or a second one. */
static bool add_codings(const struct verdict_question *q, const struct http_response *r,
                        struct span list, struct judgement *j)
{
  struct body_saver_form *form = &j->form;
  struct span coding;
  while (http_list_next(&list, &coding)) {
    bool gzip = is_gzip(coding);
    if (http_is_no_coding(coding)) {
      j->no_coding = coding;
      continue;
    }
    if (span_is_nocase(coding, "identity") || (gzip && is_gzip_file(&r->fields)))
      continue;
    if (!j->keeps_coding && !form->is_coded && name_has_coding(q->name, coding)) {
      j->keeps_coding = true;
      continue;
    }
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

/* Whether the file is not newer, though the server sends it: some do not know If-Modified-Since. */
static bool is_old(const struct verdict_question *q, const struct http_response *r, int64_t now)
{
  struct span modified = http_field(&r->fields, HTTP_LAST_MODIFIED);
  int64_t then;
  return q->only_newer && q->modified && modified.data && http_date_parse(modified, now, &then) &&
         then <= q->modified;
}

static enum verdict not_newer(struct judgement *j)
{
  j->why = "the server's file is not newer";
  return VERDICT_NOTHING;
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
  if (r->status == 304 && q->keeps_file) /* or the user sent a condition with -H */
    return q->only_newer ? not_newer(j) : VERDICT_NOTHING;
  if (q->have > 0 && (r->status == 206 || r->status == 416))
    return judge_rest(q, r, j);
  if (q->seems_whole > 0 && (r->status == 206 || r->status == 412 || r->status == 416))
    return judge_end(q, r, now, j);
  if (r->status >= 400)
    verdict = judge_error(q, r, now, j);
  else if (q->have > 0 || q->seems_whole > 0 || (q->doubts && r->status == 200 && q->at_most == 0))
    verdict = judge_all(q, r, j);
  else if (q->at_most > 0 && r->status == 200)
    verdict = judge_length(q, r, now, j);
  else
    verdict = judge_range(q, r, j);
  if (verdict == VERDICT_SAVE && r->status == 200 && is_old(q, r, now))
    return not_newer(j);
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
  if (f->repeated >> HTTP_ETAG & 1)
    return none;
  if (tag.data) /* a date counts only without any tag (RFC 9110 13.1.5) */
    return tag.length >= 2 && tag.data[0] == '"' ? tag : none;
  if (modified.data && date.data && http_date_parse(date, now, &now) &&
      http_date_parse(modified, now, &then) && then < now) /* RFC 9110 8.8.2.2 */
    return modified;
  return none;
}
