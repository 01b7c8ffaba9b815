#include "cmd/fetch/verdict.h"

#include "cmd/cli/exit_code.h"
#include "cmd/fetch/redirect.h"
#include "cmd/fetch/retry.h"
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

static enum verdict follow(const struct verdict_question *asked, const struct http_response *r,
                           struct judgement *j)
{
  struct error e;
  if (redirect_read(r, asked->url, &j->to, &e) == 0)
    return VERDICT_FOLLOW;
  failure_of(&j->failure, EXIT_FAILED, FAILURE_FINAL, &e);
  return VERDICT_FAIL;
}

static enum verdict judge_error(const struct verdict_question *asked, const struct http_response *r,
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
  j->is_error = asked->error_body && !(transient && asked->tries_again);
  return j->is_error ? VERDICT_SAVE : VERDICT_FAIL;
}

/* The one Content-Range of the answer. False when there is none, or two, or none that can be
 * counted.
 */
static bool read_range(const struct http_response *r, struct http_content_range *range)
{
  bool repeated = r->fields.repeated >> HTTP_CONTENT_RANGE & 1;
  return http_content_range(http_field(&r->fields, HTTP_CONTENT_RANGE), range) && !repeated &&
         range->last < UINT64_MAX;
}

/* How many bytes a 206 is to bring, or none if it contradicts itself. */
static bool count_range(const struct http_response *r, const struct http_content_range *range,
                        struct judgement *j)
{
  j->expected = range->last - range->first + 1;
  return !r->has_length || r->framing != HTTP_LENGTH || r->length == j->expected;
}

/* Whether the answer is of something else than the part is, as not every server that knows Range
 * knows If-Range too (RFC 9110 15.3.7.3). */
static bool has_changed(const struct verdict_question *asked, const struct http_response *r)
{
  enum http_field_id id = asked->validator[0] == '"' ? HTTP_ETAG : HTTP_LAST_MODIFIED;
  struct span now = http_field(&r->fields, id);
  return now.data && !span_is(now, asked->validator);
}

/* The rest of a part was asked for. */
static enum verdict judge_rest(const struct verdict_question *asked, const struct http_response *r,
                               struct judgement *j)
{
  struct http_content_range range;
  bool has_range = read_range(r, &range);
  if (has_changed(asked, r))
    return VERDICT_START_OVER;
  if (r->status == 416) {
    j->form.resumes = true;
    return has_range && range.has_size && range.size == asked->have ? VERDICT_COMPLETE
                                                                    : VERDICT_START_OVER;
  }
  if (!has_range || !range.satisfied || range.first != asked->have || !range.has_size ||
      range.last + 1 != range.size || !count_range(r, &range, j) ||
      http_has_field(&r->fields, HTTP_CONTENT_ENCODING)) {
    failure_say(&j->failure, EXIT_RECEIVING, FAILURE_FINAL,
                "the server did not send the bytes from %" PRIu64 " to the end, as it was asked",
                asked->have);
    j->failure.keeps = true; /* what is there from before */
    return VERDICT_FAIL;
  }
  j->form.resumes = true;
  return VERDICT_SAVE;
}

/* Whether a range is the one that --range asks for, where that is only one. Of unknown size it may
 * end before, and where the last bytes begin cannot be told. */
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

/* A server need not heed a range (RFC 9110 14.2), but who asked for one does not want all of it;
 * nor a part who did not. */
static enum verdict judge_range(const struct verdict_question *asked, const struct http_response *r,
                                struct judgement *j)
{
  struct http_content_range range;
  bool get = strcmp(asked->method, "GET") == 0;
  if (r->status == 200 && asked->range && get) {
    failure_say(&j->failure, EXIT_FAILED, FAILURE_FINAL,
                "the server does not heed --range: it sends all of it");
    return VERDICT_FAIL;
  }
  if (r->status != 206 || asked->own_range)
    return VERDICT_SAVE;
  if (!asked->range)
    return fail(j, "only a part came, which was not asked for");
  struct span value = http_field(&r->fields, HTTP_CONTENT_RANGE);
  if (!value.data && strchr(asked->range, ',')) /* several, in parts of a multipart (14.6) */
    return VERDICT_SAVE;
  if (!read_range(r, &range) || !range.satisfied || !is_asked_range(asked->range, &range) ||
      (get && !count_range(r, &range, j)))
    return fail(j, "another part came than was asked for");
  return VERDICT_SAVE;
}

/* Some servers name the coding of a file that is a gzip file itself, as if it were the way it is
 * sent: such a file is to stay what it is. */
static bool is_gzip_file(const struct http_fields *f)
{
  struct span type = http_field(f, HTTP_CONTENT_TYPE);
  return type.data &&
         (http_value_is(type, "application/gzip") || http_value_is(type, "application/x-gzip") ||
          http_value_is(type, "application/x-tgz"));
}

/* Adds the codings that one field names to the form. False where one is to be taken off that was
 * not asked for, or is the second. */
static bool add_codings(const struct verdict_question *asked, const struct http_response *r,
                        struct span list, struct body_saver_form *form)
{
  struct span coding;
  while (http_list_next(&list, &coding)) {
    bool gzip = span_is_nocase(coding, "gzip") || span_is_nocase(coding, "x-gzip");
    if (span_is_nocase(coding, "identity") || (gzip && is_gzip_file(&r->fields)))
      continue;
    if (form->is_coded || !asked->decodes || (!gzip && !span_is_nocase(coding, "deflate")))
      return false;
    form->is_coded = true;
    form->coding = gzip ? HTTP_GZIP : HTTP_DEFLATE;
  }
  return true;
}

/* Which coding is to be taken off: gzip or deflate, if they were asked for, and only one. Several
 * fields are one list (RFC 9110 5.3). */
static enum verdict judge_coding(const struct verdict_question *asked,
                                 const struct http_response *r, struct judgement *j)
{
  for (size_t i = 0; i < r->fields.count; i++) {
    struct span value = r->fields.all[i].value;
    if (r->fields.all[i].id != HTTP_CONTENT_ENCODING || add_codings(asked, r, value, &j->form))
      continue;
    failure_say(&j->failure, EXIT_RECEIVING, FAILURE_FINAL,
                "it comes with a content coding that was not asked for: %.*s", (int)value.length,
                value.data);
    return VERDICT_FAIL;
  }
  return VERDICT_SAVE;
}

enum verdict verdict_of(const struct verdict_question *asked, const struct http_response *r,
                        int64_t now, struct judgement *j)
{
  enum verdict verdict = VERDICT_SAVE;
  *j = (struct judgement){.expected = UINT64_MAX};
  if (asked->follows && redirect_is_one(r))
    return follow(asked, r, j);
  if (asked->any_status)
    return VERDICT_SAVE;
  if (r->status == 101)
    return fail(j, "the server goes on in another protocol");
  if (r->status == 304 && asked->keeps_file) /* what a condition of the user's compared with */
    return VERDICT_NOTHING;
  if (asked->have > 0 && (r->status == 206 || r->status == 416))
    return judge_rest(asked, r, j);
  if (r->status >= 400)
    verdict = judge_error(asked, r, now, j);
  else if (asked->have == 0) /* else it is not the same any more, and all of it comes */
    verdict = judge_range(asked, r, j);
  if (verdict == VERDICT_SAVE && !asked->own_coding && r->framing != HTTP_NO_BODY)
    verdict = judge_coding(asked, r, j);
  return verdict;
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
