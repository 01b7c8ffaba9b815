#include "cmd/cli/help.h"

#include "cmd/cli/options.h"

#include <stdbool.h>
#include <string.h>

enum { MARGIN = 2, WIDEST_LEFT = 28, STEP = 6 };

const char help_about[] =
    "small network servers and their clients, for the command line and for scripts";

const char help_units[] =
    "A time is 500ms, 10s (a bare number is seconds), 5m or 1h; 0 is none. A size is 100, 64K, "
    "1M or 2G, in powers of 1024. A port is 0 to 65535; a server on port 0 takes a free one and "
    "prints it.";

const struct example help_own_commands[] = {
    {"help", "show how to use anet or a command"},
    {NULL, NULL},
};

const struct example help_addresses[] = {
    {"PORT", "127.0.0.1, that port"},
    {":PORT, *:PORT", "every interface, IPv6 and IPv4; a client uses 127.0.0.1"},
    {"HOST:PORT, [IPV6]:PORT", "that host, a name or an address"},
    {"unix:PATH, unix:@NAME", "a unix socket"},
    {"udp:ADDR", "UDP"},
    {NULL, NULL},
};

const struct example help_exits[] = {
    {"0", "done"},
    {"1", "failed"},
    {"2", "wrong usage"},
    {NULL, NULL},
};

const char help_repeats[] = "(may be given several times)";

void help_put_metavar(struct page *p, const struct option *option)
{
  if (option->metavar) {
    page_put(p, "%s", option->metavar);
  } else if (option->type == OPTION_CHOICE) {
    for (size_t i = 0; option->choices[i]; i++)
      page_put(p, "%s%s", i ? "|" : "", option->choices[i]);
  } else if (option_takes_value(option)) {
    page_put(p, "VALUE");
  }
}

void help_put_long(struct page *p, const struct option *option)
{
  page_put(p, "--%s", option->name);
  if (option_takes_value(option))
    page_put(p, "%s", option->type == OPTION_CHOICE && !option->metavar ? "=" : " ");
  help_put_metavar(p, option);
}

static void put_option(struct page *p, const struct option *option)
{
  page_tab(p, MARGIN);
  if (option->letter)
    page_put(p, "-%c, ", option->letter);
  else
    page_put(p, "    ");
  help_put_long(p, option);
}

static void widen(size_t *widest, const struct option *option)
{
  struct page scratch = {0};
  put_option(&scratch, option);
  if (scratch.column > *widest && scratch.column <= WIDEST_LEFT)
    *widest = scratch.column;
  page_release(&scratch);
}

/* Where the text about the options of a command begins, so that it lines up. */
static size_t text_column(const struct command *command)
{
  size_t widest = 0;
  widen(&widest, &option_help);
  for (const struct option_group *g = command->groups; g && g->title; g++) {
    for (const struct option *o = g->options; o->name; o++)
      widen(&widest, o);
  }
  return widest + 2;
}

static const struct option_group *first_group(const struct command *command)
{
  return command->groups && command->groups->title ? command->groups : NULL;
}

static void option_line(struct page *p, const struct option *option, size_t column)
{
  put_option(p, option);
  page_tab(p, column);
  page_fill(p, column, option->help);
  if (option->type == OPTION_LIST)
    page_fill(p, column, help_repeats);
  if (option->value) {
    struct page value = {0};
    page_put(&value, "(default %s)", option->value);
    page_append(p, column, &value);
  }
  page_put(p, "\n");
}

/* A name and what it is, in two columns. */
static void row(struct page *p, const char *name, size_t widest, const char *meaning)
{
  size_t column = MARGIN + widest + 2;
  page_tab(p, MARGIN);
  page_put(p, "%s", name);
  page_tab(p, column);
  page_fill(p, column, meaning);
  page_put(p, "\n");
}

static void table(struct page *p, const struct example *rows)
{
  size_t widest = 0;
  for (const struct example *r = rows; r->line; r++)
    widest = strlen(r->line) > widest ? strlen(r->line) : widest;
  for (const struct example *r = rows; r->line; r++)
    row(p, r->line, widest, r->meaning);
}

static void usage(struct page *p, const struct command *command)
{
  const char *start = "Usage:";
  for (const char *const *s = command->synopsis; *s; s++) {
    page_put(p, "%s anet ", start);
    const char *space = strchr(*s, ' ');
    size_t indent = p->column + (space ? (size_t)(space - *s) + 1 : 0);
    page_put(p, "%.*s", (int)strcspn(*s, " "), *s);
    page_fill(p, indent < p->width / 2 ? indent : STEP, space ? space : "");
    page_put(p, "\n");
    start = "      ";
  }
}

static void head(struct page *p, const struct command *command)
{
  page_put(p, "anet %s:", command->name);
  page_fill(p, 0, command->summary);
  page_put(p, "\n\n");
  usage(p, command);
}

/* Only the names, for what other commands share. */
static void names(struct page *p, const struct option_group *group)
{
  page_put(p, "\n%s:\n", group->title);
  for (const struct option *o = group->options; o->name; o++) {
    struct page name = {0};
    help_put_long(&name, o);
    page_put(&name, o[1].name ? "," : "");
    page_append(p, MARGIN, &name);
  }
  page_put(p, "\n");
}

/* The options of the first group, --help after them. */
static void own_options(struct page *p, const struct option_group *group, size_t column)
{
  page_put(p, "\n%s:\n", group ? group->title : "Options");
  for (const struct option *o = group ? group->options : NULL; o && o->name; o++)
    option_line(p, o, column);
  option_line(p, &option_help, column);
}

void help_summary(struct page *p, const struct command *command)
{
  const struct option_group *g = first_group(command);

  head(p, command);
  own_options(p, g, text_column(command));
  while (g && (++g)->title)
    names(p, g);
}

static void examples(struct page *p, const struct command *command)
{
  if (!command->examples || !command->examples->line)
    return;
  page_put(p, "\nExamples:\n");
  for (const struct example *e = command->examples; e->line; e++) {
    page_put(p, "  %s\n", e->line);
    page_tab(p, STEP);
    page_fill(p, STEP, e->meaning);
    page_put(p, "\n");
  }
}

static void exits(struct page *p, const struct command *command)
{
  page_put(p, "\nExit codes:\n");
  for (const struct example *e = help_exits; e->line; e++)
    page_put(p, "  %2s  %s\n", e->line, e->meaning);
  for (const struct example *e = command->exits; e && e->line; e++) {
    page_put(p, "  %2s  ", e->line);
    page_fill(p, STEP, e->meaning);
    page_put(p, "\n");
  }
}

void help_command(struct page *p, const struct command *command)
{
  const struct option_group *g = first_group(command);
  size_t column = text_column(command);

  head(p, command);
  if (command->description) {
    page_put(p, "\n");
    page_paragraphs(p, 0, command->description);
  }
  own_options(p, g, column);
  while (g && (++g)->title) {
    page_put(p, "\n%s:\n", g->title);
    for (const struct option *o = g->options; o->name; o++)
      option_line(p, o, column);
  }
  examples(p, command);
  exits(p, command);
  page_put(p, "\n");
  page_paragraphs(p, 0, "How addresses, times and sizes are written: 'anet --help'.");
}

static void anet_head(struct page *p, const struct command *const *commands)
{
  static const struct example options[] = {
      {"-h, --help", "show this (-h: in short)"},
      {"    --version", "show the version and what it was built with"},
      {NULL, NULL},
  };
  size_t column = 0;
  for (size_t i = 0; commands[i]; i++)
    column = strlen(commands[i]->name) > column ? strlen(commands[i]->name) : column;
  page_put(p, "Usage: anet COMMAND [OPTIONS] [OPERANDS]\n\nCommands:\n");
  for (size_t i = 0; commands[i]; i++)
    row(p, commands[i]->name, column, commands[i]->summary);
  for (const struct example *own = help_own_commands; own->line; own++)
    row(p, own->line, column, own->meaning);
  page_put(p, "\nOptions:\n");
  table(p, options);
}

void help_anet_summary(struct page *p, const struct command *const *commands)
{
  anet_head(p, commands);
  page_put(p, "\n");
  page_paragraphs(p, 0, "More: 'anet COMMAND -h' in short, 'anet COMMAND --help' in full.");
}

void help_anet(struct page *p, const struct command *const *commands)
{
  page_put(p, "anet:");
  page_fill(p, 0, help_about);
  page_put(p, "\n\n");
  anet_head(p, commands);
  page_put(p, "\nAddresses:\n");
  table(p, help_addresses);
  page_put(p, "\nTimes, sizes and ports:\n");
  page_paragraphs(p, MARGIN, help_units);
  page_put(p, "\nExit codes:\n");
  table(p, help_exits);
  page_put(p, "\n");
  page_paragraphs(p, 0, "A command may add codes; its 'anet COMMAND --help' names them.");
}
