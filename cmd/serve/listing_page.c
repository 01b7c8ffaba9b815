#include "cmd/serve/listing_page.h"

#include "cmd/serve/folder_entries.h"
#include "core/base/size.h"
#include "core/base/writer.h"
#include "core/codec/html.h"
#include "core/http/message/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <uv.h>

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

static void add_escaped(struct writer *w, struct span text)
{
  if (!w->error)
    writer_note(w, html_escape(w->to, text.data, text.length));
}

/* Safe in an HTML attribute and in a JSON string. `./` makes sure that it is read as a path: `a:b`
 * alone would be a scheme, and `//a` a host (RFC 3986 4.2). */
static void add_url(struct writer *w, const struct folder_entry *entry)
{
  writer_text(w, "./");
  if (!w->error)
    writer_note(w, http_path_print(w->to, entry->name, strlen(entry->name), false));
  if (entry->folder)
    writer_text(w, "/");
}

/* In UTC, clamped to years of four digits (RFC 3339 1). */
static struct tm utc(int64_t seconds)
{
  static const int64_t first = -62135596800, last = 253402300799; /* of the years 1 and 9999 */
  time_t clamped = (time_t)(seconds < first ? first : seconds > last ? last : seconds);
  struct tm tm = {0};
  gmtime_r(&clamped, &tm);
  return tm;
}

static void add_date_time(struct writer *w, const struct tm *tm)
{
  writer_format(w, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm->tm_year + 1900, tm->tm_mon + 1,
                tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec);
}

static void add_row(struct writer *w, const struct folder_entry *entry)
{
  struct tm tm = utc(entry->modified);
  writer_text(w, "<tr><td><a href=\"");
  add_url(w, entry);
  writer_text(w, "\">");
  add_escaped(w, span_of(entry->name));
  if (entry->folder) {
    writer_text(w, "/</a></td><td></td>");
  } else {
    char size[SIZE_TEXT];
    writer_format(w, "</a></td><td title=\"%" PRIu64 " byte%s\">%s</td>", entry->size,
                  entry->size == 1 ? "" : "s", size_format(size, entry->size));
  }
  writer_text(w, "<td><time datetime=\"");
  add_date_time(w, &tm);
  writer_format(w, "\">%04d-%02d-%02d %02d:%02d</time></td></tr>\n", tm.tm_year + 1900,
                tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min);
}

static void add_way_up(struct writer *w, size_t folders)
{
  writer_text(w, folders ? "" : "./");
  for (size_t i = 0; i < folders; i++)
    writer_text(w, "../");
}

/* The path; each part is a link to its folder. */
static void add_heading(struct writer *w, const char *path)
{
  size_t depth = *path ? 1 : 0;
  for (const char *s = path; *s; s++)
    depth += *s == '/';
  writer_text(w, "<h1><a href=\"");
  add_way_up(w, depth);
  writer_text(w, "\">/</a>");
  while (*path) {
    size_t n = strcspn(path, "/");
    writer_text(w, "<a href=\"");
    add_way_up(w, --depth);
    writer_text(w, "\">");
    add_escaped(w, (struct span){path, n});
    writer_text(w, "</a>/");
    path += n + (path[n] == '/');
  }
  writer_text(w, "</h1>\n");
}

static void print_html(struct writer *w, const struct folder_entries *entries,
                       const struct listing *listing)
{
  writer_text(w, head);
  writer_text(w, "<title>Index of /");
  add_escaped(w, span_of(listing->path));
  writer_text(w, *listing->path ? "/</title>\n</head>\n<body>\n" : "</title>\n</head>\n<body>\n");
  add_heading(w, listing->path);
  writer_text(w, table);
  if (*listing->path)
    writer_text(w, "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
  for (size_t i = 0; i < entries->count && !w->error; i++)
    add_row(w, &entries->list[i]);
  writer_text(w, "</tbody>\n</table>\n");
  if (listing->upload)
    writer_text(w, form);
  writer_text(w, "</body>\n</html>\n");
}

/* The URL has no quotes, backslashes or non-ASCII bytes, so it needs no escapes in JSON. */
static void add_object(struct writer *w, const struct folder_entry *entry)
{
  struct tm tm = utc(entry->modified);
  writer_text(w, "{\"name\":\"");
  writer_json(w, span_of(entry->name));
  if (entry->folder)
    writer_text(w, "\",\"type\":\"folder\"");
  else
    writer_format(w, "\",\"type\":\"file\",\"size\":%" PRIu64, entry->size);
  writer_text(w, ",\"modified\":\"");
  add_date_time(w, &tm);
  writer_text(w, "\",\"url\":\"");
  add_url(w, entry);
  writer_text(w, "\"}");
}

static void print_json(struct writer *w, const struct folder_entries *entries)
{
  writer_text(w, "[");
  for (size_t i = 0; i < entries->count && !w->error; i++) {
    writer_text(w, i ? ",\n" : "\n");
    add_object(w, &entries->list[i]);
  }
  writer_text(w, "\n]\n");
}

int listing_page_print(struct buffer *out, int dir, const struct listing *listing)
{
  struct folder_entries entries;
  int err = folder_entries_read(&entries, dir, listing);
  if (err)
    return err;
  struct writer w;
  writer_init(&w, out);
  if (listing->json)
    print_json(&w, &entries);
  else
    print_html(&w, &entries, listing);
  folder_entries_release(&entries);
  return w.error;
}
