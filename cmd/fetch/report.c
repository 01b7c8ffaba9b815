#include "cmd/fetch/report.h"

#include "cmd/cli/nearest.h"
#include "core/base/escape.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <uv.h>

/* How a member of struct report is shown. */
enum kind {
  KIND_TEXT,  /* a text, maybe from the network */
  KIND_FILE,  /* a file name of the user's: printed as it is, so that a script can open it */
  KIND_COUNT, /* an unsigned */
  KIND_BYTES, /* a uint64_t */
  KIND_TIME,  /* a uint64_t of nanoseconds */
  KIND_STATUS,
  KIND_VERSION,
  KIND_SCHEME, /* of a URL */
  KIND_HOST,   /* the two halves of an address */
  KIND_PORT,
  KIND_SPEED,
  KIND_JSON, /* the whole report */
};

struct report_value {
  const char *name;
  enum kind kind;
  size_t offset; /* of the member; 0 for a value made of several */
};

#define MEMBER(member) offsetof(struct report, member)

static const struct report_value variables[] = {
    {"content_type", KIND_TEXT, MEMBER(content_type)},
    {"errormsg", KIND_TEXT, MEMBER(error)},
    {"exitcode", KIND_COUNT, MEMBER(exit_code)},
    {"filename_effective", KIND_FILE, MEMBER(file)},
    {"http_code", KIND_STATUS, 0},
    {"http_version", KIND_VERSION, 0},
    {"json", KIND_JSON, 0},
    {"local_ip", KIND_HOST, MEMBER(local_address)},
    {"local_port", KIND_PORT, MEMBER(local_address)},
    {"method", KIND_TEXT, MEMBER(method)},
    {"num_redirects", KIND_COUNT, MEMBER(redirects)},
    {"num_retries", KIND_COUNT, MEMBER(retries)},
    {"remote_ip", KIND_HOST, MEMBER(remote_address)},
    {"remote_port", KIND_PORT, MEMBER(remote_address)},
    {"response_code", KIND_STATUS, 0},
    {"scheme", KIND_SCHEME, MEMBER(effective_url)},
    {"size_download", KIND_BYTES, MEMBER(body_bytes)},
    {"size_header", KIND_BYTES, MEMBER(head_bytes)},
    {"size_upload", KIND_BYTES, MEMBER(sent_bytes)},
    {"size_written", KIND_BYTES, MEMBER(written_bytes)},
    {"speed_download", KIND_SPEED, 0},
    {"time_connect", KIND_TIME, MEMBER(connected_ns)},
    {"time_namelookup", KIND_TIME, MEMBER(resolved_ns)},
    {"time_pretransfer", KIND_TIME, MEMBER(sent_ns)},
    {"time_starttransfer", KIND_TIME, MEMBER(first_byte_ns)},
    {"time_total", KIND_TIME, MEMBER(total_ns)},
    {"url", KIND_TEXT, MEMBER(url)},
    {"url_effective", KIND_TEXT, MEMBER(effective_url)},
};

static const struct report_value members[] = {
    {"url", KIND_TEXT, MEMBER(url)},
    {"effective_url", KIND_TEXT, MEMBER(effective_url)},
    {"method", KIND_TEXT, MEMBER(method)},
    {"http_version", KIND_VERSION, 0},
    {"status", KIND_COUNT, MEMBER(status)},
    {"content_type", KIND_TEXT, MEMBER(content_type)},
    {"file", KIND_FILE, MEMBER(file)},
    {"exit_code", KIND_COUNT, MEMBER(exit_code)},
    {"error", KIND_TEXT, MEMBER(error)},
    {"redirects", KIND_COUNT, MEMBER(redirects)},
    {"retries", KIND_COUNT, MEMBER(retries)},
    {"remote_address", KIND_TEXT, MEMBER(remote_address)},
    {"local_address", KIND_TEXT, MEMBER(local_address)},
    {"head_bytes", KIND_BYTES, MEMBER(head_bytes)},
    {"body_bytes", KIND_BYTES, MEMBER(body_bytes)},
    {"written_bytes", KIND_BYTES, MEMBER(written_bytes)},
    {"sent_bytes", KIND_BYTES, MEMBER(sent_bytes)},
    {"time_namelookup", KIND_TIME, MEMBER(resolved_ns)},
    {"time_connect", KIND_TIME, MEMBER(connected_ns)},
    {"time_pretransfer", KIND_TIME, MEMBER(sent_ns)},
    {"time_starttransfer", KIND_TIME, MEMBER(first_byte_ns)},
    {"time_total", KIND_TIME, MEMBER(total_ns)},
};

enum {
  VARIABLES = sizeof variables / sizeof *variables,
  MEMBERS = sizeof members / sizeof *members,
};

static const void *member_of(const struct report *r, const struct report_value *v)
{
  return (const char *)r + v->offset;
}

static const char *text_of(const struct report *r, const struct report_value *v)
{
  return *(const char *const *)member_of(r, v);
}

/* An address without IP (`unix:/path`) has neither half. */
static struct span half_of(const char *address, enum kind kind)
{
  static const struct span nothing = {"", 0}, no_port = {"0", 1};
  const char *colon = address ? strrchr(address, ':') : NULL;
  if (!colon || strncmp(address, "unix:", 5) == 0)
    return kind == KIND_PORT ? no_port : nothing;
  if (kind == KIND_PORT)
    return span_of(colon + 1);
  bool bracketed = *address == '[' && colon > address + 1;
  return (struct span){address + bracketed, (size_t)(colon - address) - 2 * bracketed};
}

static struct span scheme_of(const char *url)
{
  const char *end = url ? strstr(url, "://") : NULL;
  return (struct span){url, end ? (size_t)(end - url) : 0};
}

/* Bytes per second over the whole transfer, as curl counts. */
static int print_speed(struct buffer *out, const struct report *r)
{
  double seconds = (double)r->total_ns / 1e9;
  return buffer_printf(out, "%.0f", r->total_ns ? (double)r->body_bytes / seconds : 0);
}

static int print_time(struct buffer *out, uint64_t ns)
{
  uint64_t us = ns / 1000;
  return buffer_printf(out, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
}

static int print_version(struct buffer *out, const struct report *r)
{
  return r->status ? buffer_printf(out, "1.%u", r->minor) : buffer_append(out, "0", 1);
}

static int print_escaped(struct buffer *out, struct span s)
{
  return escape_text(out, s.data, s.length, ESCAPE_CONTROLS);
}

static int print_json(struct buffer *out, const struct report *r);

static int print_value(struct buffer *out, const struct report *r, const struct report_value *v)
{
  const char *text;
  switch (v->kind) {
  case KIND_TEXT:
    text = text_of(r, v);
    return text ? print_escaped(out, span_of(text)) : 0;
  case KIND_FILE:
    text = text_of(r, v);
    return text ? buffer_append(out, text, strlen(text)) : 0;
  case KIND_COUNT:
    return buffer_printf(out, "%u", *(const unsigned *)member_of(r, v));
  case KIND_BYTES:
    return buffer_printf(out, "%" PRIu64, *(const uint64_t *)member_of(r, v));
  case KIND_TIME:
    return print_time(out, *(const uint64_t *)member_of(r, v));
  case KIND_STATUS:
    return buffer_printf(out, "%03u", r->status);
  case KIND_VERSION:
    return print_version(out, r);
  case KIND_SCHEME:
    return print_escaped(out, scheme_of(text_of(r, v)));
  case KIND_HOST:
  case KIND_PORT:
    return print_escaped(out, half_of(text_of(r, v), v->kind));
  case KIND_SPEED:
    return print_speed(out, r);
  case KIND_JSON:
    return print_json(out, r);
  }
  return 0;
}

static bool is_quoted(enum kind kind)
{
  return kind == KIND_TEXT || kind == KIND_FILE || kind == KIND_VERSION;
}

static bool is_missing(const struct report *r, const struct report_value *v)
{
  return v->kind == KIND_VERSION ? r->status == 0 : is_quoted(v->kind) && !text_of(r, v);
}

static int print_member(struct buffer *out, const struct report *r, const struct report_value *v)
{
  if (!is_quoted(v->kind))
    return print_value(out, r, v);
  int err = buffer_append(out, "\"", 1);
  if (!err && v->kind == KIND_VERSION)
    err = print_version(out, r);
  else if (!err)
    err = escape_json(out, text_of(r, v), strlen(text_of(r, v)));
  return err ? err : buffer_append(out, "\"", 1);
}

static int print_json(struct buffer *out, const struct report *r)
{
  const char *before = "{";
  for (size_t i = 0; i < MEMBERS; i++) {
    if (is_missing(r, &members[i]))
      continue;
    int err = buffer_printf(out, "%s\"%s\":", before, members[i].name);
    if (!err)
      err = print_member(out, r, &members[i]);
    if (err)
      return err;
    before = ",";
  }
  return buffer_append(out, "}", 1);
}

static int print_header(struct buffer *out, const struct report *r, struct span name)
{
  for (size_t i = 0; r->fields && i < r->fields->count; i++) {
    const struct http_field *field = http_field_at(r->fields, i);
    if (field->name.length == name.length &&
        strncasecmp(field->name.data, name.data, name.length) == 0)
      return print_escaped(out, field->value);
  }
  return 0;
}

/* A piece of a format: literal text, `%{NAME}` or `%header{NAME}`. */
struct format_piece {
  enum { PIECE_TEXT, PIECE_VARIABLE, PIECE_HEADER } kind;
  struct span text;
};

/* Takes `opening` and the name up to `}`. */
static bool take_braces(const char **format, const char *opening, struct span *name)
{
  size_t n = strlen(opening);
  if (strncmp(*format, opening, n) != 0)
    return false;
  const char *from = *format + n, *end = strchr(from, '}');
  if (!end)
    return false;
  *name = span_between(from, end);
  *format = end + 1;
  return true;
}

/* The character for the escape at `s`; NULL if it is not an escape. */
static const char *escaped(const char *s)
{
  static const char letters[] = "nrt\\", meant[] = "\n\r\t\\";
  const char *letter = s[0] == '\\' && s[1] ? strchr(letters, s[1]) : NULL;
  return letter ? meant + (letter - letters) : NULL;
}

/* Takes the next piece; false at the end. Anything else is literal text, as in curl. */
static bool next_piece(const char **format, struct format_piece *p)
{
  const char *s = *format, *character = escaped(s);
  if (*s == '\0')
    return false;
  p->kind = PIECE_VARIABLE;
  if (take_braces(format, "%{", &p->text))
    return true;
  p->kind = PIECE_HEADER;
  if (take_braces(format, "%header{", &p->text))
    return true;
  p->kind = PIECE_TEXT;
  if (character || (s[0] == '%' && s[1] == '%')) {
    p->text = (struct span){character ? character : s, 1};
    *format = s + 2;
    return true;
  }
  size_t plain = strcspn(s, "%\\");
  p->text = (struct span){s, plain ? plain : 1};
  *format = s + p->text.length;
  return true;
}

static const struct report_value *find_variable(struct span name)
{
  for (size_t i = 0; i < VARIABLES; i++) {
    if (span_is(name, variables[i].name))
      return &variables[i];
  }
  return NULL;
}

static int refuse(struct span name, struct error *e)
{
  struct nearest near = {.typed = name.data, .length = name.length};
  for (size_t i = 0; i < VARIABLES; i++)
    nearest_offer(&near, variables[i].name);
  /* Cut, so that the suggestion after it is seen. */
  int shown = name.length < 64 ? (int)name.length : 64;
  if (!near.best)
    return error_say(e, UV_EINVAL, "unknown variable '%%{%.*s}'", shown, name.data);
  return error_say(e, UV_EINVAL, "unknown variable '%%{%.*s}', did you mean '%%{%s}'?", shown,
                   name.data, near.best);
}

int report_check(const char **format, struct error *e)
{
  struct format_piece p;
  while (next_piece(format, &p)) {
    if (p.kind == PIECE_VARIABLE && !find_variable(p.text))
      return refuse(p.text, e);
  }
  return 0;
}

static int print_piece(struct buffer *out, const struct report *r, const struct format_piece *p)
{
  if (p->kind == PIECE_TEXT)
    return buffer_append(out, p->text.data, p->text.length);
  if (p->kind == PIECE_HEADER)
    return print_header(out, r, p->text);
  const struct report_value *v = find_variable(p->text);
  return v ? print_value(out, r, v) : 0;
}

int report_print(struct buffer *out, const char *format, const struct report *r)
{
  struct format_piece p;
  while (next_piece(&format, &p)) {
    int err = print_piece(out, r, &p);
    if (err)
      return err;
  }
  return 0;
}

int report_print_json(struct buffer *out, const struct report *r)
{
  int err = print_json(out, r);
  return err ? err : buffer_append(out, "\n", 1);
}
