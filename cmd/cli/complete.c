#include "cmd/cli/complete.h"

#include "cmd/cli/help.h"
#include "cmd/cli/options.h"

#include <stdbool.h>
#include <string.h>

/* The word under the cursor. Each candidate begins with its prefix and must match the rest. */
struct current {
  const char *word;
  size_t prefix; /* "--dump=" of "--dump=te" */
};

static const struct example addresses[] = {
    {"127.0.0.1:", "this machine, IPv4"},
    {"[::1]:", "this machine, IPv6"},
    {"localhost:", "this machine, by name"},
    {"*:", "every interface"},
    {"unix:", "a unix socket"},
    {NULL, NULL},
};

static void offer(struct writer *w, const struct current *c, const char *candidate,
                  const char *help)
{
  const char *typed = c->word + c->prefix;
  if (strncmp(candidate, typed, strlen(typed)) != 0)
    return;
  writer_format(w, "%.*s%s", (int)c->prefix, c->word, candidate);
  if (help)
    writer_format(w, "\t%s", help);
  writer_text(w, "\n");
}

static void directive(struct writer *w, const char *name, const struct current *c)
{
  writer_format(w, ":%s %.*s\n", name, (int)c->prefix, c->word);
}

static void offer_addresses(struct writer *w, struct current c)
{
  if (strncmp(c.word + c.prefix, "unix:", 5) == 0) {
    c.prefix += 5;
    directive(w, "files", &c);
    return;
  }
  for (const struct example *a = addresses; a->line; a++)
    offer(w, &c, a->line, a->meaning);
  writer_text(w, ":nospace\n");
}

static void offer_kind(struct writer *w, const struct current *c, enum completion kind)
{
  switch (kind) {
  case COMPLETE_NOTHING:
    writer_text(w, ":none\n");
    break;
  case COMPLETE_FILES:
    directive(w, "files", c);
    break;
  case COMPLETE_FOLDERS:
    directive(w, "folders", c);
    break;
  case COMPLETE_ADDRESSES:
    offer_addresses(w, *c);
    break;
  }
}

static void offer_values(struct writer *w, const struct current *c, const struct option *option)
{
  if (option->type == OPTION_CHOICE) {
    for (size_t i = 0; option->choices[i]; i++)
      offer(w, c, option->choices[i], NULL);
  }
  offer_kind(w, c, option->completion);
}

static void offer_option(struct writer *w, const struct current *c, const struct option *option)
{
  struct buffer text = {0};
  struct writer name = {.to = &text};
  if (option->letter) {
    char letter[] = {'-', option->letter, '\0'};
    offer(w, c, letter, option->help);
  }
  writer_format(&name, "--%s%c", option->name, '\0');
  writer_note(w, name.error);
  if (!name.error)
    offer(w, c, (const char *)buffer_data(&text), option->help);
  buffer_release(&text);
}

static void offer_options(struct writer *w, const struct current *c, const struct command *command)
{
  for (const struct option_group *g = command->groups; g && g->title; g++) {
    for (const struct option *o = g->options; o->name; o++)
      offer_option(w, c, o);
  }
  offer_option(w, c, &option_help);
  writer_text(w, ":none\n");
}

/* The option in `word`, which begins with a dash, that takes a value. `*value` becomes where in
 * `word` the value begins, or 0 when it is the next word. NULL if no option takes one. */
static const struct option *valued(const struct command *command, const char *word, size_t *value)
{
  const struct option *option;
  if (word[1] == '-') {
    size_t length = strcspn(word + 2, "=");
    option = option_by_name(command, word + 2, length, NULL);
    *value = word[2 + length] ? length + 3 : 0;
    return option && option_takes_value(option) ? option : NULL;
  }
  for (size_t i = 1; word[i]; i++) {
    option = option_by_letter(command, word[i], NULL);
    if (!option)
      return NULL;
    *value = word[i + 1] ? i + 1 : 0;
    if (option_takes_value(option))
      return option;
  }
  return NULL;
}

static void complete_command(struct writer *w, const struct command *command,
                             const char *const *words)
{
  const struct option *pending = NULL;
  struct current c = {0};
  size_t value = 0;
  bool ended = false;

  for (; words[1]; words++) {
    if (pending)
      pending = NULL;
    else if (strcmp(words[0], "--") == 0)
      ended = true;
    else if (!ended && words[0][0] == '-' && valued(command, words[0], &value) && !value)
      pending = valued(command, words[0], &value);
  }
  c.word = words[0];
  if (pending) {
    offer_values(w, &c, pending);
  } else if (!ended && c.word[0] == '-') {
    const struct option *option = valued(command, c.word, &value);
    c.prefix = option ? value : 0;
    if (c.prefix)
      offer_values(w, &c, option);
    else
      offer_options(w, &c, command);
  } else if (!ended && command->operands == COMPLETE_NOTHING) {
    offer_options(w, &c, command);
  } else {
    offer_kind(w, &c, command->operands);
  }
}

static void offer_commands(struct writer *w, const struct command *const *commands,
                           const char *word)
{
  struct current c = {.word = word};
  for (size_t i = 0; commands[i]; i++)
    offer(w, &c, commands[i]->name, commands[i]->summary);
}

static void offer_first_word(struct writer *w, const struct command *const *commands,
                             const char *word)
{
  struct current c = {.word = word};
  offer_commands(w, commands, word);
  for (const struct example *own = help_own_commands; own->line; own++)
    offer(w, &c, own->line, own->meaning);
  if (word[0] == '-') {
    offer_option(w, &c, &option_help);
    offer(w, &c, "--version", "show the version and what it was built with");
  }
  writer_text(w, ":none\n");
}

static bool asks_for_help(const char *word)
{
  return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

void complete(struct writer *w, const struct command *const *commands, const char *const *words)
{
  if (!words[0] || !words[1]) {
    offer_first_word(w, commands, words[0] ? words[0] : "");
    return;
  }
  for (size_t i = 0; commands[i]; i++) {
    if (strcmp(commands[i]->name, words[0]) == 0) {
      complete_command(w, commands[i], words + 1);
      return;
    }
  }
  if (asks_for_help(words[0]) && !words[2])
    offer_commands(w, commands, words[1]);
  writer_text(w, ":none\n");
}
