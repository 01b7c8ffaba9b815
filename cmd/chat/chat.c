#include "cmd/chat/chat.h"

#include <stdlib.h>
#include <string.h>

enum {
  LEAST_LINE = 16,
  MOST_LINE = 1024 * 1024,
  LEAST_QUEUE = 4 * 1024,
  MOST_QUEUE = 1024 * 1024 * 1024,
};

static const char *const protocols[] = {"room", "line", NULL};

static int serve(const struct chat_options *o, const char *const *operands)
{
  struct address *addresses;
  size_t count;
  int code = serving_addresses(&command_chat, operands, "5005", &addresses, &count);
  if (code == EXIT_DONE)
    code = chat_serve(o, addresses, count);
  free(addresses);
  return code;
}

static int join(const struct chat_options *o, const char *const *operands)
{
  struct address peer;
  if (operands[0])
    return usage_error(&command_chat, "--connect takes no LISTEN '%s'", operands[0]);
  if (run_target(&command_chat, &peer, o->connect, ADDRESS_NO_PORT) != EXIT_DONE)
    return EXIT_USAGE;
  return chat_join(o, &peer);
}

static int run(const void *options, const char *const *operands)
{
  const struct chat_options *o = options;
  run_log(&command_chat, &o->run);
  if (o->nick && !o->connect)
    return usage_error(&command_chat, "--nick needs --connect ADDR");
  for (const char *c = o->name; *c; c++) {
    if ((unsigned char)*c < ' ' || *c == 0x7f)
      return usage_error(&command_chat, "--name: must not contain control characters");
  }
  if (o->max_line < LEAST_LINE || o->max_line > MOST_LINE)
    return usage_error(&command_chat, "--max-line: out of range, 16 to 1M");
  if (o->max_queue < LEAST_QUEUE || o->max_queue > MOST_QUEUE)
    return usage_error(&command_chat, "--max-queue: out of range, 4K to 1G");
  return o->connect ? join(o, operands) : serve(o, operands);
}

static const struct option server_options[] = {
    {.name = "protocol",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct chat_options, protocol),
     .value = "room",
     .choices = protocols,
     .help = "room: members type commands; line: the first line is the name, the rest is sent to "
             "everyone"},
    {.name = "name",
     .type = OPTION_TEXT,
     .offset = offsetof(struct chat_options, name),
     .metavar = "TEXT",
     .value = "TestChat",
     .not_with = "connect",
     .help = "server name shown in the welcome"},
    {.name = "motd",
     .type = OPTION_TEXT,
     .offset = offsetof(struct chat_options, motd),
     .metavar = "FILE",
     .completion = COMPLETE_FILES,
     .not_with = "connect",
     .help = "show FILE to everyone who connects"},
    {.name = "history",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct chat_options, history),
     .metavar = "N",
     .value = "20",
     .most = 10000,
     .not_with = "connect",
     .help = "show the last N lines of a room to a member who enters; 0 shows none"},
    {.name = "log-chat",
     .type = OPTION_TEXT,
     .offset = offsetof(struct chat_options, log_chat),
     .metavar = "FILE",
     .completion = COMPLETE_FILES,
     .not_with = "connect",
     .help = "append what is said to FILE, each line with a timestamp; SIGHUP reopens it"},
    {.name = "rate",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct chat_options, rate),
     .metavar = "N",
     .value = "10",
     .most = 1000000,
     .not_with = "connect",
     .help =
         "accept N lines a second from each member, in bursts of up to 100; 0 disables the limit"},
    {.name = "max-line",
     .type = OPTION_SIZE,
     .offset = offsetof(struct chat_options, max_line),
     .metavar = "SIZE",
     .value = "4K",
     .not_with = "connect",
     .help = "cut off lines longer than SIZE"},
    {.name = "max-queue",
     .type = OPTION_SIZE,
     .offset = offsetof(struct chat_options, max_queue),
     .metavar = "SIZE",
     .value = "1M",
     .not_with = "connect",
     .help = "disconnect a member whose unsent queue exceeds SIZE"},
    {.name = "login-timeout",
     .type = OPTION_TIME,
     .offset = offsetof(struct chat_options, login_timeout_ms),
     .metavar = "TIME",
     .value = "60s",
     .not_with = "connect",
     .help = "disconnect a client that has not logged in within TIME; 0 disables the limit"},
    {.name = "idle-timeout",
     .type = OPTION_TIME,
     .offset = offsetof(struct chat_options, serving.idle_ms),
     .metavar = "TIME",
     .value = "0",
     .not_with = "connect",
     .help = "disconnect a member that sends nothing for TIME; 0 disables the limit"},
    {0},
};

static const struct option client_options[] = {
    {.name = "connect",
     .letter = 'c',
     .type = OPTION_TEXT,
     .offset = offsetof(struct chat_options, connect),
     .metavar = "ADDR",
     .completion = COMPLETE_ADDRESSES,
     .help = "join the room at ADDR"},
    {.name = "nick",
     .type = OPTION_TEXT,
     .offset = offsetof(struct chat_options, nick),
     .metavar = "NAME",
     .help = "log in as NAME"},
    {.name = "connect-timeout",
     .type = OPTION_TIME,
     .offset = offsetof(struct chat_options, connect_timeout_ms),
     .metavar = "TIME",
     .value = "10s",
     .help = "time limit for connecting; 0 disables the limit"},
    {.name = "linger",
     .type = OPTION_TIME,
     .offset = offsetof(struct chat_options, linger_ms),
     .metavar = "TIME",
     .value = "1s",
     .help = "how long to wait for more output after the end of stdin"},
    {0},
};

const struct command command_chat = {
    .name = "chat",
    .summary = "a chat room, and a client for it",
    .synopsis = (const char *const[]){"chat [OPTIONS] [LISTEN]...",
                                      "chat [OPTIONS] -c ADDR [--nick NAME]", NULL},
    .description =
        "Serves a chat room on each LISTEN (default: 127.0.0.1:5005). Clients are anet chat -c, "
        "telnet, nc or socat. They log in with login NAME; then there are say TEXT, look, who and "
        "logout, and /help lists the rest. Lines are UTF-8 or GBK, and control characters are "
        "escaped. A client that stops reading is disconnected and one that floods is slowed down, "
        "without an effect on the others.\n"
        "\n"
        "With -c it joins a room. On a terminal, the line being typed stays whole while others "
        "speak. Otherwise it sends stdin and prints what arrives, until --linger after the end of "
        "stdin.",
    .groups =
        (const struct option_group[]){
            {"Options", server_options, 0},
            {"Client options", client_options, 0},
            {"Server options", serving_option_table, offsetof(struct chat_options, serving)},
            {"Log options", run_option_table, offsetof(struct chat_options, run)},
            {0},
        },
    .options_size = sizeof(struct chat_options),
    .examples =
        (const struct example[]){
            {"anet chat", "a room on 127.0.0.1:5005"},
            {"anet chat :5005 --name Tea --log-chat tea.log",
             "for the network, with a log of what is said"},
            {"anet chat -c 5005 --nick ann", "join it"},
            {"printf 'login bot\\nsay hi\\n' | anet chat -c 5005", "say something from a script"},
            {0},
        },
    .exits =
        (const struct example[]){
            {"6, 7, 28", "-c: name not resolved, connection failed, timed out"},
            {"23", "stdout cannot be written"},
            {"56", "-c: failure while receiving"},
            {0},
        },
    .operands = COMPLETE_ADDRESSES,
    .run = run,
};
