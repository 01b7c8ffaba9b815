/* The parser of options, with a table that no command has: every type, lists among them. */
#include "tests/unit/lib/harness.h"

#include "cmd/cli/complete.h"
#include "cmd/cli/help.h"
#include "cmd/cli/manual.h"
#include "cmd/cli/options.h"
#include "core/base/buffer.h"

#include <inttypes.h>
#include <stdio.h>

enum { MOST_WORDS = 8 };

struct shared {
  const char *const *allow;
};

struct made_up {
  bool flag;
  unsigned count, choice;
  const char *text;
  uint64_t number, time_ms, size;
  const char *const *listen;
  struct shared shared;
};

static const char *const colours[] = {"red", "green", NULL};

static const struct option own[] = {
    {.name = "flag",
     .letter = 'f',
     .type = OPTION_FLAG,
     .offset = offsetof(struct made_up, flag),
     .help = "a flag"},
    {.name = "count",
     .letter = 'k',
     .type = OPTION_COUNT,
     .offset = offsetof(struct made_up, count),
     .help = "a count"},
    {.name = "text",
     .letter = 't',
     .type = OPTION_TEXT,
     .offset = offsetof(struct made_up, text),
     .not_with = "number",
     .help = "a text"},
    {.name = "number",
     .letter = 'n',
     .type = OPTION_NUMBER,
     .offset = offsetof(struct made_up, number),
     .value = "7",
     .least = 1,
     .most = 9,
     .help = "a number"},
    {.name = "time",
     .type = OPTION_TIME,
     .offset = offsetof(struct made_up, time_ms),
     .value = "5s",
     .not_with = "no-such-option",
     .help = "a time"},
    {.name = "size",
     .type = OPTION_SIZE,
     .offset = offsetof(struct made_up, size),
     .help = "a size"},
    {.name = "choice",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct made_up, choice),
     .choices = colours,
     .help = "a choice"},
    {.name = "listen",
     .letter = 'l',
     .type = OPTION_LIST,
     .offset = offsetof(struct made_up, listen),
     .metavar = "LISTEN",
     .help = "listen there"},
    {0},
};

static const struct option shared[] = {
    {.name = "allow",
     .type = OPTION_LIST,
     .offset = offsetof(struct shared, allow),
     .metavar = "NET",
     .help = "let them in"},
    {0},
};

static const struct command made_up = {
    .name = "made-up",
    .summary = "what no command is",
    .synopsis = (const char *const[]){"made-up [OPTIONS]", NULL},
    .groups =
        (const struct option_group[]){
            {"Options", own, 0},
            {"Shared options", shared, offsetof(struct made_up, shared)},
            {0},
        },
    .options_size = sizeof(struct made_up),
};

static void say_list(struct buffer *out, const char *name, const char *const *list)
{
  assert_non_null(list);
  for (; *list; list++)
    buffer_printf(out, " %s=%s", name, *list);
}

/* What differs from the defaults, in the order of the table; then the operands. */
static void describe(struct buffer *out, const struct arguments *a)
{
  const struct made_up *o = a->options;
  if (o->flag)
    buffer_printf(out, " flag");
  if (o->count)
    buffer_printf(out, " count=%u", o->count);
  if (o->text)
    buffer_printf(out, " text=%s", o->text);
  if (o->number != 7)
    buffer_printf(out, " number=%" PRIu64, o->number);
  if (o->time_ms != 5000)
    buffer_printf(out, " time=%" PRIu64, o->time_ms);
  if (o->size)
    buffer_printf(out, " size=%" PRIu64, o->size);
  if (o->choice)
    buffer_printf(out, " choice=%u", o->choice);
  say_list(out, "listen", o->listen);
  say_list(out, "allow", o->shared.allow);
  say_list(out, "operand", a->operands);
  buffer_append(out, "", 1);
}

static void every_type_is_read(void **state)
{
  static const struct {
    const char *words[MOST_WORDS];
    const char *means;
  } rows[] = {
      {{NULL}, ""},
      {{"--flag", "-kk", "--count"}, " flag count=3"},
      {{"-fk", "x", "-t", "a b"}, " flag count=1 text=a b operand=x"},
      {{"--text", "a", "--text=b"}, " text=b"},
      {{"--number=1"}, " number=1"},
      {{"-n9"}, " number=9"},
      {{"--time", "1.5s"}, " time=1500"},
      {{"--size=64K"}, " size=65536"},
      {{"--choice=green"}, " choice=1"},
      {{"--listen", "1"}, " listen=1"},
      {{"--listen=2", "x", "-l1", "-l", "3"}, " listen=2 listen=1 listen=3 operand=x"},
      {{"-fl1"}, " flag listen=1"},
      {{"-l1", "-l1"}, " listen=1 listen=1"},
      {{"--listen="}, " listen="},
      {{"-l", "--allow", "--allow=a", "-l1", "--allow", "b"},
       " listen=--allow listen=1 allow=a allow=b"},
      {{"-l1", "-l2", "-l3", "-l4", "-l5", "--", "-l6"},
       " listen=1 listen=2 listen=3 listen=4 listen=5 operand=-l6"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct arguments a;
    struct buffer said = {0};
    assert_int_equal(arguments_init(&a, &made_up, rows[i].words), 0);
    assert_int_equal(arguments_parse(&a, &made_up, rows[i].words), ARGUMENTS_RUN);
    describe(&said, &a);
    assert_string_equal((const char *)buffer_data(&said), rows[i].means);
    buffer_release(&said);
    arguments_release(&a);
  }
}

static void what_is_wrong_is_named(void **state)
{
  static const struct {
    const char *words[MOST_WORDS];
    const char *complaint;
  } rows[] = {
      {{"--listen"}, "--listen LISTEN: the value is missing"},
      {{"-l"}, "-l LISTEN: the value is missing"},
      {{"--number="}, "--number '': not a number"},
      {{"--number", "0"}, "--number 0: out of range, 1 to 9"},
      {{"--time", ""}, "--time '': not a time such as 500ms, 10s, 5m or 1h"},
      {{"--size", ""}, "--size '': not a size such as 100, 64K, 1M or 2G"},
      {{"--choice="}, "--choice '': not one of red, green"},
      {{"--flag="}, "--flag: takes no value, but was given an empty one"},
      {{"-ta", "-n7"}, "--number does not go with --text"}, /* though 7 is its default */
      {{"-n1", "-f", "--text", ""}, "--number does not go with --text"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct arguments a;
    struct capture errors;
    char want[256];
    snprintf(want, sizeof want, "anet: made-up: %s\ntry 'anet made-up --help'\n",
             rows[i].complaint);
    assert_int_equal(arguments_init(&a, &made_up, rows[i].words), 0);
    capture_start(&errors);
    enum arguments_ask asked = arguments_parse(&a, &made_up, rows[i].words);
    assert_string_equal(capture_stop(&errors), want);
    assert_int_equal(asked, ARGUMENTS_WRONG);
    arguments_release(&a);
  }
}

static void assert_says(struct writer *w, const char *text)
{
  writer_bytes(w, "", 1);
  assert_int_equal(w->error, 0);
  if (!strstr((const char *)buffer_data(w->to), text))
    fail_msg("'%s' is not in: %s", text, (const char *)buffer_data(w->to));
  buffer_release(w->to);
}

static void a_list_is_said_to_be_one(void **state)
{
  struct buffer text = {0};
  struct writer w = {.to = &text};
  struct text_layout l;
  (void)state;
  text_layout_init(&l, &w, 80);
  help_command(&l, &made_up);
  assert_says(&w, "  -l, --listen LISTEN     listen there (may be given several times)\n");
  manual_command(&w, &made_up);
  assert_says(&w, "listen there (may be given several times).\n");
}

static void a_list_is_offered_again(void **state)
{
  static const struct command *const commands[] = {&made_up, NULL};
  static const char *const words[] = {"made-up", "--listen", "1", "--lis", NULL};
  struct buffer text = {0};
  struct writer w = {.to = &text};
  (void)state;
  complete(&w, commands, words);
  assert_says(&w, "--listen\tlisten there\n");
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(every_type_is_read),
      TEST(what_is_wrong_is_named),
      TEST(a_list_is_said_to_be_one),
      TEST(a_list_is_offered_again),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
