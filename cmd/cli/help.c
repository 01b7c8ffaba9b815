#include "cmd/cli/help.h"

#include "cmd/cli/options.h"
#include "core/base/width.h"

#include <stdbool.h>
#include <string.h>

enum { MARGIN = 2, WIDEST_LEFT = 28, STEP = 6 };

const char help_about[] = "small network servers and clients, for the command line and for scripts";

const char help_units[] =
    "A time is 500ms, 10s, 5m or 1h; a bare number is seconds, and 0 disables a time limit. A size "
    "is 100, 64K, 1M or 2G, in powers of 1024. A port is 0 to 65535; a server on port 0 takes a "
    "free port and prints it.";

const struct example help_own_commands[] = {
    {"help", "show help for anet or for a command"},
    {NULL, NULL},
};

const struct example help_addresses[] = {
    {"PORT", "that port of 127.0.0.1"},
    {":PORT, *:PORT",
     "that port of every interface, IPv6 and IPv4; a client connects to 127.0.0.1"},
    {"HOST:PORT, [IPV6]:PORT", "that port of a host, by name or by address"},
    {"unix:PATH, unix:@NAME", "a unix socket, by path or by abstract name"},
    {NULL, NULL},
};

const struct example help_exits[] = {
    {"0", "done"},
    {"1", "failed"},
    {"2", "wrong usage"},
    {NULL, NULL},
};

const char help_repeats[] = "(may be given several times)";

void help_write_metavar(struct writer *w, const struct option *option)
{
  if (option->metavar) {
    writer_text(w, option->metavar);
  } else if (option->type == OPTION_CHOICE) {
    for (size_t i = 0; option->choices[i]; i++)
      writer_format(w, "%s%s", i ? "|" : "", option->choices[i]);
  } else if (option_takes_value(option)) {
    writer_text(w, "VALUE");
  }
}

/* The option with its value as one types it: "--dump=text|hex", "--greet TEXT". */
static void write_long(struct writer *w, const struct option *option)
{
  writer_format(w, "--%s", option->name);
  if (option_takes_value(option))
    writer_text(w, option->type == OPTION_CHOICE && !option->metavar ? "=" : " ");
  help_write_metavar(w, option);
}

/* The same with its letter, and where it has none the room for one. */
static void write_option(struct writer *w, const struct option *option)
{
  if (option->letter)
    writer_format(w, "-%c, ", option->letter);
  else
    writer_text(w, "    ");
  write_long(w, option);
}

static void write_default(struct writer *w, const struct option *option)
{
  writer_format(w, "(default %s)", option->value);
}

/* Adds to the layout what `write` writes of an option, as one word; `behind` follows it. */
static void put_word(struct text_layout *l, size_t indent,
                     void (*write)(struct writer *w, const struct option *option),
                     const struct option *option, const char *behind)
{
  struct buffer text = {0};
  struct writer w = {.to = &text};
  write(&w, option);
  writer_text(&w, behind);
  text_layout_word(l, indent, buffer_span(&text));
  writer_note(l->to, w.error);
  buffer_release(&text);
}

static void widen(size_t *widest, const struct option *option)
{
  struct buffer text = {0};
  struct writer w = {.to = &text};
  write_option(&w, option);
  size_t width = MARGIN + width_of(buffer_span(&text));
  if (width > *widest && width <= WIDEST_LEFT)
    *widest = width;
  buffer_release(&text);
}

/* The column in which the descriptions of the options begin. */
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

static void option_line(struct text_layout *l, const struct option *option, size_t column)
{
  put_word(l, MARGIN, write_option, option, "");
  text_layout_tab(l, column);
  text_layout_fill(l, column, option->help);
  if (option->type == OPTION_LIST)
    text_layout_fill(l, column, help_repeats);
  if (option->value)
    put_word(l, column, write_default, option, "");
  text_layout_put(l, "\n");
}

/* A name and its meaning, in two columns. */
static void row(struct text_layout *l, const char *name, size_t widest, const char *meaning)
{
  size_t column = MARGIN + widest + 2;
  text_layout_tab(l, MARGIN);
  text_layout_put(l, "%s", name);
  text_layout_tab(l, column);
  text_layout_fill(l, column, meaning);
  text_layout_put(l, "\n");
}

/* The length of the longest name in the table, at least `widest`; the table may be NULL. */
static size_t widest_name(const struct example *table, size_t widest)
{
  for (const struct example *r = table; r && r->line; r++)
    widest = strlen(r->line) > widest ? strlen(r->line) : widest;
  return widest;
}

static void rows(struct text_layout *l, const struct example *table, size_t widest)
{
  for (const struct example *r = table; r && r->line; r++)
    row(l, r->line, widest, r->meaning);
}

static void table(struct text_layout *l, const struct example *all)
{
  rows(l, all, widest_name(all, 0));
}

static void usage(struct text_layout *l, const struct command *command)
{
  const char *start = "Usage:";
  for (const char *const *s = command->synopsis; *s; s++) {
    text_layout_put(l, "%s anet ", start);
    const char *space = strchr(*s, ' ');
    size_t indent = l->column + (space ? (size_t)(space - *s) + 1 : 0);
    text_layout_put(l, "%.*s", (int)strcspn(*s, " "), *s);
    text_layout_fill(l, indent < l->width / 2 ? indent : STEP, space ? space : "");
    text_layout_put(l, "\n");
    start = "      ";
  }
}

static void head(struct text_layout *l, const struct command *command)
{
  text_layout_put(l, "anet %s:", command->name);
  text_layout_fill(l, 0, command->summary);
  text_layout_put(l, "\n\n");
  usage(l, command);
}

/* Only the names of options that other commands share. */
static void names(struct text_layout *l, const struct option_group *group)
{
  text_layout_put(l, "\n%s:\n", group->title);
  for (const struct option *o = group->options; o->name; o++)
    put_word(l, MARGIN, write_long, o, o[1].name ? "," : "");
  text_layout_put(l, "\n");
}

/* The options of the first group, --help after them. */
static void own_options(struct text_layout *l, const struct option_group *group, size_t column)
{
  text_layout_put(l, "\n%s:\n", group ? group->title : "Options");
  for (const struct option *o = group ? group->options : NULL; o && o->name; o++)
    option_line(l, o, column);
  option_line(l, &option_help, column);
}

void help_summary(struct text_layout *l, const struct command *command)
{
  const struct option_group *g = first_group(command);

  head(l, command);
  own_options(l, g, text_column(command));
  while (g && (++g)->title)
    names(l, g);
}

static void examples(struct text_layout *l, const struct command *command)
{
  if (!command->examples || !command->examples->line)
    return;
  text_layout_put(l, "\nExamples:\n");
  for (const struct example *e = command->examples; e->line; e++) {
    text_layout_put(l, "  %s\n", e->line);
    text_layout_tab(l, STEP);
    text_layout_fill(l, STEP, e->meaning);
    text_layout_put(l, "\n");
  }
}

static void exits(struct text_layout *l, const struct command *command)
{
  size_t widest = widest_name(help_exits, widest_name(command->exits, 0));
  text_layout_put(l, "\nExit codes:\n");
  rows(l, help_exits, widest);
  rows(l, command->exits, widest);
}

void help_command(struct text_layout *l, const struct command *command)
{
  const struct option_group *g = first_group(command);
  size_t column = text_column(command);

  head(l, command);
  if (command->description) {
    text_layout_put(l, "\n");
    text_layout_paragraphs(l, 0, command->description);
  }
  own_options(l, g, column);
  while (g && (++g)->title) {
    text_layout_put(l, "\n%s:\n", g->title);
    for (const struct option *o = g->options; o->name; o++)
      option_line(l, o, column);
  }
  examples(l, command);
  exits(l, command);
  text_layout_put(l, "\n");
  text_layout_paragraphs(l, 0, "For addresses, times and sizes see 'anet --help'.");
}

static void anet_head(struct text_layout *l, const struct command *const *commands)
{
  static const struct example options[] = {
      {"-h, --help", "show this help (-h: a summary)"},
      {"    --version", "show the version and what it was built with"},
      {NULL, NULL},
  };
  size_t column = 0;
  for (size_t i = 0; commands[i]; i++)
    column = strlen(commands[i]->name) > column ? strlen(commands[i]->name) : column;
  text_layout_put(l, "Usage: anet COMMAND [OPTIONS] [OPERANDS]\n\nCommands:\n");
  for (size_t i = 0; commands[i]; i++)
    row(l, commands[i]->name, column, commands[i]->summary);
  for (const struct example *own = help_own_commands; own->line; own++)
    row(l, own->line, column, own->meaning);
  text_layout_put(l, "\nOptions:\n");
  table(l, options);
}

void help_anet_summary(struct text_layout *l, const struct command *const *commands)
{
  anet_head(l, commands);
  text_layout_put(l, "\n");
  text_layout_paragraphs(
      l, 0, "'anet COMMAND -h' shows a summary of a command, 'anet COMMAND --help' everything.");
}

void help_anet(struct text_layout *l, const struct command *const *commands)
{
  text_layout_put(l, "anet:");
  text_layout_fill(l, 0, help_about);
  text_layout_put(l, "\n\n");
  anet_head(l, commands);
  text_layout_put(l, "\nAddresses:\n");
  table(l, help_addresses);
  text_layout_put(l, "\nTimes, sizes and ports:\n");
  text_layout_paragraphs(l, MARGIN, help_units);
  text_layout_put(l, "\nExit codes:\n");
  table(l, help_exits);
  text_layout_put(l, "\n");
  text_layout_paragraphs(l, 0, "Some commands have more exit codes: see 'anet COMMAND --help'.");
}
