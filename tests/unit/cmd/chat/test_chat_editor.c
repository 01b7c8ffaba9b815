/* The line that is typed on a terminal: keys in, calls out, and the terminal's modes. What stands
 * on the screen is for chat_client.bats, which has one. */
#include "tests/unit/lib/harness.h"

#include "cmd/chat/editor.h"

#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static struct {
  struct reactor *reactor;
  struct editor editor;
  int master, saved[2]; /* stdin and stdout as they were */
  struct termios modes; /* before it was opened */
  char out[256 * 1024]; /* what was written to the terminal in this test */
  size_t written;
  const char *completion; /* what `complete` appends; NULL: it has nothing to say */
  bool stops;             /* a line ends it */
  unsigned raised;
  int allocations_left, locales_left; /* that succeed; negative: all */
  bool no_files;
} t = {.allocations_left = -1, .locales_left = -1};

/* What libtinfo keeps of each terminal that libedit asks it for: neither frees it. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
  return "leak:libtinfo";
}

/* These stand for the C library's, for what calls them in anet: see CMakeLists.txt. */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
locale_t __real_newlocale(int mask, const char *name, locale_t base);
locale_t __wrap_newlocale(int mask, const char *name, locale_t base);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
int __wrap_raise(int number);

/* Counts one; false when none is left. */
static bool is_left(int *left)
{
  if (*left == 0)
    return false;
  *left -= *left > 0;
  return true;
}

void *__wrap_malloc(size_t size)
{
  return is_left(&t.allocations_left) ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
  return is_left(&t.allocations_left) ? __real_calloc(n, size) : NULL;
}

locale_t __wrap_newlocale(int mask, const char *name, locale_t base)
{
  return is_left(&t.locales_left) ? __real_newlocale(mask, name, base) : (locale_t)0;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
  return t.no_files ? NULL : __real_fopen(path, mode);
}

int __wrap_raise(int number)
{
  t.raised += number == SIGTSTP;
  return 0;
}

/* The calls. */

static void line(struct editor *e, const char *text, size_t n)
{
  assert_int_equal(text[n], '\n');
  record_bytes("line", text, n);
  if (t.stops)
    editor_stop(e);
}

static void ended(struct editor *e)
{
  record("ended");
  editor_stop(e);
}

static void quit(struct editor *e)
{
  (void)e;
  record("quit");
}

static bool complete(struct editor *e, const char *word, size_t n, struct buffer *rest)
{
  (void)e;
  record_bytes("complete", word, n);
  if (!t.completion)
    return false;
  return buffer_append(rest, t.completion, strlen(t.completion)) == 0;
}

static const struct editor_ops ops = {
    .line = line, .ended = ended, .quit = quit, .complete = complete};

/* The terminal. */

static void set_width(unsigned short columns)
{
  struct winsize size = {.ws_row = 24, .ws_col = columns};
  assert_int_equal(ioctl(t.master, TIOCSWINSZ, &size), 0);
}

static int setup(void **state)
{
  int slave;
  memset(&t, 0, sizeof t);
  t.allocations_left = t.locales_left = -1;
  if (reactor_setup(state))
    return -1;
  t.reactor = *state;
  fflush(stdout);
  t.saved[0] = dup(STDIN_FILENO);
  t.saved[1] = dup(STDOUT_FILENO);
  if (openpty(&t.master, &slave, NULL, NULL, NULL))
    return -1;
  dup2(slave, STDIN_FILENO);
  dup2(slave, STDOUT_FILENO);
  close(slave);
  set_width(80);
  setenv("TERM", "xterm", 1);
  return tcgetattr(STDIN_FILENO, &t.modes);
}

static int teardown(void **state)
{
  t.allocations_left = t.locales_left = -1;
  editor_close(&t.editor);
  fflush(stdout);
  dup2(t.saved[0], STDIN_FILENO);
  dup2(t.saved[1], STDOUT_FILENO);
  close(t.saved[0]);
  close(t.saved[1]);
  close(t.master);
  return reactor_teardown(state);
}

#define EDITOR_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Reads what was written so far: up to a mark that is written behind it. */
static void read_terminal(void)
{
  static const char mark = '\x1e';
  fflush(stdout);
  assert_int_equal(write(STDOUT_FILENO, &mark, 1), 1);
  do {
    ssize_t n = read(t.master, t.out + t.written, sizeof t.out - 1 - t.written);
    assert_true(n > 0);
    t.written += (size_t)n;
  } while (t.out[t.written - 1] != mark);
  t.out[--t.written] = '\0';
}

/* It was written since this was asked last. */
static void assert_written(const char *text)
{
  read_terminal();
  if (!strstr(t.out, text))
    fail_msg("\"%s\" was not written, but \"%s\"", text, t.out);
  t.written = 0;
}

static bool modes_are_back(void)
{
  struct termios now;
  assert_int_equal(tcgetattr(STDIN_FILENO, &now), 0);
  return now.c_iflag == t.modes.c_iflag && now.c_oflag == t.modes.c_oflag &&
         now.c_lflag == t.modes.c_lflag && memcmp(now.c_cc, t.modes.c_cc, sizeof now.c_cc) == 0;
}

static void open_editor(void)
{
  assert_int_equal(editor_open(&t.editor, t.reactor, &ops), 0);
}

static void assert_does_not_open(int err)
{
  assert_int_equal(editor_open(&t.editor, t.reactor, &ops), err);
  assert_null(t.editor.el);
  assert_true(modes_are_back());
}

static void type(const char *keys)
{
  editor_type(&t.editor, keys, strlen(keys));
}

static void print(const char *text)
{
  assert_int_equal(editor_print(&t.editor, text, strlen(text)), 0);
}

static void signal_comes(int number)
{
  reactor_hold(t.reactor); /* what the client's connection does */
  kill(getpid(), number);
  passes(t.reactor, 2);
  reactor_unhold(t.reactor);
}

/* Opening and closing. */

static void the_terminal_is_taken_and_given_back(void **state)
{
  (void)state;
  open_editor();
  assert_false(modes_are_back());
  editor_close(&t.editor);
  assert_true(modes_are_back());
  editor_close(&t.editor);
}

static void a_terminal_that_can_do_nothing_is_left_alone(void **state)
{
  (void)state;
  setenv("TERM", "dumb", 1);
  assert_does_not_open(UV_ENOTSUP);
  setenv("TERM", "", 1);
  assert_does_not_open(UV_ENOTSUP);
  unsetenv("TERM");
  assert_does_not_open(UV_ENOTSUP);
}

static void without_a_locale_of_UTF_8_it_does_not_open(void **state)
{
  (void)state;
  t.locales_left = 0;
  assert_does_not_open(UV_ENOTSUP);
}

static void without_memory_or_files_it_does_not_open(void **state)
{
  (void)state;
  t.no_files = true;
  assert_does_not_open(UV_ENOMEM);
  t.no_files = false;
  for (int left = 0; left < 3; left++) { /* one for each signal */
    t.allocations_left = left;
    assert_does_not_open(UV_ENOMEM);
  }
}

static void a_line_without_its_end_is_left_on_the_terminal(void **state)
{
  char longer[EDITOR_PROMPT + 3];
  (void)state;
  open_editor();
  print("name: ");
  type("jo");
  editor_close(&t.editor);
  assert_written("name: jo");
  open_editor();
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  print(longer); /* too long to be a prompt: it was not shown yet */
  editor_close(&t.editor);
  assert_written(longer);
}

/* Keys. */

static void a_line_is_what_was_typed(void **state)
{
  (void)state;
  open_editor();
  type("hello\n");
  assert_calls("line hello");
  type("\n");
  assert_calls("line ");
  type("one\ntwo\nthr");
  assert_calls("line one, line two");
  type("ee\n");
  assert_calls("line three");
}

static void a_character_may_come_in_pieces(void **state)
{
  (void)state;
  open_editor();
  type("gr\xc3");
  type("\xbc\xe4");
  type("\xb8");
  type("\xad\n");
  assert_calls("line gr\u00fc\u4e2d");
}

static void what_is_no_character_becomes_the_replacement(void **state)
{
  (void)state;
  open_editor();
  type("a\xff"
       "b\xc2\x9b"
       "c\n"); /* no byte of a character, and a C1 control */
  assert_calls("line a\ufffdb\ufffdc");
}

static void a_key_may_come_in_pieces(void **state)
{
  (void)state;
  open_editor();
  type("ac\033");
  type("[");
  type("Db\n"); /* left */
  assert_calls("line abc");
}

static void the_end_of_input_ends_it_on_an_empty_line_alone(void **state)
{
  (void)state;
  open_editor();
  type("ab\033[D\x04\n");
  assert_calls("line a");
  type("\x04more\n");
  assert_calls("ended");
}

static void after_a_stop_no_key_is_read(void **state)
{
  (void)state;
  open_editor();
  t.stops = true;
  type("one\ntwo\n");
  assert_calls("line one");
}

static void arrows_bring_back_what_was_typed(void **state)
{
  (void)state;
  open_editor();
  type("one\n\ntwo\n\033[A\033[A\n");
  assert_calls("line one, line , line two, line one");
}

static void tab_completes_the_word_before_the_cursor(void **state)
{
  (void)state;
  open_editor();
  t.completion = "\u00e4mie ";
  type("say M\t!\n");
  assert_calls("complete M, line say M\u00e4mie !");
  t.completion = NULL;
  type("nobod\ty\n");
  assert_calls("complete nobod, line nobody");
  type("say \t\t.\n"); /* no word to complete */
  assert_calls("line say .");
}

static void tab_changes_nothing_without_memory(void **state)
{
  (void)state;
  open_editor();
  t.completion = "nna";
  type("say A");
  for (int left = 0; left < 3; left++) {
    buffer_append(&t.editor.typed, "\t", 1);
    t.allocations_left = left;
    editor_type(&t.editor, "", 0);
    t.allocations_left = -1;
  }
  assert_calls("complete A, complete A");
  type("\n");
  assert_calls("line say A");
}

static void keys_that_would_read_more_by_themselves_do_nothing(void **state)
{
  (void)state;
  open_editor();
  type("a\x16\x13"
       "b\x12"
       "c\n"); /* Ctrl-V, Ctrl-S, Ctrl-R */
  assert_calls("line abc");
}

static void without_memory_a_line_is_not_sent(void **state)
{
  (void)state;
  open_editor();
  type("lost");
  assert_int_equal(buffer_append(&t.editor.typed, "\n", 1), 0);
  t.allocations_left = 0;
  editor_type(&t.editor, "", 0);
  t.allocations_left = -1;
  assert_calls("-");
  type("kept\n");
  assert_calls("line kept");
}

static void without_memory_a_key_has_no_effect(void **state)
{
  (void)state;
  open_editor();
  t.allocations_left = 0;
  type("lost\n");
  t.allocations_left = -1;
  type("kept\n");
  assert_calls("line kept");
}

/* What others say. */

static void what_is_printed_keeps_the_line(void **state)
{
  (void)state;
  open_editor();
  type("half a");
  print("ann : hello\n");
  assert_written("ann : hello\r\n");
  print("");
  print("bob : one\nbob : two\n");
  assert_written("bob : one\r\nbob : two\r\n");
  type(" line\n");
  assert_calls("line half a line");
}

static void what_has_no_end_yet_is_a_prompt_until_it_is_answered(void **state)
{
  (void)state;
  open_editor();
  print("one\nna");
  assert_int_equal(wcscmp(t.editor.prompt, L"na"), 0);
  print("me: ");
  assert_int_equal(wcscmp(t.editor.prompt, L"name: "), 0);
  type("joe\n");
  assert_int_equal(wcscmp(t.editor.prompt, L""), 0);
  assert_calls("line joe");
  print("more\n");
  assert_written("more\r\n");
}

static void what_is_too_long_for_a_prompt_waits_for_its_end(void **state)
{
  char longer[EDITOR_PROMPT + 2];
  (void)state;
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  open_editor();
  print(longer + 1);
  assert_int_equal(wcslen(t.editor.prompt), EDITOR_PROMPT);
  print("x");
  assert_int_equal(wcslen(t.editor.prompt), 0);
  read_terminal();
  t.written = 0;
  print("\n");
  assert_written(longer);
}

static void a_line_that_never_ends_is_printed_as_if_it_had(void **state)
{
  static char part[EDITOR_TAIL / 4 + 1];
  (void)state;
  memset(part, 'x', sizeof part - 1);
  open_editor();
  for (int i = 0; i < 4; i++) {
    print(part);
    read_terminal();
    t.written = 0;
  }
  assert_int_equal(t.editor.tail.length, EDITOR_TAIL);
  pid_t reader = fork(); /* the terminal holds less than that */
  if (reader == 0) {
    alarm(10);
    for (size_t n = 0; n < EDITOR_TAIL; n += (size_t)read(t.master, t.out, sizeof t.out))
      ;
    _exit(0);
  }
  print("y");
  fflush(stdout);
  assert_int_equal(t.editor.tail.length, 0);
  kill(reader, SIGKILL);
  waitpid(reader, NULL, 0);
}

static void without_memory_nothing_is_printed_and_the_line_stays(void **state)
{
  (void)state;
  open_editor();
  type("half");
  for (int left = 0; left < 2; left++) {
    t.allocations_left = left;
    assert_int_equal(editor_print(&t.editor, "a line\n", 7), UV_ENOMEM);
    t.allocations_left = -1;
  }
  type(" a line\n");
  assert_calls("line half a line");
}

/* Signals. */

static void another_width_paints_the_line_again(void **state)
{
  (void)state;
  open_editor();
  print("ask: ");
  type("one two three four five \u4e2d\u6587");
  assert_written("four five");
  set_width(20);
  signal_comes(SIGWINCH);
  assert_written("\r\033[1A\033[J"); /* 33 columns: one row is above the cursor's */
  set_width(80);
  signal_comes(SIGWINCH);
  assert_written("\r\033[J");
  set_width(0); /* nobody knows */
  signal_comes(SIGWINCH);
  read_terminal();
  assert_int_equal(t.written, 0);
}

static void a_stop_gives_the_terminal_to_the_shell(void **state)
{
  (void)state;
  open_editor();
  type("half\033[D");
  signal_comes(SIGTSTP);
  assert_int_equal(t.raised, 1);
  assert_false(modes_are_back()); /* it is ours again */
  type("x\n");
  assert_calls("line halxf");
  signal_comes(SIGTSTP);
  assert_int_equal(t.raised, 2);
}

static void a_quit_is_told(void **state)
{
  (void)state;
  open_editor();
  signal_comes(SIGQUIT);
  assert_calls("quit");
}

static void a_key_whose_signal_was_ignored_stays_so(void **state)
{
  (void)state;
  signal(SIGTSTP, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  open_editor();
  assert_true(signal_is_ignored(SIGTSTP));
  assert_true(signal_is_ignored(SIGQUIT));
  editor_close(&t.editor);
  assert_true(signal_is_ignored(SIGTSTP));
  signal(SIGTSTP, SIG_DFL);
  signal(SIGQUIT, SIG_DFL);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      EDITOR_TEST(the_terminal_is_taken_and_given_back),
      EDITOR_TEST(a_terminal_that_can_do_nothing_is_left_alone),
      EDITOR_TEST(without_a_locale_of_UTF_8_it_does_not_open),
      EDITOR_TEST(without_memory_or_files_it_does_not_open),
      EDITOR_TEST(a_line_without_its_end_is_left_on_the_terminal),
      EDITOR_TEST(a_line_is_what_was_typed),
      EDITOR_TEST(a_character_may_come_in_pieces),
      EDITOR_TEST(what_is_no_character_becomes_the_replacement),
      EDITOR_TEST(a_key_may_come_in_pieces),
      EDITOR_TEST(the_end_of_input_ends_it_on_an_empty_line_alone),
      EDITOR_TEST(after_a_stop_no_key_is_read),
      EDITOR_TEST(arrows_bring_back_what_was_typed),
      EDITOR_TEST(tab_completes_the_word_before_the_cursor),
      EDITOR_TEST(tab_changes_nothing_without_memory),
      EDITOR_TEST(keys_that_would_read_more_by_themselves_do_nothing),
      EDITOR_TEST(without_memory_a_line_is_not_sent),
      EDITOR_TEST(without_memory_a_key_has_no_effect),
      EDITOR_TEST(what_is_printed_keeps_the_line),
      EDITOR_TEST(what_has_no_end_yet_is_a_prompt_until_it_is_answered),
      EDITOR_TEST(what_is_too_long_for_a_prompt_waits_for_its_end),
      EDITOR_TEST(a_line_that_never_ends_is_printed_as_if_it_had),
      EDITOR_TEST(without_memory_nothing_is_printed_and_the_line_stays),
      EDITOR_TEST(another_width_paints_the_line_again),
      EDITOR_TEST(a_stop_gives_the_terminal_to_the_shell),
      EDITOR_TEST(a_quit_is_told),
      EDITOR_TEST(a_key_whose_signal_was_ignored_stays_so),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
