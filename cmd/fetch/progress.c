#include "cmd/fetch/progress.h"

#include "cmd/fetch/progress_row.h"
#include "core/base/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Between two redraws the cursor rests at the start of the first row, not after the last. When a
 * terminal is made narrower, it wraps the rows and moves the cursor along, and the number of rows
 * is unknown. From the first row, everything below can be redrawn or cleared, and nothing above is
 * touched. The same holds after a stop. */

#define CLEAR_LINE  "\x1b[K"
#define CLEAR_BELOW "\x1b[J"

enum { USUAL_COLUMNS = 80, USUAL_ROWS = 24 };

/* In the background, the terminal belongs to the shell. */
static bool is_foreground(void)
{
  return tcgetpgrp(STDERR_FILENO) == getpgrp();
}

bool progress_is_wanted(void)
{
  const char *term = getenv("TERM"), *plain = getenv("NO_COLOR");
  if (!term || !*term || strcmp(term, "dumb") == 0 || (plain && *plain))
    return false;
  return isatty(STDERR_FILENO) && is_foreground();
}

/* The terminal of stderr, opened anew: O_NONBLOCK on stderr itself would also change it for the
 * shell and other programs that share it. */
static int open_terminal(void)
{
  char name[PATH_MAX];
  if (ttyname_r(STDERR_FILENO, name, sizeof name))
    return STDERR_FILENO;
  int fd = open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  return fd < 0 ? STDERR_FILENO : fd;
}

static bool has_room(int fd)
{
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  return poll(&p, 1, 0) == 1 && p.revents & POLLOUT;
}

/* Writes pending bytes, once; false if the terminal does not take all of them now. The rest is
 * kept, not dropped: it may begin in the middle of an escape sequence. */
static bool flush(struct progress *p)
{
  if (p->out.length == 0)
    return true;
  if (p->fd < 0)
    p->fd = open_terminal();
  if (!has_room(p->fd))
    return false;
  ssize_t n = write(p->fd, buffer_data(&p->out), p->out.length);
  if (n >= 0)
    buffer_consume(&p->out, (size_t)n);
  else if (errno != EAGAIN && errno != EINTR)
    buffer_release(&p->out); /* the terminal is gone */
  return p->out.length == 0;
}

static struct winsize window_size(void)
{
  struct winsize w;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w))
    w.ws_row = w.ws_col = 0;
  if (w.ws_row == 0)
    w.ws_row = USUAL_ROWS;
  if (w.ws_col == 0)
    w.ws_col = USUAL_COLUMNS;
  return w;
}

static size_t count_lines(const struct progress *p)
{
  size_t n = 0;
  for (const struct list *link = p->lines.next; link != &p->lines; link = link->next)
    n++;
  return n;
}

/* What is not shown: `... and 2 more, 5 waiting`. */
static int add_count(struct progress *p, size_t others, bool follows, size_t width)
{
  char text[96] = "... and";
  size_t n = strlen(text);
  if (others > 0)
    n += (size_t)snprintf(text + n, sizeof text - n, " %zu more%s", others, p->queued ? "," : "");
  if (p->queued > 0)
    n += (size_t)snprintf(text + n, sizeof text - n, " %zu waiting", p->queued);
  return buffer_printf(&p->out, "%s%.*s", follows ? CLEAR_LINE "\r\n" : "",
                       (int)(n < width ? n : width), text);
}

/* Rows for the first `count` lines, and one row that counts the `others` and those that have not
 * begun. */
static int add_rows(struct progress *p, size_t count, size_t others, size_t width, uint64_t now_ms)
{
  struct progress_row_layout layout;
  progress_row_measure(&layout, &p->lines, count, width, now_ms);
  const struct list *link = p->lines.next;
  for (size_t i = 0; i < count; i++, link = link->next) {
    int err = i > 0 ? buffer_printf(&p->out, CLEAR_LINE "\r\n") : 0;
    if (!err)
      err = progress_row_print(&p->out, &layout, container_of(link, struct progress_line, link),
                               now_ms);
    if (err)
      return err;
  }
  return others > 0 || (p->queued > 0 && count > 0) ? add_count(p, others, count > 0, width) : 0;
}

/* Redraws everything from the first row on. The line `finished` goes above, and stays. The last
 * column is left free: a terminal may wrap when it is filled. */
static int add_frame(struct progress *p, const struct progress_line *finished)
{
  struct winsize window = window_size();
  size_t lines = count_lines(p), count = lines, width = window.ws_col - 1u;
  uint64_t now_ms = reactor_now_ms(p->reactor);
  bool queued = lines > 0 && p->queued > 0;
  if (lines + queued > window.ws_row)
    count = window.ws_row - 1u;
  size_t rows = count + (count < lines || queued);
  int err = buffer_append(&p->out, "\r", 1);
  if (!err && finished)
    err = progress_row_print_finished(&p->out, finished, width, now_ms);
  if (!err && finished)
    err = buffer_printf(&p->out, CLEAR_LINE "\r\n");
  if (!err)
    err = add_rows(p, count, lines - count, width, now_ms);
  if (!err)
    err = buffer_printf(&p->out, CLEAR_BELOW "\r");
  if (!err && rows > 1)
    err = buffer_printf(&p->out, "\x1b[%zuA", rows - 1);
  p->drawn = rows;
  return err;
}

/* Ctrl-Z: the shell will write at the cursor. */
static void stop(struct signal_watch *w)
{
  struct sigaction ours, usual = {.sa_handler = SIG_DFL};
  progress_hide(container_of(w, struct progress, stop));
  sigaction(SIGTSTP, &usual, &ours);
  raise(SIGTSTP); /* returns after SIGCONT */
  sigaction(SIGTSTP, &ours, NULL);
}

/* A shell without job control ignores SIGTSTP: leave it ignored. */
static void watch_for_stop(struct progress *p)
{
  struct sigaction now;
  p->stop.fire = stop;
  if (sigaction(SIGTSTP, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
    signal_watch_start(&p->stop, p->reactor, SIGTSTP);
}

/* Without memory, the frame is skipped. */
static void draw(struct progress *p, const struct progress_line *finished)
{
  size_t before = p->out.length;
  if (add_frame(p, finished))
    p->out.length = before;
  if (!p->shown)
    watch_for_stop(p);
  p->shown = true;
  flush(p);
}

static void take_sample(struct progress_line *line, uint64_t now_ms)
{
  if (now_ms - line->samples[line->sampled - 1].ms < PROGRESS_SAMPLE_MS)
    return;
  if (line->sampled == PROGRESS_SAMPLES)
    memmove(line->samples, line->samples + 1, --line->sampled * sizeof *line->samples);
  line->samples[line->sampled].ms = now_ms;
  line->samples[line->sampled++].done = line->done;
  uint64_t before = line->samples[0].done > line->from ? line->samples[0].done : line->from;
  line->rate = progress_row_rate(line->done > before ? line->done - before : 0,
                                 now_ms - line->samples[0].ms);
}

static bool is_time_to_draw(const struct progress *p, uint64_t now_ms)
{
  const struct list *first = p->lines.next;
  if (first == &p->lines)
    return false;
  return p->shown || now_ms - container_of(first, const struct progress_line, link)->begun_ms >=
                         PROGRESS_PATIENCE_MS;
}

/* While the terminal is stuck, no further frames are queued. */
static void redraw(struct timer *t)
{
  struct progress *p = container_of(t, struct progress, redraw);
  uint64_t now_ms = reactor_now_ms(p->reactor);
  if (list_empty(&p->lines) && p->out.length == 0)
    return;
  timer_start(t, p->reactor, PROGRESS_REDRAW_MS);
  for (struct list *link = p->lines.next; link != &p->lines; link = link->next)
    take_sample(container_of(link, struct progress_line, link), now_ms);
  if (is_foreground() && flush(p) && is_time_to_draw(p, now_ms))
    draw(p, NULL);
}

void progress_init(struct progress *p, struct reactor *r)
{
  *p = (struct progress){.reactor = r, .fd = -1, .redraw = {.fire = redraw}};
  list_init(&p->lines);
}

void progress_release(struct progress *p)
{
  progress_hide(p);
  while (list_pop(&p->lines))
    ;
  timer_release(&p->redraw);
  signal_watch_release(&p->stop);
  buffer_release(&p->out);
  if (p->fd >= 0 && p->fd != STDERR_FILENO)
    close(p->fd);
  p->fd = -1;
  p->shown = false;
}

static bool is_listed(const struct progress_line *line)
{
  return line->link.next && !list_empty(&line->link);
}

void progress_begin(struct progress *p, struct progress_line *line, const char *name, uint64_t from)
{
  struct list link = line->link;
  bool again = is_listed(line);
  *line = (struct progress_line){
      .progress = p,
      .begun_ms = reactor_now_ms(p->reactor),
      .from = from,
      .total = UINT64_MAX,
      .sampled = 1,
  };
  line->samples[0].ms = line->begun_ms;
  escape_to(line->name, sizeof line->name, name, strlen(name));
  if (again) {
    line->link = link;
  } else {
    list_init(&line->link);
    list_append(&p->lines, &line->link);
  }
  if (!timer_is_running(&p->redraw))
    timer_start(&p->redraw, p->reactor, PROGRESS_REDRAW_MS);
}

void progress_wait(struct progress *p, struct progress_line *line, const char *name)
{
  progress_begin(p, line, name, 0);
  line->waiting = true;
}

void progress_queue(struct progress *p, size_t count)
{
  p->queued = count;
}

void progress_set(struct progress_line *line, uint64_t done, uint64_t total)
{
  line->done = done;
  line->total = total;
}

void progress_end(struct progress_line *line, bool whole)
{
  struct progress *p = line->progress;
  if (!is_listed(line))
    return;
  whole = whole && !line->waiting;
  list_remove(&line->link);
  if (p->shown && is_foreground() && (whole || (list_empty(&p->lines) && p->drawn > 0)))
    draw(p, whole ? line : NULL);
}

void progress_hide(struct progress *p)
{
  if (p->drawn > 0 && is_foreground()) {
    buffer_printf(&p->out, "\r" CLEAR_BELOW);
    flush(p);
  }
  p->drawn = 0;
}
