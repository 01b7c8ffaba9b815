#include "cmd/fetch/transfer_output.h"

#include "cmd/fetch/name_coding.h"
#include "core/base/log.h"
#include "core/http/message/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <uv.h>

static const struct fetch_options *options_of(const struct transfer *t)
{
  return t->context->plan->options;
}

/* A line about the output. Progress lines are taken off the screen first. */
static void say(const struct transfer *t, const char *event, const char *before, const char *why)
{
  if (t->context->shows_progress)
    progress_hide(&t->context->progress);
  log_event(LOG_INFO, event,
            (const struct log_field[]){
                {.name = before, .text = t->output.shown}, {.name = "because", .text = why}, {0}});
}

void transfer_output_say_done(const struct transfer *t, const char *why)
{
  say(t, "nothing to fetch", "for", why);
}

void transfer_output_say_anew(const struct transfer *t, const char *why)
{
  say(t, "starting over", "with", why);
}

int transfer_output_init(struct transfer *t, size_t i, struct error *e)
{
  struct fetch_plan *plan = t->context->plan;
  const struct fetch_options *o = plan->options;
  int err = 0;
  if (plan->has_output) {
    t->output = plan->output;
    plan->has_output = false;
  } else {
    err = output_init(&t->output, plan->paths[i], false, e);
  }
  t->output.keeps = t->output.kind == OUTPUT_FILE && (o->keep_partial || o->resume);
  t->output.is_new = o->no_clobber;
  if (!err && !(t->output.of.url = t->given = transfer_url_text(t->origin)))
    err = error_set(e, UV_ENOMEM, "start");
  t->name = span_of(plan->paths[i] ? plan->paths[i] : "");
  if (t->output.kind != OUTPUT_FILE && !name_is_coded(t->name))
    t->name = (struct span){t->origin->target, t->origin->path_length};
  return err;
}

struct span transfer_output_name(const struct transfer *t)
{
  return t->name;
}

bool transfer_output_is_settled(const struct transfer *t)
{
  return options_of(t)->no_clobber && t->output.exists;
}

int transfer_output_look(struct transfer *t, struct error *e)
{
  const struct fetch_options *o = options_of(t);
  struct output *output = &t->output;
  bool looks = output->keeps && (o->resume || t->record.report.retries > 0);
  t->doubts = t->starts_over;
  t->starts_over = false;
  t->seems_whole = 0;
  if (!t->doubts) {
    t->size = UINT64_MAX;
    t->at_most = 0;
  }
  partial_file_forget(&output->part);
  if (!looks || t->doubts)
    return 0;
  int err = output_find_part(output, t->given, e);
  if (err)
    return err;
  if (output->part.have > 0)
    t->size = output->part.size;
  if (output->part.unused)
    transfer_output_say_anew(t, output->part.unused);
  else if (output->part.have == 0 && o->resume && !o->newer && output->exists)
    t->seems_whole = (uint64_t)output->older.st_size;
  return 0;
}

/* Where redirects have led to, unless that is the host of the URL; to be freed. */
static char *origin_reached(const struct transfer *t)
{
  struct buffer text = {0};
  if (http_url_same_origin(&t->url, t->origin))
    return NULL;
  buffer_printf(&text, "%s://", t->url.tls ? "https" : "http");
  http_url_print_authority(&text, &t->url);
  return buffer_take_text(&text);
}

/* A validator is worth nothing at another host than the one that gave it (RFC 9110 8.8.3). */
bool transfer_output_resumes(const struct transfer *t)
{
  const struct partial_file *part = &t->output.part;
  if (part->have == 0)
    return false;
  char *at = origin_reached(t);
  bool same = at && part->at ? strcmp(at, part->at) == 0 : !at && !part->at;
  free(at);
  return same;
}

uint64_t transfer_output_from(const struct transfer *t)
{
  if (t->output.part.have > 0)
    return transfer_output_resumes(t) ? t->output.part.have : 0;
  return t->seems_whole;
}

int64_t transfer_output_modified(const struct transfer *t)
{
  bool asks = t->seems_whole > 0 || (options_of(t)->newer && t->output.part.have == 0);
  return asks && t->output.exists ? t->output.older.st_mtime : 0;
}

static int64_t modified_of(const struct http_response *r)
{
  struct span value = http_field(&r->fields, HTTP_LAST_MODIFIED);
  int64_t then;
  return value.data && http_date_parse(value, (int64_t)time(NULL), &then) ? then : 0;
}

void transfer_output_describe(struct transfer *t, const struct http_response *r,
                              const struct judgement *j)
{
  bool whole = r->status == 200 && r->framing == HTTP_LENGTH;
  if (options_of(t)->newer)
    t->output.modified = modified_of(r);
  if (!t->output.keeps || j->form.resumes)
    return;
  free(t->at);
  t->at = origin_reached(t);
  t->output.of.at = t->at;
  t->output.of.validator = t->validator;
  t->output.of.size = whole ? r->length : j->expected;
  const char *why = j->why;
  if (!why && t->output.part.have > 0)
    why = "it was begun at another host";
  if (why)
    transfer_output_say_anew(t, why);
}

bool transfer_output_is_right(struct transfer *t)
{
  char sum[2 * DIGEST_LONGEST + 1];
  return digest_finish(t->partial_sum.digest, sum) == 0 &&
         strcasecmp(sum, t->context->plan->checksum.hex) == 0;
}

int transfer_output_publish(struct transfer *t, struct error *e)
{
  int err = output_publish(&t->output, e);
  if (t->output.stays && !err)
    say(t, "written in place", "to", t->output.stays);
  return err;
}

void transfer_output_give_up(struct transfer *t, bool right)
{
  struct error *e = &t->failure.error;
  int err = output_discard(&t->output, right);
  size_t n = strlen(e->text);
  if (err && n > 0)
    snprintf(e->text + n, sizeof e->text - n, "; %.100s.part is not kept: %s", t->output.shown,
             err == UV_EBUSY ? "there is another file of that name" : error_words(err));
}

void transfer_output_release(struct transfer *t)
{
  output_release(&t->output);
  free(t->given);
  free(t->at);
  free(t->validator);
}
