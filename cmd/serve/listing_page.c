#include "cmd/serve/listing_page.h"

#include "cmd/serve/folder_entries.h"
#include "core/base/escape.h"
#include "core/codec/html.h"
#include "core/http/message/path.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <uv.h>

enum { SIZE_TEXT = 32 };

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<style>\n"
    ":root { color-scheme: light dark }\n"
    "body { font: 1rem/1.6 system-ui, sans-serif; margin: 1rem auto; max-width: 60rem;"
    " padding: 0 1rem }\n"
    "h1 { font-size: 1.3rem; overflow-wrap: anywhere }\n"
    "table { border-collapse: collapse; width: 100% }\n"
    "th, td { padding: .15rem 0 .15rem 1rem; text-align: right; vertical-align: top }\n"
    "th:first-child, td:first-child { overflow-wrap: anywhere; padding-left: 0;"
    " text-align: left }\n"
    "td + td { font-variant-numeric: tabular-nums; white-space: nowrap }\n"
    "@media (max-width: 32rem) { td + td + td { white-space: normal } }\n"
    "</style>\n";

static const char table[] = "<table>\n"
                            "<thead><tr><th>Name</th><th>Size</th><th>Modified (UTC)</th></tr>"
                            "</thead>\n"
                            "<tbody>\n";

static const char form[] = "<form method=\"post\" enctype=\"multipart/form-data\">\n"
                           "<p><label>Files to send:\n"
                           "<input type=\"file\" name=\"file\" multiple required></label>\n"
                           "<button type=\"submit\">Send</button></p>\n"
                           "</form>\n";

/* What is printed to. After an error it takes no more. */
struct page {
  struct buffer *out;
  int err;
};

static void add(struct page *p, const char *text)
{
  if (!p->err)
    p->err = buffer_append(p->out, text, strlen(text));
}

static void add_format(struct page *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_format(struct page *p, const char *format, ...)
{
  char text[128];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  add(p, text);
}

static void add_escaped(struct page *p, const char *text, size_t n)
{
  if (!p->err)
    p->err = html_escape(p->out, text, n);
}

/* Fit for an attribute of HTML and for a string of JSON. `./` before it keeps a name what it is:
 * without it `a:b` were a scheme, and `//a` a host (RFC 3986 4.2). */
static void add_url(struct page *p, const struct folder_entry *entry)
{
  add(p, "./");
  if (!p->err)
    p->err = http_path_print(p->out, entry->name, strlen(entry->name), false);
  if (entry->folder)
    add(p, "/");
}

/* In UTC; a year that has no four digits is clamped (RFC 3339 1). */
static struct tm utc(int64_t seconds)
{
  static const int64_t first = -62135596800, last = 253402300799; /* of the years 1 and 9999 */
  time_t clamped = (time_t)(seconds < first ? first : seconds > last ? last : seconds);
  struct tm tm = {0};
  gmtime_r(&clamped, &tm);
  return tm;
}

static void add_date_time(struct page *p, const struct tm *tm)
{
  add_format(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday,
             tm->tm_hour, tm->tm_min, tm->tm_sec);
}

/* To one digit behind the point; the largest file has less than 8 EiB. */
static void format_size(char out[SIZE_TEXT], uint64_t size)
{
  static const char units[] = "KMGTPE";
  if (size < 1024) {
    sprintf(out, "%" PRIu64 " B", size);
    return;
  }
  unsigned unit = 0, shift = 10;
  for (; size >> shift >= 1024; shift += 10)
    unit++;
  uint64_t one = UINT64_C(1) << shift, rest = size & (one - 1);
  uint64_t tenths = (size >> shift) * 10 + (rest * 10 + one / 2) / one;
  if (tenths == 10240) {
    tenths = 10;
    unit++;
  }
  sprintf(out, "%" PRIu64 ".%" PRIu64 " %ciB", tenths / 10, tenths % 10, units[unit]);
}

static void add_row(struct page *p, const struct folder_entry *entry)
{
  struct tm tm = utc(entry->modified);
  add(p, "<tr><td><a href=\"");
  add_url(p, entry);
  add(p, "\">");
  add_escaped(p, entry->name, strlen(entry->name));
  if (entry->folder) {
    add(p, "/</a></td><td></td>");
  } else {
    char size[SIZE_TEXT];
    format_size(size, entry->size);
    add_format(p, "</a></td><td title=\"%" PRIu64 " byte%s\">%s</td>", entry->size,
               entry->size == 1 ? "" : "s", size);
  }
  add(p, "<td><time datetime=\"");
  add_date_time(p, &tm);
  add_format(p, "\">%04d-%02d-%02d %02d:%02d</time></td></tr>\n", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min);
}

static void add_way_up(struct page *p, size_t folders)
{
  add(p, folders ? "" : "./");
  for (size_t i = 0; i < folders; i++)
    add(p, "../");
}

/* The path, each part a link to its folder. */
static void add_heading(struct page *p, const char *path)
{
  size_t depth = *path ? 1 : 0;
  for (const char *s = path; *s; s++)
    depth += *s == '/';
  add(p, "<h1><a href=\"");
  add_way_up(p, depth);
  add(p, "\">/</a>");
  while (*path) {
    size_t n = strcspn(path, "/");
    add(p, "<a href=\"");
    add_way_up(p, --depth);
    add(p, "\">");
    add_escaped(p, path, n);
    add(p, "</a>/");
    path += n + (path[n] == '/');
  }
  add(p, "</h1>\n");
}

static void print_html(struct page *p, const struct folder_entries *entries,
                       const struct listing *listing)
{
  add(p, head);
  add(p, "<title>Index of /");
  add_escaped(p, listing->path, strlen(listing->path));
  add(p, *listing->path ? "/</title>\n</head>\n<body>\n" : "</title>\n</head>\n<body>\n");
  add_heading(p, listing->path);
  add(p, table);
  if (*listing->path)
    add(p, "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
  for (size_t i = 0; i < entries->count && !p->err; i++)
    add_row(p, &entries->list[i]);
  add(p, "</tbody>\n</table>\n");
  if (listing->upload)
    add(p, form);
  add(p, "</body>\n</html>\n");
}

/* The URL is ASCII without quotes and backslashes, and needs no escape in a string. */
static void add_object(struct page *p, const struct folder_entry *entry)
{
  struct tm tm = utc(entry->modified);
  add(p, "{\"name\":\"");
  if (!p->err)
    p->err = escape_json(p->out, entry->name, strlen(entry->name));
  if (entry->folder)
    add(p, "\",\"type\":\"folder\"");
  else
    add_format(p, "\",\"type\":\"file\",\"size\":%" PRIu64, entry->size);
  add(p, ",\"modified\":\"");
  add_date_time(p, &tm);
  add(p, "\",\"url\":\"");
  add_url(p, entry);
  add(p, "\"}");
}

static void print_json(struct page *p, const struct folder_entries *entries)
{
  add(p, "[");
  for (size_t i = 0; i < entries->count && !p->err; i++) {
    add(p, i ? ",\n" : "\n");
    add_object(p, &entries->list[i]);
  }
  add(p, "\n]\n");
}

int listing_page_print(struct buffer *out, int dir, const struct listing *listing)
{
  struct folder_entries entries;
  int err = folder_entries_read(&entries, dir, listing);
  if (err)
    return err;
  struct page page = {.out = out};
  if (listing->json)
    print_json(&page, &entries);
  else
    print_html(&page, &entries, listing);
  folder_entries_release(&entries);
  return page.err;
}
