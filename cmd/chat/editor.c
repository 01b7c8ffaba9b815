#include "cmd/chat/editor.h"

#include "core/base/list.h"
#include "core/base/utf8.h"
#include "core/base/width.h"
#include "core/os/library.h"

#include <histedit.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <uv.h>

static struct {
  __typeof__(el_init) *init;
  __typeof__(el_end) *end;
  __typeof__(el_wset) *set;
  __typeof__(el_wget) *get;
  __typeof__(el_wgets) *gets;
  __typeof__(el_wline) *line;
  __typeof__(el_winsertstr) *insert;
  __typeof__(el_deletestr) *erase;
  __typeof__(el_cursor) *cursor;
  __typeof__(el_resize) *resize;
  __typeof__(history_winit) *history_init;
  __typeof__(history_wend) *history_end;
  __typeof__(history_w) *history;
} libedit;

static const struct library_symbol symbols[] = {
    {"el_init", offsetof(__typeof__(libedit), init)},
    {"el_end", offsetof(__typeof__(libedit), end)},
    {"el_wset", offsetof(__typeof__(libedit), set)},
    {"el_wget", offsetof(__typeof__(libedit), get)},
    {"el_wgets", offsetof(__typeof__(libedit), gets)},
    {"el_wline", offsetof(__typeof__(libedit), line)},
    {"el_winsertstr", offsetof(__typeof__(libedit), insert)},
    {"el_deletestr", offsetof(__typeof__(libedit), erase)},
    {"el_cursor", offsetof(__typeof__(libedit), cursor)},
    {"el_resize", offsetof(__typeof__(libedit), resize)},
    {"history_winit", offsetof(__typeof__(libedit), history_init)},
    {"history_wend", offsetof(__typeof__(libedit), history_end)},
    {"history_w", offsetof(__typeof__(libedit), history)},
    {NULL, 0},
};

static struct library library = {.soname = ANET_LIBEDIT,
                                 .symbols = symbols,
                                 .functions = &libedit,
                                 .guard = PTHREAD_MUTEX_INITIALIZER};

enum {
  END_OF_INPUT = 0x04, /* Ctrl-D */
  REPLACEMENT = 0xfffd,

  /* Keys that no keyboard has: C1 controls, which are replaced when they are typed. */
  KEY_REPAINT = 0x80,
  KEY_NEW_LINE = 0x81,
};

/* Characters. */

static uint32_t decode(const uint8_t *s, size_t n, size_t *used)
{
  uint32_t c = REPLACEMENT;
  *used = utf8_decode(s, n, &c);
  if (*used == 0)
    *used = 1;
  return c >= 0x80 && c < 0xa0 ? REPLACEMENT : c;
}

/* 0 or UV_ENOMEM. */
static int encode(struct buffer *out, const wchar_t *text, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    char bytes[16]; /* MB_CUR_MAX is 6 at the most */
    int length = wctomb(bytes, text[i]);
    if (length > 0 && buffer_append(out, bytes, (size_t)length))
      return UV_ENOMEM;
  }
  return 0;
}

/* What libedit calls. */

static struct editor *editor_of(EditLine *el)
{
  void *data = NULL;
  libedit.get(el, EL_CLIENTDATA, &data);
  return data;
}

/* The next character of a key. When it has not come yet, the key has no effect, and all of it is
 * taken again the next time. */
static int take(EditLine *el, wchar_t *character)
{
  struct editor *e = editor_of(el);
  if (e->pressed) {
    *character = e->pressed;
    e->pressed = 0;
    return 1;
  }
  const uint8_t *next = buffer_data(&e->typed) + e->taken;
  size_t left = e->typed.length - e->taken, used;
  e->starved = left == 0 || utf8_tail(next, left) == left;
  if (e->starved)
    return -1;
  *character = (wchar_t)decode(next, left, &used);
  e->taken += used;
  return 1;
}

static wchar_t *prompt(EditLine *el)
{
  static wchar_t none[] = L"";
  struct editor *e = editor_of(el);
  return e->hidden ? none : e->prompt;
}

static unsigned char complete(EditLine *el, int key)
{
  struct editor *e = editor_of(el);
  const LineInfoW *line = libedit.line(el);
  const wchar_t *word = line->cursor;
  struct buffer start = {0}, rest = {0};
  wchar_t *wide = NULL;
  (void)key;
  while (word > line->buffer && word[-1] != L' ')
    word--;
  if (encode(&start, word, (size_t)(line->cursor - word)) == 0 && start.length > 0 &&
      e->ops->complete(e, (const char *)buffer_data(&start), start.length, &rest))
    wide = calloc(rest.length + 1, sizeof *wide);
  for (size_t at = 0, used, i = 0; wide && at < rest.length; at += used)
    wide[i++] = (wchar_t)decode(buffer_data(&rest) + at, rest.length - at, &used);
  bool done = wide && libedit.insert(el, wide) == 0;
  free(wide);
  buffer_release(&start);
  buffer_release(&rest);
  return done ? CC_REFRESH : CC_ERROR;
}

/* The line on the screen. */

static void press(struct editor *e, wchar_t key)
{
  int count;
  e->pressed = key;
  e->taken = 0;
  libedit.gets(e->el, &count);
}

static void go_to_end(struct editor *e)
{
  const LineInfoW *line = libedit.line(e->el);
  libedit.cursor(e->el, (int)(line->lastchar - line->cursor));
}

/* Takes the line off the screen and leaves the cursor where it began. libedit paints an empty line,
 * since only libedit knows over how many rows it painted this one. */
static int hide(struct editor *e)
{
  const LineInfoW *line = libedit.line(e->el);
  size_t n = (size_t)(line->lastchar - line->buffer);
  e->kept = calloc(n + 1, sizeof *e->kept);
  if (!e->kept)
    return UV_ENOMEM;
  wmemcpy(e->kept, line->buffer, n);
  e->kept_length = n;
  e->kept_cursor = (size_t)(line->cursor - line->buffer);
  e->hidden = true;
  go_to_end(e);
  libedit.erase(e->el, (int)n);
  press(e, KEY_REPAINT);
  return 0;
}

static void show(struct editor *e)
{
  e->hidden = false;
  if (e->kept_length > 0 && libedit.insert(e->el, e->kept) == 0)
    libedit.cursor(e->el, (int)e->kept_cursor - (int)e->kept_length);
  free(e->kept);
  e->kept = NULL;
  libedit.set(e->el, EL_REFRESH);
}

static void make_prompt(struct editor *e)
{
  size_t n = 0;
  for (size_t at = 0, used; at < e->tail.length && n <= EDITOR_PROMPT; at += used) {
    uint32_t c = decode(buffer_data(&e->tail) + at, e->tail.length - at, &used);
    if (n < EDITOR_PROMPT)
      e->prompt[n] = (wchar_t)c;
    n++;
  }
  e->prompt[n <= EDITOR_PROMPT ? n : 0] = L'\0';
}

/* How much of the tail can be printed now: its lines, and an unfinished one that is too long. */
static size_t ripe(const struct editor *e)
{
  if (e->tail.length == 0)
    return 0;
  const uint8_t *data = buffer_data(&e->tail);
  const uint8_t *last = memrchr(data, '\n', e->tail.length);
  if (e->tail.length > EDITOR_TAIL && !last)
    return e->tail.length;
  return last ? (size_t)(last - data) + 1 : 0;
}

static void print_tail(struct editor *e, size_t n)
{
  if (n == 0)
    return;
  fwrite(buffer_data(&e->tail), 1, n, stdout);
  if (buffer_data(&e->tail)[n - 1] != '\n')
    fputc('\n', stdout);
  buffer_consume(&e->tail, n);
}

int editor_print(struct editor *e, const void *text, size_t n)
{
  int err = n > 0 ? buffer_append(&e->tail, text, n) : 0;
  if (!err)
    err = hide(e);
  if (err)
    return err;
  print_tail(e, ripe(e));
  make_prompt(e);
  show(e);
  return 0;
}

/* Keys. */

static void enter(struct editor *e, const wchar_t *line, size_t n)
{
  struct buffer text = {0};
  HistEventW event;
  wchar_t *copy = calloc(n + 1, sizeof *copy);
  if (copy && n > 0) {
    wmemcpy(copy, line, n);
    libedit.history(e->history, &event, H_ENTER, copy);
  }
  free(copy);
  bool fits = encode(&text, line, n) == 0 && buffer_append(&text, "\n", 1) == 0;
  if (e->prompt[0]) /* it stays on the screen, with the reply */
    buffer_release(&e->tail);
  make_prompt(e);
  press(e, KEY_NEW_LINE);
  if (fits)
    e->ops->line(e, (const char *)buffer_data(&text), text.length - 1);
  buffer_release(&text);
}

static bool is_empty(struct editor *e)
{
  const LineInfoW *line = libedit.line(e->el);
  return line->lastchar == line->buffer;
}

/* Gives libedit one key. False when the rest of the key has not come. */
static bool press_next(struct editor *e)
{
  int count = 0;
  e->taken = 0;
  e->starved = false;
  const wchar_t *line = libedit.gets(e->el, &count);
  if (e->starved)
    return false;
  buffer_consume(&e->typed, e->taken);
  if (line && count > 0 && line[count - 1] == L'\n')
    enter(e, line, (size_t)count - 1);
  return true;
}

void editor_type(struct editor *e, const void *data, size_t n)
{
  if (buffer_append(&e->typed, data, n))
    return; /* without memory a key has no effect */
  while (e->typed.length > 0 && !e->stopped) {
    if (*buffer_data(&e->typed) == END_OF_INPUT && is_empty(e)) {
      e->ops->ended(e);
      return;
    }
    if (!press_next(e))
      return;
  }
}

void editor_stop(struct editor *e)
{
  e->stopped = true;
}

/* Signals. */

static size_t columns_of(const wchar_t *text, size_t n)
{
  size_t columns = 0;
  for (size_t i = 0; i < n; i++)
    columns += width_of_character((uint32_t)text[i]);
  return columns;
}

/* libedit forgets where its line was. The terminal has wrapped the line to the new width, which
 * says how many rows of it are above the cursor. */
static void resized(struct signal_watch *w)
{
  struct editor *e = container_of(w, struct editor, resize);
  const LineInfoW *line = libedit.line(e->el);
  size_t columns = columns_of(e->prompt, wcslen(e->prompt)) +
                   columns_of(line->buffer, (size_t)(line->cursor - line->buffer));
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
    return;
  fputc('\r', stdout);
  if (columns >= size.ws_col)
    printf("\033[%zuA", columns / size.ws_col);
  fputs("\033[J", stdout);
  libedit.resize(e->el);
  libedit.set(e->el, EL_REFRESH);
}

/* Moves below the line, so that the next output does not break it. */
static void leave_line(struct editor *e)
{
  bool empty = is_empty(e) && !e->prompt[0];
  go_to_end(e);
  press(e, KEY_REPAINT);
  if (!empty)
    fputc('\n', stdout);
  fflush(stdout);
}

/* Ctrl-Z: the shell has the terminal until SIGCONT. */
static void suspended(struct signal_watch *w)
{
  struct editor *e = container_of(w, struct editor, suspend);
  const LineInfoW *line = libedit.line(e->el);
  int behind = (int)(line->lastchar - line->cursor);
  leave_line(e);
  libedit.set(e->el, EL_PREP_TERM, 0);
  signal_watch_release(w);
  raise(SIGTSTP);
  signal_watch_start(w, e->reactor, SIGTSTP);
  libedit.set(e->el, EL_PREP_TERM, 1);
  libedit.cursor(e->el, -behind);
  libedit.resize(e->el);
  libedit.set(e->el, EL_REFRESH);
}

static void quit(struct signal_watch *w)
{
  struct editor *e = container_of(w, struct editor, quit);
  e->ops->quit(e);
}

/* A key whose signal was ignored when the program started, as a shell without job control has
 * SIGTSTP, does nothing. */
static int watch_key(struct signal_watch *w, struct reactor *r, int number)
{
  return signal_is_ignored(number) ? 0 : signal_watch_start(w, r, number);
}

static int watch(struct editor *e)
{
  e->resize.fire = resized;
  e->suspend.fire = suspended;
  e->quit.fire = quit;
  int err = signal_watch_start(&e->resize, e->reactor, SIGWINCH);
  if (!err)
    err = watch_key(&e->suspend, e->reactor, SIGTSTP);
  if (!err)
    err = watch_key(&e->quit, e->reactor, SIGQUIT);
  return err;
}

/* Open and close. */

/* libedit asks the C library about characters. They are UTF-8 whatever the locale: so are the lines
 * to the server and everything that anet prints. */
static int use_utf8(struct editor *e)
{
  e->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  if (!e->locale)
    e->locale = newlocale(LC_CTYPE_MASK, "en_US.UTF-8", (locale_t)0);
  if (!e->locale)
    return UV_ENOTSUP;
  e->before = uselocale(e->locale);
  return 0;
}

/* Without the commands for which libedit would read further keys by itself. */
static void bind_keys(struct editor *e)
{
  EditLine *el = e->el;
  libedit.set(el, EL_EDITOR, L"emacs");
  libedit.set(el, EL_ADDFN, L"complete-name", L"complete a name seen in the room", complete);
  libedit.set(el, EL_BIND, L"\t", L"complete-name", NULL);
  libedit.set(el, EL_BIND, L"\x80", L"ed-redisplay", NULL);
  libedit.set(el, EL_BIND, L"\x81", L"ed-start-over", NULL);
  libedit.set(el, EL_BIND, L"^V", L"ed-unassigned", NULL);
  libedit.set(el, EL_BIND, L"^R", L"ed-redisplay", NULL);
  libedit.set(el, EL_BIND, L"^S", L"ed-unassigned", NULL);
  libedit.set(el, EL_BIND, L"\033x", L"ed-unassigned", NULL);
  libedit.set(el, EL_BIND, L"\033X", L"ed-unassigned", NULL);
}

static int open_libedit(struct editor *e)
{
  HistEventW event;
  const char *term = getenv("TERM");
  if (!term || !*term || strcmp(term, "dumb") == 0)
    return UV_ENOTSUP;
  int err = library_open(&library, NULL);
  if (!err)
    err = use_utf8(e);
  if (err)
    return err;
  e->nowhere = fopen("/dev/null", "w");
  e->history = libedit.history_init();
  if (e->nowhere && e->history)
    e->el = libedit.init("anet", stdin, stdout, e->nowhere);
  if (!e->el)
    return UV_ENOMEM;
  libedit.history(e->history, &event, H_SETSIZE, EDITOR_HISTORY);
  libedit.history(e->history, &event, H_SETUNIQUE, 1);
  libedit.set(e->el, EL_CLIENTDATA, e);
  libedit.set(e->el, EL_HIST, libedit.history, e->history);
  libedit.set(e->el, EL_GETCFN, take);
  libedit.set(e->el, EL_PROMPT, prompt);
  bind_keys(e);
  libedit.set(e->el, EL_UNBUFFERED, 1);
  return 0;
}

int editor_open(struct editor *e, struct reactor *r, const struct editor_ops *ops)
{
  *e = (struct editor){.ops = ops, .reactor = r};
  int err = open_libedit(e);
  if (!err)
    err = watch(e);
  if (err)
    editor_close(e);
  return err;
}

static void close_libedit(struct editor *e)
{
  leave_line(e);
  if (!e->prompt[0])
    print_tail(e, e->tail.length);
  fflush(stdout);
  libedit.set(e->el, EL_UNBUFFERED, 0);
  libedit.end(e->el);
  e->el = NULL;
}

void editor_close(struct editor *e)
{
  signal_watch_release(&e->resize);
  signal_watch_release(&e->suspend);
  signal_watch_release(&e->quit);
  if (e->el)
    close_libedit(e);
  if (e->history)
    libedit.history_end(e->history);
  if (e->nowhere)
    fclose(e->nowhere);
  if (e->locale) {
    uselocale(e->before);
    freelocale(e->locale);
  }
  buffer_release(&e->typed);
  buffer_release(&e->tail);
  *e = (struct editor){0};
}
