#include "cmd/echo/echo.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int serve(const struct echo_options *o, const char *const *operands)
{
  struct address *addresses;
  size_t count;
  int code = serving_addresses(&command_echo, operands, "8007", &addresses, &count);
  if (code == EXIT_DONE)
    code = o->http ? echo_http(o, addresses, count) : echo_serve(o, addresses, count);
  free(addresses);
  return code;
}

static int connect_to(const struct echo_options *o, const char *const *operands)
{
  struct address peer;
  if (operands[0])
    return usage_error(&command_echo, "--connect takes no LISTEN '%s'", operands[0]);
  if (run_target(&command_echo, &peer, o->connect, ADDRESS_NO_PORT) != EXIT_DONE)
    return EXIT_USAGE;
  return o->ping ? echo_ping(o, &peer) : echo_join(o, &peer);
}

/* What only a client that carries stdin and stdout can do. */
static int check_client(const struct echo_options *o)
{
  const struct {
    const char *name;
    bool given, needs_stdin;
  } options[] = {
      {"receive-only", o->receive_only, false},
      {"no-half-close", o->no_half_close, true},
      {"linger", o->linger_ms > 0, true},
      {"stall-timeout", o->stall_timeout_ms > 0, false},
  };
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    if (!options[i].given)
      continue;
    if (!o->connect)
      return usage_error(&command_echo, "--%s needs --connect ADDR", options[i].name);
    if (o->ping)
      return usage_error(&command_echo, "--ping does not go with --%s", options[i].name);
    if (o->receive_only && options[i].needs_stdin)
      return usage_error(&command_echo, "--receive-only does not go with --%s: stdin is not read",
                         options[i].name);
  }
  return EXIT_DONE;
}

static int run(const void *options, const char *const *operands)
{
  const struct echo_options *o = options;
  run_log(&command_echo, &o->run);
  if (o->ping && !o->connect)
    return usage_error(&command_echo, "--ping needs --connect ADDR");
  if (o->discard + o->chargen + (o->reply != NULL) > 1)
    return usage_error(&command_echo, "--discard, --chargen and --reply exclude each other");
  if (o->http && (o->discard || o->chargen || o->greet || o->close || o->dump))
    return usage_error(&command_echo, "--http does not go with --discard, --chargen, --greet, "
                                      "--close or --dump");
  if (o->json && !o->http)
    return usage_error(&command_echo, "--json needs --http");
  if (o->dump == DUMP_RAW && isatty(STDOUT_FILENO))
    return usage_error(&command_echo,
                       "--dump=raw is for a file or a pipe: the data may control a terminal");
  if (check_client(o) != EXIT_DONE)
    return EXIT_USAGE;
  return o->connect ? connect_to(o, operands) : serve(o, operands);
}

static const struct option server_options[] = {
    {"http", 0, OPTION_FLAG_AT(struct echo_options, http), .not_with = "connect",
     .help = "answer each HTTP request with a description: method, URL, headers, form fields"},
    {"json", 0, OPTION_FLAG_AT(struct echo_options, json), .not_with = "connect",
     .help = "with --http: answer in JSON, regardless of the Accept field"},
    {"discard", 0, OPTION_FLAG_AT(struct echo_options, discard), .not_with = "connect",
     .help = "read everything and answer nothing (RFC 863)"},
    {"chargen", 0, OPTION_FLAG_AT(struct echo_options, chargen), .not_with = "connect",
     .help = "send an endless pattern of characters (RFC 864)"},
    {"greet", 0, OPTION_TEXT_AT(struct echo_options, greet, "TEXT"), .not_with = "connect",
     .help = "send TEXT unchanged to each client that connects"},
    {"reply", 0, OPTION_TEXT_AT(struct echo_options, reply, "TEXT"), .not_with = "connect",
     .help = "answer each message with TEXT"},
    {"close", 0, OPTION_FLAG_AT(struct echo_options, close), .not_with = "connect",
     .help = "close the connection after the first answer, or after the greeting"},
    {"dump", 0, OPTION_CHOICE_AT(struct echo_options, dump, dump_forms, "none"),
     .not_with = "connect", .help = "print on stdout what arrives and from whom"},
    SERVING_IDLE_OPTION(offsetof(struct echo_options, serving.idle_ms), "5m"),
    {0},
};

static const struct option client_options[] = {
    {"connect", 'c', OPTION_TEXT_AT(struct echo_options, connect, "ADDR"),
     .completion = COMPLETE_ADDRESSES, .help = "connect to ADDR, send stdin and print the answer"},
    {"connect-timeout", 0, OPTION_TIME_AT(struct echo_options, connect_timeout_ms, "10s"),
     .help = "time limit for connecting; 0 disables the limit"},
    {"receive-only", 0, OPTION_FLAG_AT(struct echo_options, receive_only),
     .help = "do not read stdin; only print what the server sends"},
    {"no-half-close", 0, OPTION_FLAG_AT(struct echo_options, no_half_close),
     .help = "keep the connection open both ways after the end of stdin"},
    {"linger", 0, OPTION_TIME_AT(struct echo_options, linger_ms, "0"),
     .help = "exit TIME after the end of stdin; 0 waits for the server to end"},
    {"stall-timeout", 0, OPTION_TIME_AT(struct echo_options, stall_timeout_ms, "0"),
     .help = "exit 28 after TIME without any data in either direction; 0 disables"},
    {"ping", 0, OPTION_NUMBER_AT(struct echo_options, ping, 1, 1000000),
     .help = "send N probes; print each round-trip time, then min/median/p99/max"},
    {"interval", 0, OPTION_TIME_AT(struct echo_options, interval_ms, "0"),
     .help = "delay between two probes"},
    {"timeout", 0, OPTION_TIME_AT(struct echo_options, timeout_ms, "10s"),
     .help = "time limit for each probe; 0 disables the limit"},
    {0},
};

const struct command command_echo = {
    .name = "echo",
    .summary = "send back what arrives; or connect stdin and stdout to a server",
    .synopsis = (const char *const[]){"echo [OPTIONS] [LISTEN]...", "echo [OPTIONS] -c ADDR",
                                      "echo [OPTIONS] -c ADDR --ping N", NULL},
    .description =
        "Listens on each LISTEN, or on 127.0.0.1:8007, and sends back everything it receives "
        "(RFC 862) until the client has ended its side. While a client does not read, nothing is "
        "read from it.\n"
        "\n"
        "With -c it is the client: stdin goes to the server and the answer to stdout. The end of "
        "stdin is passed on as a half-close, and anet exits once the server has closed too. A "
        "server "
        "that drops a client which has ended its side needs --no-half-close; to end on your own "
        "then, "
        "add --linger. On a terminal, control characters in the answer are shown escaped.",
    .groups =
        (const struct option_group[]){
            {"Options", server_options, 0},
            {"Client options", client_options, 0},
            {"Server options", serving_option_table, offsetof(struct echo_options, serving)},
            {"Log options", run_option_table, offsetof(struct echo_options, run)},
            {0},
        },
    .options_size = sizeof(struct echo_options),
    .examples =
        (const struct example[]){
            {"anet echo", "run an echo server on 127.0.0.1:8007"},
            {"anet echo --discard --dump=lines 1234", "print each line that arrives"},
            {"anet echo --http", "show a form in a browser, and what the browser sends"},
            {"anet echo --reply ok 8001 8002", "answer each message on two ports with ok"},
            {"anet echo -c db.example:5432 < query > answer",
             "send a query and its end, and save the answer"},
            {"anet echo -c feed:7000 --receive-only", "print a feed, whatever stdin is"},
            {"anet echo -c mud:4000 --no-half-close --linger 2s",
             "send stdin, and print what comes until 2 seconds later"},
            {"anet echo -c 8007 --ping 1000", "measure the round-trip time"},
            {0},
        },
    .exits =
        (const struct example[]){
            {"6, 7, 28", "with -c: name not resolved, not connected, timed out"},
            {"23", "stdout cannot be written"},
            {"56", "with -c: receiving failed"},
            {0},
        },
    .operands = COMPLETE_ADDRESSES,
    .run = run,
};
