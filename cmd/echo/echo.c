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
                       "--dump=raw is for a file or a pipe: a terminal would obey what comes");
  return o->connect ? connect_to(o, operands) : serve(o, operands);
}

static const struct option server_options[] = {
    {"http", 0, OPTION_FLAG_AT(struct echo_options, http), .not_with = "connect",
     .help = "answer any HTTP request with what it was: method, URL, headers, form fields"},
    {"json", 0, OPTION_FLAG_AT(struct echo_options, json), .not_with = "connect",
     .help = "with --http: as JSON, whatever the client accepts"},
    {"discard", 0, OPTION_FLAG_AT(struct echo_options, discard), .not_with = "connect",
     .help = "answer nothing (RFC 863)"},
    {"chargen", 0, OPTION_FLAG_AT(struct echo_options, chargen), .not_with = "connect",
     .help = "send the character pattern without end (RFC 864)"},
    {"greet", 0, OPTION_TEXT_AT(struct echo_options, greet, "TEXT"), .not_with = "connect",
     .help = "send TEXT, as it is, to everybody who connects"},
    {"reply", 0, OPTION_TEXT_AT(struct echo_options, reply, "TEXT"), .not_with = "connect",
     .help = "answer each message with TEXT instead of itself"},
    {"close", 0, OPTION_FLAG_AT(struct echo_options, close), .not_with = "connect",
     .help = "end the connection after the first answer, or after the greeting"},
    {"dump", 0, OPTION_CHOICE_AT(struct echo_options, dump, dump_forms, "none"),
     .not_with = "connect", .help = "show on stdout what came and from whom"},
    SERVING_IDLE_OPTION(offsetof(struct echo_options, serving.idle_ms), "5m"),
    {0},
};

static const struct option client_options[] = {
    {"connect", 'c', OPTION_TEXT_AT(struct echo_options, connect, "ADDR"),
     .completion = COMPLETE_ADDRESSES, .help = "send stdin to ADDR, and what comes back to stdout"},
    {"connect-timeout", 0, OPTION_TIME_AT(struct echo_options, connect_timeout_ms, "10s"),
     .help = "how long connecting may take; 0 is for ever"},
    {"ping", 0, OPTION_NUMBER_AT(struct echo_options, ping, 1, 1000000),
     .help = "send N probes, print the time each took and min/median/p99/max"},
    {"interval", 0, OPTION_TIME_AT(struct echo_options, interval_ms, "0"),
     .help = "wait so long between two probes"},
    {"timeout", 0, OPTION_TIME_AT(struct echo_options, timeout_ms, "10s"),
     .help = "how long a probe may take; 0 is for ever"},
    {0},
};

const struct command command_echo = {
    .name = "echo",
    .summary = "send back what comes; or join stdin and stdout to a peer",
    .synopsis = (const char *const[]){"echo [OPTIONS] [LISTEN]...", "echo [OPTIONS] -c ADDR",
                                      "echo [OPTIONS] -c ADDR --ping N", NULL},
    .description =
        "Serves each LISTEN, 127.0.0.1:8007 if there is none, and sends back what comes (RFC 862), "
        "until the peer has ended and has got it all. A peer that does not read is not read from.\n"
        "\n"
        "With -c it is the client: stdin goes to the peer and its answer to stdout. The end of "
        "stdin "
        "is passed on, and it is over when the peer has ended too. On a terminal, what comes is "
        "shown with control characters escaped.",
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
            {"anet echo", "an echo server on 127.0.0.1:8007"},
            {"anet echo --discard --dump=lines 1234", "show each line that comes"},
            {"anet echo --http", "a form for a browser, and what the browser sends of it"},
            {"anet echo --reply ok 8001 8002", "two ports, every message answered with ok"},
            {"anet echo -c db.example:5432 < query > answer", "what nc does, and half-closes"},
            {"anet echo -c 8007 --ping 1000", "how fast is the way there and back"},
            {0},
        },
    .exits =
        (const struct example[]){
            {"6, 7, 28", "-c: not resolved, not connected, timed out"},
            {"23", "stdout cannot be written"},
            {"56", "-c: failure while receiving"},
            {0},
        },
    .operands = COMPLETE_ADDRESSES,
    .run = run,
};
