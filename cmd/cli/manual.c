#include "cmd/cli/manual.h"

#include "cmd/cli/help.h"
#include "cmd/cli/options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Adds text so that roff sees no request or escape in it. */
static void put_text(struct writer *w, const char *text, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    bool starts_line = w->to->length == 0 || buffer_data(w->to)[w->to->length - 1] == '\n';
    if (starts_line && (text[i] == '.' || text[i] == '\''))
      writer_text(w, "\\&");
    switch (text[i]) {
    case '\\':
      writer_text(w, "\\e");
      break;
    case '-':
      writer_text(w, "\\-");
      break;
    case '\'':
      writer_text(w, "\\(aq");
      break;
    case '"':
      writer_text(w, "\\(dq");
      break;
    case '`':
      writer_text(w, "\\(ga");
      break;
    case '^':
      writer_text(w, "\\(ha");
      break;
    case '~':
      writer_text(w, "\\(ti");
      break;
    default:
      writer_format(w, "%c", text[i]);
    }
  }
}

static void put(struct writer *w, const char *text)
{
  put_text(w, text, strlen(text));
}

/* A line of text. */
static void line(struct writer *w, const char *text)
{
  put(w, text);
  writer_text(w, "\n");
}

/* Text in bold on the line that is being written. */
static void bold(struct writer *w, const char *text)
{
  writer_text(w, "\\fB");
  put(w, text);
  writer_text(w, "\\fR");
}

static void title(struct writer *w, const char *name)
{
  /* Makes builds reproducible: reproducible-builds.org/specs/source-date-epoch. */
  const char *epoch = getenv("SOURCE_DATE_EPOCH");
  time_t now = epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
  struct tm utc;
  char date[32] = "";

  if (gmtime_r(&now, &utc))
    strftime(date, sizeof date, "%Y-%m-%d", &utc);
  writer_text(w, ".TH ");
  for (const char *s = name; *s; s++)
    writer_format(w, "%c", toupper((unsigned char)*s));
  writer_format(w, " 1 %s \"anet %s\" \"User commands\"\n", date, ANET_VERSION);
}

static void section(struct writer *w, const char *heading)
{
  writer_format(w, ".SH %s\n", heading);
}

/* Rows of a tag and its meaning. */
static void table(struct writer *w, const struct example *rows)
{
  for (const struct example *r = rows; r && r->line; r++) {
    writer_text(w, ".TP\n");
    bold(w, r->line);
    writer_text(w, "\n");
    line(w, r->meaning);
  }
}

/* Paragraphs, separated by a blank line; lines that begin with a space stay as they are. */
static void paragraphs(struct writer *w, const char *text)
{
  bool literal = false;
  while (*text) {
    size_t n = strcspn(text, "\n");
    if (literal != (n > 0 && *text == ' ')) {
      writer_format(w, literal ? ".EE\n.RE\n" : ".RS 4\n.EX\n");
      literal = !literal;
    }
    if (n == 0 && text[1] != ' ' && text[1] != '\0')
      writer_text(w, ".PP\n");
    put_text(w, text, n);
    writer_format(w, n ? "\n" : "");
    text += n + (text[n] == '\n');
  }
  if (literal)
    writer_text(w, ".EE\n.RE\n");
}

static void option_entry(struct writer *w, const struct option *option)
{
  struct buffer text = {0};
  struct writer value = {.to = &text};
  char letter[] = {'-', option->letter, '\0'};

  writer_text(w, ".TP\n");
  if (option->letter) {
    bold(w, letter);
    writer_text(w, ", ");
  }
  writer_text(w, "\\fB\\-\\-");
  put(w, option->name);
  writer_text(w, "\\fR");
  help_write_metavar(&value, option);
  if (text.length) {
    writer_format(w, option->metavar ? " \\fI" : "=\\fI");
    put_text(w, (const char *)buffer_data(&text), text.length);
    writer_text(w, "\\fR");
  }
  writer_note(w, value.error);
  buffer_release(&text);
  writer_text(w, "\n");
  put(w, option->help);
  if (option->type == OPTION_LIST) {
    writer_text(w, " ");
    put(w, help_repeats);
  }
  if (option->value) {
    writer_text(w, " (default ");
    put(w, option->value);
    writer_text(w, ")");
  }
  writer_text(w, ".\n");
}

static void options(struct writer *w, const struct command *command)
{
  const struct option_group *first = command->groups;
  section(w, "OPTIONS");
  for (const struct option_group *g = first; g && g->title; g++) {
    if (g != first) {
      writer_text(w, ".SS ");
      line(w, g->title);
    }
    for (const struct option *o = g->options; o->name; o++)
      option_entry(w, o);
    if (g == first)
      option_entry(w, &option_help);
  }
  if (!first || !first->title)
    option_entry(w, &option_help);
}

static void synopsis(struct writer *w, const struct command *command)
{
  section(w, "SYNOPSIS");
  for (const char *const *s = command->synopsis; *s; s++) {
    writer_text(w, s == command->synopsis ? "" : ".br\n");
    bold(w, "anet");
    writer_text(w, " ");
    line(w, *s);
  }
}

static void examples(struct writer *w, const struct command *command)
{
  if (!command->examples || !command->examples->line)
    return;
  section(w, "EXAMPLES");
  table(w, command->examples);
}

void manual_command(struct writer *w, const struct command *command)
{
  char name[64];
  snprintf(name, sizeof name, "anet-%s", command->name);
  title(w, name);
  section(w, "NAME");
  put(w, name);
  writer_text(w, " \\- ");
  line(w, command->summary);
  synopsis(w, command);
  if (command->description) {
    section(w, "DESCRIPTION");
    paragraphs(w, command->description);
  }
  options(w, command);
  section(w, "EXIT STATUS");
  table(w, help_exits);
  table(w, command->exits);
  examples(w, command);
  section(w, "SEE ALSO");
  writer_text(w, ".BR anet (1)\n");
}

void manual_anet(struct writer *w, const struct command *const *commands)
{
  title(w, "anet");
  section(w, "NAME");
  writer_text(w, "anet \\- ");
  line(w, help_about);
  section(w, "SYNOPSIS");
  bold(w, "anet");
  writer_text(w, " \\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIOPERANDS\\fR]\n.br\n");
  bold(w, "anet help");
  writer_text(w, " [\\fICOMMAND\\fR]\n.br\n");
  bold(w, "anet --version");
  writer_text(w, "\n");
  section(w, "COMMANDS");
  for (size_t i = 0; commands[i]; i++)
    table(w, (const struct example[]){{commands[i]->name, commands[i]->summary}, {NULL, NULL}});
  table(w, help_own_commands);
  section(w, "ADDRESSES");
  table(w, help_addresses);
  section(w, "TIMES, SIZES AND PORTS");
  paragraphs(w, help_units);
  section(w, "EXIT STATUS");
  table(w, help_exits);
  section(w, "SEE ALSO");
  for (size_t i = 0; commands[i]; i++)
    writer_format(w, ".BR anet\\-%s (1)%s\n", commands[i]->name, commands[i + 1] ? "," : "");
}
