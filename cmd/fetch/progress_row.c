#include "cmd/fetch/progress_row.h"

#include "core/base/size.h"
#include "core/base/width.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
  TIME_TEXT = 32,
  TAIL_TEXT = 96,
  PERCENT = 5, /* ` 100%` */
  GAP = 2,
  SHORTEST_BAR = 10,  /* with its brackets */
  SHORTEST_NAME = 12, /* a longer name is cut to leave room for the other parts */
  STEP_MS = 200,      /* the moving mark of a bar whose length is unknown takes one step */
};

/* From a row with room for a name and a percentage only, to one with room for everything. The least
 * informative part is left out first. */
enum parts {
  PARTS_NONE,
  PARTS_SHORT, /* the time left; the bytes so far where the length is unknown */
  PARTS_RATE,
  PARTS_ALL,
  PARTS_AND_BAR,
};

static void format_time(char out[TIME_TEXT], uint64_t seconds)
{
  uint64_t minutes = seconds / 60, hours = minutes / 60;
  if (minutes == 0)
    snprintf(out, TIME_TEXT, "%us", (unsigned)seconds);
  else if (hours == 0)
    snprintf(out, TIME_TEXT, "%um%02us", (unsigned)minutes, (unsigned)(seconds % 60));
  else if (hours < 48)
    snprintf(out, TIME_TEXT, "%uh%02um", (unsigned)hours, (unsigned)(minutes % 60));
  else
    snprintf(out, TIME_TEXT, "%" PRIu64 "d", hours / 24);
}

/* In two steps, so that no number of bytes overflows. */
uint64_t progress_row_rate(uint64_t bytes, uint64_t ms)
{
  ms += ms == 0;
  return bytes / ms * 1000 + bytes % ms * 1000 / ms;
}

static uint64_t seconds_of(const struct progress_line *line, uint64_t now_ms)
{
  return (now_ms - line->begun_ms) / 1000;
}

static bool is_length_known(const struct progress_line *line)
{
  return line->total != UINT64_MAX;
}

/* `5s left`; empty while nothing moves. */
static void format_left(char out[TIME_TEXT], const struct progress_line *line)
{
  char time[TIME_TEXT];
  out[0] = '\0';
  if (line->rate == 0 || line->done > line->total)
    return;
  format_time(time, (line->total - line->done + line->rate - 1) / line->rate);
  snprintf(out, TIME_TEXT, "%.20s left", time);
}

/* The text after name and bar, and its width. It is ASCII. */
static size_t format_tail(char out[TAIL_TEXT], const struct progress_line *line, unsigned parts,
                          uint64_t now_ms)
{
  char done[SIZE_TEXT], total[SIZE_TEXT], rate[SIZE_TEXT], time[TIME_TEXT];
  size_format(done, line->done);
  size_format(rate, line->rate);
  out[0] = '\0';
  if (line->waiting) {
    if (parts >= PARTS_SHORT)
      snprintf(out, TAIL_TEXT, "waiting");
  } else if (is_length_known(line)) {
    size_format(total, line->total);
    format_left(time, line);
    const char *gap = *time ? "  " : "";
    if (parts >= PARTS_ALL)
      snprintf(out, TAIL_TEXT, "%s of %s  %s/s%s%s", done, total, rate, gap, time);
    else if (parts == PARTS_RATE)
      snprintf(out, TAIL_TEXT, "%s/s%s%s", rate, gap, time);
    else if (parts == PARTS_SHORT)
      snprintf(out, TAIL_TEXT, "%s", time);
  } else {
    format_time(time, seconds_of(line, now_ms));
    if (parts >= PARTS_ALL)
      snprintf(out, TAIL_TEXT, "%s  %s/s  %s", done, rate, time);
    else if (parts == PARTS_RATE)
      snprintf(out, TAIL_TEXT, "%s  %s/s", done, rate);
    else if (parts == PARTS_SHORT)
      snprintf(out, TAIL_TEXT, "%s", done);
  }
  return strlen(out);
}

static size_t least_of(size_t a, size_t b)
{
  return a < b ? a : b;
}

static const struct progress_line *line_at(const struct list *link)
{
  return container_of(link, const struct progress_line, link);
}

/* Measures the widest tail with these parts, and whether the names still have room. */
static bool try_parts(struct progress_row_layout *l, const struct list *lines, size_t count,
                      unsigned parts, uint64_t now_ms)
{
  char text[TAIL_TEXT];
  l->parts = parts;
  l->tail = 0;
  for (const struct list *link = lines->next; count > 0; link = link->next, count--) {
    size_t tail = format_tail(text, line_at(link), parts, now_ms);
    if (tail > l->tail)
      l->tail = tail;
  }
  size_t taken = l->number + (l->tail ? GAP + l->tail : 0);
  taken += parts == PARTS_AND_BAR ? 1 + SHORTEST_BAR : 0;
  return taken + least_of(l->name, SHORTEST_NAME) <= l->width;
}

void progress_row_measure(struct progress_row_layout *l, const struct list *lines, size_t count,
                          size_t width, uint64_t now_ms)
{
  size_t seen = 0;
  *l = (struct progress_row_layout){.width = width};
  for (const struct list *link = lines->next; seen < count; link = link->next, seen++) {
    size_t name = width_of(span_of(line_at(link)->name));
    if (name > l->name)
      l->name = name;
    if (is_length_known(line_at(link)))
      l->number = PERCENT;
  }
  unsigned parts = PARTS_AND_BAR;
  while (!try_parts(l, lines, count, parts, now_ms) && parts > PARTS_NONE)
    parts--;
  if (l->number >= width)
    l->number = 0;
  size_t taken = l->number + (l->tail ? GAP + l->tail : 0);
  if (parts == PARTS_AND_BAR) {
    size_t longest = width - taken - 1 - SHORTEST_BAR;
    l->name = least_of(l->name, longest);
    /* A name of usual length stays whole; a long one leaves the bar two thirds. */
    size_t most = longest > width / 3 ? width / 3 : longest;
    l->name = least_of(l->name, most > SHORTEST_NAME ? most : SHORTEST_NAME);
    l->bar = width - taken - 1 - l->name;
  } else {
    l->name = least_of(l->name, width - taken);
  }
}

static unsigned percentage(const struct progress_line *line)
{
  if (line->done >= line->total)
    return 100;
  unsigned percent = (unsigned)((double)line->done * 100 / (double)line->total);
  return percent < 100 ? percent : 99;
}

/* ` [=====>    ]`; where the length is unknown, ` [   <=>   ]` moves to and fro. */
static int print_bar(struct buffer *out, size_t width, const struct progress_line *line,
                     uint64_t now_ms)
{
  size_t inner = width - 2, full, mark;
  if (is_length_known(line)) {
    full = line->done >= line->total
               ? inner
               : (size_t)((double)line->done * (double)inner / (double)line->total);
    mark = full < inner;
    int err = buffer_append(out, " [", 2);
    for (size_t i = 0; i < full && !err; i++)
      err = buffer_append(out, "=", 1);
    return err ? err
               : buffer_printf(out, "%s%*s]", mark ? ">" : "", (int)(inner - full - mark), "");
  }
  size_t ways = inner - 3, at = (size_t)((now_ms - line->begun_ms) / STEP_MS % (2 * ways));
  full = at < ways ? at : 2 * ways - at;
  return buffer_printf(out, " [%*s<=>%*s]", (int)full, "", (int)(ways - full), "");
}

int progress_row_print(struct buffer *out, const struct progress_row_layout *l,
                       const struct progress_line *line, uint64_t now_ms)
{
  char tail[TAIL_TEXT];
  size_t length = format_tail(tail, line, l->parts, now_ms);
  int err = width_append(out, span_of(line->name), l->name);
  if (!err && l->number && is_length_known(line))
    err = buffer_printf(out, " %3u%%", percentage(line));
  else if (!err && l->number)
    err = buffer_printf(out, "%*s", PERCENT, "");
  if (!err && l->bar && line->waiting)
    err = buffer_printf(out, "%*s", (int)l->bar + 1, "");
  else if (!err && l->bar)
    err = print_bar(out, l->bar, line, now_ms);
  if (!err && length)
    err = buffer_printf(out, "  %s", tail);
  return err;
}

int progress_row_print_finished(struct buffer *out, const struct progress_line *line, size_t width,
                                uint64_t now_ms)
{
  char tail[TAIL_TEXT], size[SIZE_TEXT], rate[SIZE_TEXT], time[TIME_TEXT];
  uint64_t ms = now_ms - line->begun_ms, came = line->done - least_of(line->from, line->done);
  size_format(size, line->done);
  size_format(rate, progress_row_rate(came, ms));
  format_time(time, ms / 1000);
  size_t length = (size_t)snprintf(tail, sizeof tail, "  %s  %s/s  %s", size, rate, time);
  size_t name = width_of(span_of(line->name));
  if (length + least_of(name, SHORTEST_NAME) > width)
    length = (size_t)snprintf(tail, sizeof tail, "  %s", size);
  if (length + least_of(name, SHORTEST_NAME) > width)
    tail[length = 0] = '\0';
  int err = width_append(out, span_of(line->name), least_of(name, width - length));
  return err ? err : buffer_append(out, tail, length);
}
