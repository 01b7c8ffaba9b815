#include "cmd/cli/options.h"

#include "cmd/cli/nearest.h"
#include "cmd/cli/units.h"
#include "cmd/cli/usage.h"
#include "core/base/buffer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

const struct option option_help = {
    .name = "help",
    .letter = 'h',
    .type = OPTION_FLAG,
    .help = "show this help (-h: a summary)",
};

const struct option *option_by_name(const struct command *command, const char *name, size_t length,
                                    size_t *offset)
{
  for (const struct option_group *g = command->groups; g && g->title; g++) {
    for (const struct option *o = g->options; o->name; o++) {
      if (strlen(o->name) == length && memcmp(o->name, name, length) == 0) {
        if (offset)
          *offset = g->offset + o->offset;
        return o;
      }
    }
  }
  bool help = strlen(option_help.name) == length && memcmp(option_help.name, name, length) == 0;
  return help ? &option_help : NULL;
}

const struct option *option_by_letter(const struct command *command, char letter, size_t *offset)
{
  for (const struct option_group *g = command->groups; g && g->title; g++) {
    for (const struct option *o = g->options; o->name; o++) {
      if (o->letter && o->letter == letter) {
        if (offset)
          *offset = g->offset + o->offset;
        return o;
      }
    }
  }
  return letter == option_help.letter ? &option_help : NULL;
}

bool option_takes_value(const struct option *option)
{
  return option->type != OPTION_FLAG && option->type != OPTION_COUNT;
}

/* How an option was typed, for messages: "--name", or "-n". */
struct spelling {
  const struct command *command;
  const char *dashes;
  const char *name;
  int length;
};

/* A value as it was typed; '' for an empty one. */
static const char *shown(const char *text)
{
  return *text ? text : "''";
}

static void refuse_choice(const struct spelling *as, const struct option *option, const char *text)
{
  struct buffer words = {0};
  struct nearest near = {.typed = text, .length = strlen(text)};
  for (size_t i = 0; option->choices[i]; i++) {
    buffer_printf(&words, "%s%s", i ? ", " : "", option->choices[i]);
    nearest_offer(&near, option->choices[i]);
  }
  usage_suggest(as->command, "", near.best, "%s%.*s %s: not one of %.*s", as->dashes, as->length,
                as->name, shown(text), (int)words.length, (const char *)buffer_data(&words));
  buffer_release(&words);
}

static void refuse_number(const struct spelling *as, const struct option *option, const char *text)
{
  uint64_t value;
  if (units_number(text, &value) == UV_EINVAL)
    usage_error(as->command, "%s%.*s %s: not a number", as->dashes, as->length, as->name,
                shown(text));
  else
    usage_error(as->command, "%s%.*s %s: out of range, %" PRIu64 " to %" PRIu64, as->dashes,
                as->length, as->name, text, option->least,
                option->most ? option->most : UINT64_MAX);
}

/* Says why the text is not a value of the option. */
static void refuse(const struct spelling *as, const struct option *option, const char *text,
                   int err)
{
  const char *why = "not a size such as 100, 64K, 1M or 2G";
  if (option->type == OPTION_CHOICE) {
    refuse_choice(as, option, text);
    return;
  }
  if (option->type == OPTION_NUMBER) {
    refuse_number(as, option, text);
    return;
  }
  if (err == UV_ERANGE)
    why = "too large";
  else if (option->type == OPTION_TIME)
    why = "not a time such as 500ms, 10s, 5m or 1h";
  usage_error(as->command, "%s%.*s %s: %s", as->dashes, as->length, as->name, shown(text), why);
}

static int read_choice(const char *const *choices, const char *text, unsigned *out)
{
  for (unsigned i = 0; choices[i]; i++) {
    if (strcmp(choices[i], text) == 0) {
      *out = i;
      return 0;
    }
  }
  return UV_EINVAL;
}

static int read_number(const struct option *option, const char *text, uint64_t *out)
{
  uint64_t value;
  int err = units_number(text, &value);
  if (err)
    return err;
  if (value < option->least || (option->most && value > option->most))
    return UV_ERANGE;
  *out = value;
  return 0;
}

/* `list` has room: see make_lists. */
static void append(const char **list, const char *text)
{
  while (*list)
    list++;
  *list = text;
}

/* Stores the value in the options struct. 0, UV_EINVAL or UV_ERANGE. */
static int store(const struct option *option, void *at, const char *text)
{
  switch (option->type) {
  case OPTION_FLAG:
    *(bool *)at = true;
    return 0;
  case OPTION_COUNT:
    ++*(unsigned *)at;
    return 0;
  case OPTION_TEXT:
    *(const char **)at = text;
    return 0;
  case OPTION_NUMBER:
    return read_number(option, text, at);
  case OPTION_TIME:
    return units_time_ms(text, at);
  case OPTION_SIZE:
    return units_size(text, at);
  case OPTION_CHOICE:
    return read_choice(option->choices, text, at);
  case OPTION_LIST:
    append((const char **)*(const char *const **)at, text);
    return 0;
  }
  return UV_EINVAL;
}

static void note_given(struct arguments *a, const struct option *option)
{
  const struct option **o = a->given;
  while (*o && *o != option)
    o++;
  *o = option;
}

static bool was_given(const struct arguments *a, const struct option *option)
{
  for (const struct option **o = a->given; *o; o++) {
    if (*o == option)
      return true;
  }
  return false;
}

static enum arguments_ask given_twice(const struct spelling *as)
{
  usage_error(as->command, "%s%.*s: given twice", as->dashes, as->length, as->name);
  return ARGUMENTS_WRONG;
}

static enum arguments_ask take(const struct spelling *as, struct arguments *a,
                               const struct option *option, size_t offset, const char *text)
{
  if (option->once && was_given(a, option))
    return given_twice(as);
  int err = store(option, (char *)a->options + offset, text);
  if (err == 0) {
    note_given(a, option);
    return ARGUMENTS_RUN;
  }
  refuse(as, option, text, err);
  return ARGUMENTS_WRONG;
}

static enum arguments_ask missing_value(const struct spelling *as, const struct option *option)
{
  usage_error(as->command, "%s%.*s %s: the value is missing", as->dashes, as->length, as->name,
              option->metavar ? option->metavar : "VALUE");
  return ARGUMENTS_WRONG;
}

static enum arguments_ask needless_value(const struct spelling *as, const char *text)
{
  usage_error(as->command, "%s%.*s: takes no value, but was given %s", as->dashes, as->length,
              as->name, *text ? text : "an empty one");
  return ARGUMENTS_WRONG;
}

static enum arguments_ask unknown(const struct command *command, const char *dashes,
                                  const char *typed, size_t length, const char *long_name)
{
  struct nearest near = {.typed = long_name, .length = strcspn(long_name, "=")};
  for (const struct option_group *g = command->groups; g && g->title; g++) {
    for (const struct option *o = g->options; o->name; o++)
      nearest_offer(&near, o->name);
  }
  nearest_offer(&near, option_help.name);
  usage_suggest(command, "--", near.best, "unknown option %s%.*s", dashes, (int)length, typed);
  return ARGUMENTS_WRONG;
}

/* `word` is what follows the two dashes. A value taken from the next word moves `*next`. */
static enum arguments_ask parse_long(struct arguments *a, const struct command *command,
                                     const char *word, const char *const **next)
{
  size_t length = strcspn(word, "=");
  const char *value = word[length] ? word + length + 1 : NULL;
  struct spelling as = {command, "--", word, (int)length};
  size_t offset = 0;
  const struct option *option = option_by_name(command, word, length, &offset);

  if (!option)
    return unknown(command, "--", word, length, word);
  if (!option_takes_value(option)) {
    if (value)
      return needless_value(&as, value);
    return option == &option_help ? ARGUMENTS_HELP : take(&as, a, option, offset, "");
  }
  if (!value)
    value = **next ? *(*next)++ : NULL;
  return value ? take(&as, a, option, offset, value) : missing_value(&as, option);
}

/* The same for what follows one dash: flags, and at the end perhaps an option with a value. */
static enum arguments_ask parse_short(struct arguments *a, const struct command *command,
                                      const char *word, const char *const **next)
{
  for (const char *s = word; *s; s++) {
    struct spelling as = {command, "-", s, 1};
    size_t offset = 0;
    const struct option *option = option_by_letter(command, *s, &offset);

    if (!option) {
      size_t length = 1; /* shows a character of UTF-8 whole */
      while (((unsigned char)s[length] & 0xc0) == 0x80)
        length++;
      return unknown(command, "-", s, length, strlen(word) > 2 ? word : "");
    }
    if (option_takes_value(option)) {
      const char *value = s[1] ? s + 1 : **next ? *(*next)++ : NULL;
      return value ? take(&as, a, option, offset, value) : missing_value(&as, option);
    }
    if (s[1] == '=')
      return needless_value(&as, s + 2);
    if (option == &option_help)
      return ARGUMENTS_SUMMARY;
    take(&as, a, option, offset, "");
  }
  return ARGUMENTS_RUN;
}

static void set_defaults(struct arguments *a, const struct command *command)
{
  for (const struct option_group *g = command->groups; g && g->title; g++) {
    for (const struct option *o = g->options; o->name; o++) {
      if (o->value && store(o, (char *)a->options + g->offset + o->offset, o->value))
        assert(!"the table's default is a value");
    }
  }
}

/* All options, or only the lists. */
static size_t count_options(const struct command *command, bool only_lists)
{
  size_t count = 0;
  for (const struct option_group *g = command->groups; g && g->title; g++) {
    for (const struct option *o = g->options; o->name; o++)
      count += !only_lists || o->type == OPTION_LIST;
  }
  return count;
}

/* Gives each list its array, with room for every word of the command line. */
static void make_lists(struct arguments *a, const struct command *command, size_t words)
{
  const char **list = a->lists;
  for (const struct option_group *g = command->groups; g && g->title; g++) {
    for (const struct option *o = g->options; o->name; o++) {
      if (o->type != OPTION_LIST)
        continue;
      void *member = (char *)a->options + g->offset + o->offset;
      *(const char *const **)member = list;
      list += words + 1;
    }
  }
}

int arguments_init(struct arguments *a, const struct command *command, const char *const *argv)
{
  size_t count = 0;
  while (argv[count])
    count++;
  a->options = calloc(1, command->options_size ? command->options_size : 1);
  a->operands = calloc(count + 1, sizeof *a->operands);
  a->lists = calloc(count_options(command, true) + 1, (count + 1) * sizeof *a->lists);
  a->given = calloc(count_options(command, false) + 1, sizeof(void *));
  if (!a->options || !a->operands || !a->lists || !a->given)
    return UV_ENOMEM;
  make_lists(a, command, count);
  set_defaults(a, command);
  return 0;
}

/* Refuses the first option that excludes another one that was given. */
static enum arguments_ask check_pairs(const struct arguments *a, const struct command *command)
{
  for (const struct option *const *given = a->given; *given; given++) {
    const char *other = (*given)->not_with;
    const struct option *o = other ? option_by_name(command, other, strlen(other), NULL) : NULL;
    if (!o || !was_given(a, o))
      continue;
    usage_error(command, "--%s does not go with --%s", other, (*given)->name);
    return ARGUMENTS_WRONG;
  }
  return ARGUMENTS_RUN;
}

enum arguments_ask arguments_parse(struct arguments *a, const struct command *command,
                                   const char *const *argv)
{
  size_t count = 0;
  bool ended = false;

  while (*argv) {
    const char *word = *argv++;
    enum arguments_ask asked = ARGUMENTS_RUN;
    if (ended || word[0] != '-' || word[1] == '\0')
      a->operands[count++] = word;
    else if (word[1] != '-')
      asked = parse_short(a, command, word + 1, &argv);
    else if (word[2] == '\0')
      ended = true;
    else
      asked = parse_long(a, command, word + 2, &argv);
    if (asked != ARGUMENTS_RUN)
      return asked;
  }
  return check_pairs(a, command);
}

void arguments_release(struct arguments *a)
{
  free(a->options);
  free(a->operands);
  free(a->lists);
  free(a->given);
  *a = (struct arguments){0};
}
