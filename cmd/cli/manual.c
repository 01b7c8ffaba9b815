#include "cmd/cli/manual.h"

#include "cmd/cli/help.h"
#include "cmd/cli/options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Adds text that roff takes for nothing but text. */
static void put_text(struct page *p, const char *text, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    bool starts_line = p->text.length == 0 || buffer_data(&p->text)[p->text.length - 1] == '\n';
    if (starts_line && (text[i] == '.' || text[i] == '\''))
      page_put(p, "\\&");
    switch (text[i]) {
    case '\\':
      page_put(p, "\\e");
      break;
    case '-':
      page_put(p, "\\-");
      break;
    case '\'':
      page_put(p, "\\(aq");
      break;
    case '"':
      page_put(p, "\\(dq");
      break;
    case '`':
      page_put(p, "\\(ga");
      break;
    case '^':
      page_put(p, "\\(ha");
      break;
    case '~':
      page_put(p, "\\(ti");
      break;
    default:
      page_put(p, "%c", text[i]);
    }
  }
}

static void put(struct page *p, const char *text)
{
  put_text(p, text, strlen(text));
}

/* A line of text. */
static void line(struct page *p, const char *text)
{
  put(p, text);
  page_put(p, "\n");
}

/* Text in bold on the line that is being written. */
static void bold(struct page *p, const char *text)
{
  page_put(p, "\\fB");
  put(p, text);
  page_put(p, "\\fR");
}

static void title(struct page *p, const char *name)
{
  /* SOURCE_DATE_EPOCH makes builds repeatable: reproducible-builds.org. */
  const char *epoch = getenv("SOURCE_DATE_EPOCH");
  time_t now = epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
  struct tm utc;
  char date[32] = "";

  if (gmtime_r(&now, &utc))
    strftime(date, sizeof date, "%Y-%m-%d", &utc);
  page_put(p, ".TH ");
  for (const char *s = name; *s; s++)
    page_put(p, "%c", toupper((unsigned char)*s));
  page_put(p, " 1 %s \"anet %s\" \"User commands\"\n", date, ANET_VERSION);
}

static void section(struct page *p, const char *heading)
{
  page_put(p, ".SH %s\n", heading);
}

/* Rows of a tag and what it means. */
static void table(struct page *p, const struct example *rows)
{
  for (const struct example *r = rows; r && r->line; r++) {
    page_put(p, ".TP\n");
    bold(p, r->line);
    page_put(p, "\n");
    line(p, r->meaning);
  }
}

/* Paragraphs that a blank line separates; lines that begin with a space stay as they are. */
static void paragraphs(struct page *p, const char *text)
{
  bool literal = false;
  while (*text) {
    size_t n = strcspn(text, "\n");
    if (literal != (n > 0 && *text == ' ')) {
      page_put(p, literal ? ".EE\n.RE\n" : ".RS 4\n.EX\n");
      literal = !literal;
    }
    if (n == 0 && text[1] != ' ' && text[1] != '\0')
      page_put(p, ".PP\n");
    put_text(p, text, n);
    page_put(p, n ? "\n" : "");
    text += n + (text[n] == '\n');
  }
  if (literal)
    page_put(p, ".EE\n.RE\n");
}

static void option_entry(struct page *p, const struct option *option)
{
  struct page value = {0};
  char letter[] = {'-', option->letter, '\0'};

  page_put(p, ".TP\n");
  if (option->letter) {
    bold(p, letter);
    page_put(p, ", ");
  }
  page_put(p, "\\fB\\-\\-");
  put(p, option->name);
  page_put(p, "\\fR");
  help_put_metavar(&value, option);
  if (value.text.length) {
    page_put(p, option->metavar ? " \\fI" : "=\\fI");
    put_text(p, (const char *)buffer_data(&value.text), value.text.length);
    page_put(p, "\\fR");
  }
  page_release(&value);
  page_put(p, "\n");
  put(p, option->help);
  if (option->type == OPTION_LIST) {
    page_put(p, " ");
    put(p, help_repeats);
  }
  if (option->value) {
    page_put(p, " (default ");
    put(p, option->value);
    page_put(p, ")");
  }
  page_put(p, ".\n");
}

static void options(struct page *p, const struct command *command)
{
  const struct option_group *first = command->groups;
  section(p, "OPTIONS");
  for (const struct option_group *g = first; g && g->title; g++) {
    if (g != first) {
      page_put(p, ".SS ");
      line(p, g->title);
    }
    for (const struct option *o = g->options; o->name; o++)
      option_entry(p, o);
    if (g == first)
      option_entry(p, &option_help);
  }
  if (!first || !first->title)
    option_entry(p, &option_help);
}

static void synopsis(struct page *p, const struct command *command)
{
  section(p, "SYNOPSIS");
  for (const char *const *s = command->synopsis; *s; s++) {
    page_put(p, "%s", s == command->synopsis ? "" : ".br\n");
    bold(p, "anet");
    page_put(p, " ");
    line(p, *s);
  }
}

static void examples(struct page *p, const struct command *command)
{
  if (!command->examples || !command->examples->line)
    return;
  section(p, "EXAMPLES");
  table(p, command->examples);
}

void manual_command(struct page *p, const struct command *command)
{
  char name[64];
  snprintf(name, sizeof name, "anet-%s", command->name);
  title(p, name);
  section(p, "NAME");
  put(p, name);
  page_put(p, " \\- ");
  line(p, command->summary);
  synopsis(p, command);
  if (command->description) {
    section(p, "DESCRIPTION");
    paragraphs(p, command->description);
  }
  options(p, command);
  section(p, "EXIT STATUS");
  table(p, help_exits);
  table(p, command->exits);
  examples(p, command);
  section(p, "SEE ALSO");
  page_put(p, ".BR anet (1)\n");
}

void manual_anet(struct page *p, const struct command *const *commands)
{
  title(p, "anet");
  section(p, "NAME");
  page_put(p, "anet \\- ");
  line(p, help_about);
  section(p, "SYNOPSIS");
  bold(p, "anet");
  page_put(p, " \\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIOPERANDS\\fR]\n.br\n");
  bold(p, "anet help");
  page_put(p, " [\\fICOMMAND\\fR]\n.br\n");
  bold(p, "anet --version");
  page_put(p, "\n");
  section(p, "COMMANDS");
  for (size_t i = 0; commands[i]; i++)
    table(p, (const struct example[]){{commands[i]->name, commands[i]->summary}, {NULL, NULL}});
  table(p, help_own_commands);
  section(p, "ADDRESSES");
  table(p, help_addresses);
  section(p, "TIMES, SIZES AND PORTS");
  paragraphs(p, help_units);
  section(p, "EXIT STATUS");
  table(p, help_exits);
  section(p, "SEE ALSO");
  for (size_t i = 0; commands[i]; i++)
    page_put(p, ".BR anet\\-%s (1)%s\n", commands[i]->name, commands[i + 1] ? "," : "");
}
