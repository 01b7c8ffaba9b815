#include "cmd/cli/complete.h"

#include "cmd/cli/help.h"
#include "cmd/cli/options.h"

#include <stdbool.h>
#include <string.h>

/* The word under the cursor: what every candidate begins with as it is, and what it must match. */
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
    {"udp:", "UDP"},
    {NULL, NULL},
};

static void offer(struct page *p, const struct current *c, const char *candidate, const char *help)
{
  const char *typed = c->word + c->prefix;
  if (strncmp(candidate, typed, strlen(typed)) != 0)
    return;
  page_put(p, "%.*s%s", (int)c->prefix, c->word, candidate);
  if (help)
    page_put(p, "\t%s", help);
  page_put(p, "\n");
}

static void directive(struct page *p, const char *name, const struct current *c)
{
  page_put(p, ":%s %.*s\n", name, (int)c->prefix, c->word);
}

static void offer_addresses(struct page *p, struct current c)
{
  if (strncmp(c.word + c.prefix, "udp:", 4) == 0)
    c.prefix += 4;
  if (strncmp(c.word + c.prefix, "unix:", 5) == 0) {
    c.prefix += 5;
    directive(p, "files", &c);
    return;
  }
  for (const struct example *a = addresses; a->line; a++) {
    if (c.prefix == 0 || strcmp(a->line, "udp:") != 0 || c.word[c.prefix - 1] != ':')
      offer(p, &c, a->line, a->meaning);
  }
  page_put(p, ":nospace\n");
}

static void offer_kind(struct page *p, const struct current *c, enum completion kind)
{
  switch (kind) {
  case COMPLETE_NOTHING:
    page_put(p, ":none\n");
    break;
  case COMPLETE_FILES:
    directive(p, "files", c);
    break;
  case COMPLETE_FOLDERS:
    directive(p, "folders", c);
    break;
  case COMPLETE_ADDRESSES:
    offer_addresses(p, *c);
    break;
  }
}

static void offer_values(struct page *p, const struct current *c, const struct option *option)
{
  if (option->type == OPTION_CHOICE) {
    for (size_t i = 0; option->choices[i]; i++)
      offer(p, c, option->choices[i], NULL);
  }
  offer_kind(p, c, option->completion);
}

static void offer_option(struct page *p, const struct current *c, const struct option *option)
{
  struct page name = {0};
  if (option->letter) {
    char letter[] = {'-', option->letter, '\0'};
    offer(p, c, letter, option->help);
  }
  page_put(&name, "--%s%c", option->name, '\0');
  if (!name.err)
    offer(p, c, (const char *)buffer_data(&name.text), option->help);
  page_release(&name);
}

static void offer_options(struct page *p, const struct current *c, const struct command *command)
{
  for (const struct option_group *g = command->groups; g && g->title; g++) {
    for (const struct option *o = g->options; o->name; o++)
      offer_option(p, c, o);
  }
  offer_option(p, c, &option_help);
  page_put(p, ":none\n");
}

/* The option in `word`, which begins with a dash, that has a value: one attached, from `*value`
 * on, or with `*value` 0 one that is yet to come. NULL if there is none. */
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

static void complete_command(struct page *p, const struct command *command,
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
    offer_values(p, &c, pending);
  } else if (!ended && c.word[0] == '-') {
    const struct option *option = valued(command, c.word, &value);
    c.prefix = option ? value : 0;
    if (c.prefix)
      offer_values(p, &c, option);
    else
      offer_options(p, &c, command);
  } else if (!ended && command->operands == COMPLETE_NOTHING) {
    offer_options(p, &c, command);
  } else {
    offer_kind(p, &c, command->operands);
  }
}

static void offer_commands(struct page *p, const struct command *const *commands, const char *word)
{
  struct current c = {.word = word};
  for (size_t i = 0; commands[i]; i++)
    offer(p, &c, commands[i]->name, commands[i]->summary);
}

static void offer_first_word(struct page *p, const struct command *const *commands,
                             const char *word)
{
  struct current c = {.word = word};
  offer_commands(p, commands, word);
  for (const struct example *own = help_own_commands; own->line; own++)
    offer(p, &c, own->line, own->meaning);
  if (word[0] == '-') {
    offer_option(p, &c, &option_help);
    offer(p, &c, "--version", "show the version and what it was built with");
  }
  page_put(p, ":none\n");
}

static bool asks_for_help(const char *word)
{
  return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

void complete(struct page *p, const struct command *const *commands, const char *const *words)
{
  if (!words[0] || !words[1]) {
    offer_first_word(p, commands, words[0] ? words[0] : "");
    return;
  }
  for (size_t i = 0; commands[i]; i++) {
    if (strcmp(commands[i]->name, words[0]) == 0) {
      complete_command(p, commands[i], words + 1);
      return;
    }
  }
  if (asks_for_help(words[0]) && !words[2])
    offer_commands(p, commands, words[1]);
  page_put(p, ":none\n");
}
