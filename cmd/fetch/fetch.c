#include "cmd/fetch/fetch.h"

#include "cmd/fetch/body.h"
#include "cmd/fetch/report.h"
#include "cmd/fetch/request.h"
#include "cmd/fetch/run.h"
#include "core/digest.h"
#include "core/http/url.h"
#include "core/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const stats_forms[] = {"none", "json", NULL};

/* What stands on the command line, put in order. */
struct plan {
  const struct fetch_options *options;
  bool raw;
  size_t count;
  const char **urls;
  char **paths; /* NULL for stdout */
  char *whole;  /* the URL that HOST PATH is short for */
  struct address socket;
  struct fetch_body body;
};

static int complain(const struct error *e)
{
  return usage_error(&command_fetch, "%s", e->text);
}

static int no_memory(void)
{
  log_error("%s", error_words(UV_ENOMEM));
  return EXIT_FAILED;
}

/* Options that need each other, or exclude each other. */

static bool goes_to_files(const struct fetch_options *o)
{
  return (o->output && strcmp(o->output, "-") != 0) || o->remote_name || o->directory;
}

static int check_checksum(const struct plan *p)
{
  const char *checksum = p->options->checksum;
  if (!checksum)
    return EXIT_DONE;
  size_t n = strcspn(checksum, ":"), length = digest_length((struct span){checksum, n});
  if (length == 0 || checksum[n] == '\0')
    return usage_error(&command_fetch,
                       "--checksum '%.100s': not sha256:HEX, or the same with sha512, sha1 or md5",
                       checksum);
  const char *hex = checksum + n + 1;
  if (strlen(hex) != 2 * length || strspn(hex, "0123456789abcdefABCDEF") != 2 * length)
    return usage_error(&command_fetch, "--checksum: %.*s has %zu hexadecimal digits", (int)n,
                       checksum, 2 * length);
  if (p->count > 1)
    return usage_error(&command_fetch, "--checksum is for one URL");
  if (p->raw && !p->options->body_only)
    return usage_error(&command_fetch, "--checksum is of a body: here it needs --body");
  return EXIT_DONE;
}

static int check_output(const struct plan *p)
{
  const struct fetch_options *o = p->options;
  if (o->output && (o->remote_name || o->directory))
    return usage_error(&command_fetch, "--output does not go with --remote-name or --directory");
  if (o->output && p->count > 1)
    return usage_error(&command_fetch,
                       "--output is for one URL: --remote-name or --directory names several files");
  if ((o->resume || o->keep_partial) && !goes_to_files(o))
    return usage_error(&command_fetch, "%s needs a file: --output, --remote-name or --directory",
                       o->resume ? "--continue" : "--keep-partial");
  bool own_range = o->range || request_has_own(o, "range") || request_has_own(o, "if-range");
  if ((o->resume || o->keep_partial) && (p->raw || o->include || own_range))
    return usage_error(&command_fetch, "--continue and --keep-partial do not go with --raw, "
                                       "--include, --range or a Range by --header");
  if (o->parallel > 1 && p->count > 1 && !goes_to_files(o))
    return usage_error(&command_fetch,
                       "--parallel needs files, --remote-name or --directory: on stdout they would "
                       "be mixed");
  return EXIT_DONE;
}

static int check(struct plan *p)
{
  const struct fetch_options *o = p->options;
  struct error e;
  if (o->include && o->body_only)
    return usage_error(&command_fetch, "--include and --body exclude each other");
  if (request_check(o, &e) || (o->write_out && report_check(o->write_out, &e)))
    return complain(&e);
  int code = check_output(p);
  return code == EXIT_DONE ? check_checksum(p) : code;
}

static int read_body(struct plan *p)
{
  struct error e;
  int err = fetch_body_init(&p->body, p->options, &e);
  if (err == UV_EINVAL)
    return complain(&e);
  if (!err && p->options->head && p->body.present)
    return usage_error(&command_fetch, "--head sends nothing along");
  if (!err)
    return EXIT_DONE;
  log_error("%s", e.text);
  return EXIT_FAILED;
}

static int read_socket(struct plan *p)
{
  const char *path = p->options->unix_socket;
  char text[ADDRESS_TEXT_SIZE + 8];
  if (!path)
    return EXIT_DONE;
  bool whole = strncmp(path, "unix:", 5) == 0;
  if (strlen(path) >= ADDRESS_TEXT_SIZE)
    return usage_error(&command_fetch, "--unix-socket '%.40s...': the path is too long", path);
  snprintf(text, sizeof text, "%s%s", whole ? "" : "unix:", path);
  return run_target(&command_fetch, &p->socket, text, ADDRESS_NO_PORT);
}

/* The operands. */

static bool is_path(const char *s)
{
  return s[0] == '/' || strcmp(s, "*") == 0;
}

/* HOST PATH as one URL; HOST is a name or an address with or without a port, a port alone, or
 * unix:PATH as everywhere else. */
static int join(struct plan *p, const char *host, const char *path)
{
  struct buffer url = {0};
  int code = EXIT_DONE, err;
  if (strncmp(host, "unix:", 5) == 0) {
    code = run_target(&command_fetch, &p->socket, host, ADDRESS_NO_PORT);
    err = buffer_printf(&url, "http://localhost%s", path);
  } else if (host[0] && host[strspn(host, "0123456789")] == '\0') {
    err = buffer_printf(&url, "http://127.0.0.1:%s%s", host, path);
  } else {
    err = buffer_printf(&url, "%s%s%s", strstr(host, "://") ? "" : "http://", host, path);
  }
  p->whole = err ? NULL : buffer_take_text(&url);
  buffer_release(&url);
  p->urls[0] = p->whole;
  p->count = 1;
  p->raw = true;
  return code != EXIT_DONE || p->whole ? code : no_memory();
}

static int read_operands(struct plan *p, const char *const *operands)
{
  while (operands[p->count])
    p->count++;
  if (p->count == 0)
    return usage_error(&command_fetch, "no URL, nor HOST and PATH");
  p->urls = calloc(p->count + 1, sizeof *p->urls);
  p->paths = calloc(p->count + 1, sizeof *p->paths);
  if (!p->urls || !p->paths)
    return no_memory();
  if (p->count == 2 && is_path(operands[1]))
    return join(p, operands[0], operands[1]);
  if (p->count == 2 && !strchr(operands[1], '.') && !strchr(operands[1], ':'))
    return usage_error(&command_fetch, "'%.100s': a PATH begins with a slash, a URL with http://",
                       operands[1]);
  memcpy(p->urls, operands, p->count * sizeof *p->urls);
  p->raw = p->options->raw;
  return EXIT_DONE;
}

/* The files. */

static char *remote_path(const struct plan *p, const struct http_url *u)
{
  struct buffer path = {0};
  const char *folder = p->options->directory;
  bool slash = folder && folder[0] && folder[strlen(folder) - 1] != '/';
  if (buffer_printf(&path, "%s%s", folder ? folder : "", slash ? "/" : "") == 0 &&
      http_url_print_file_name(&path, u) == 0)
    return buffer_take_text(&path);
  buffer_release(&path);
  return NULL;
}

/* Two transfers cannot have one file. */
static int check_path(const struct plan *p, size_t i)
{
  for (size_t k = 0; k < i; k++) {
    if (strcmp(p->paths[k], p->paths[i]) == 0)
      return usage_error(&command_fetch, "two URLs are for the file %s", p->paths[i]);
  }
  return EXIT_DONE;
}

/* Each URL must be one before the first is asked; and it may have to name its file. */
static int read_url(struct plan *p, size_t i)
{
  const struct fetch_options *o = p->options;
  struct http_url u;
  struct error e;
  if (p->urls[i][0] == '\0')
    return usage_error(&command_fetch, "an empty URL");
  if (http_url_parse(&u, span_of(p->urls[i]), &e))
    return complain(&e);
  if (o->remote_name || o->directory)
    p->paths[i] = remote_path(p, &u);
  else if (goes_to_files(o))
    p->paths[i] = strdup(o->output);
  http_url_release(&u);
  if (!goes_to_files(o))
    return EXIT_DONE;
  return p->paths[i] ? check_path(p, i) : no_memory();
}

/* mkdir -p. */
static int make_folder(const char *path)
{
  char *copy = strdup(path);
  if (!copy)
    return no_memory();
  int err = 0;
  for (char *at = copy + 1; at[-1] && !err; at++) {
    if (*at != '/' && *at != '\0')
      continue;
    char c = *at;
    *at = '\0';
    err = mkdir(copy, 0777) < 0 && errno != EEXIST ? errno : 0;
    *at = c;
  }
  free(copy);
  if (!err)
    return EXIT_DONE;
  log_error("make folder %s: %s", path, error_words(-err));
  return EXIT_CANNOT_WRITE;
}

static void release(struct plan *p)
{
  for (size_t i = 0; p->paths && i < p->count; i++)
    free(p->paths[i]);
  free(p->paths);
  free(p->urls);
  free(p->whole);
  if (p->body.method)
    fetch_body_release(&p->body);
}

static int run(const void *options, const char *const *operands)
{
  const struct fetch_options *o = options;
  struct plan p = {.options = o};
  run_log(&command_fetch, &o->run);
  int code = read_operands(&p, operands);
  if (code == EXIT_DONE)
    code = check(&p);
  if (code == EXIT_DONE && !p.socket.size)
    code = read_socket(&p);
  for (size_t i = 0; i < p.count && code == EXIT_DONE; i++)
    code = read_url(&p, i);
  if (code == EXIT_DONE)
    code = read_body(&p);
  if (code == EXIT_DONE && o->directory)
    code = make_folder(o->directory);
  if (code == EXIT_DONE)
    code = fetch_run(o, &p.body, p.raw, p.urls, p.paths, p.count, p.socket.size ? &p.socket : NULL);
  release(&p);
  return code;
}

static const struct option output_options[] = {
    {.name = "raw",
     .type = OPTION_FLAG,
     .offset = offsetof(struct fetch_options, raw),
     .help = "the answer as it comes, head and all, to a request in HTTP/1.0"},
    {.name = "include",
     .letter = 'i',
     .type = OPTION_FLAG,
     .offset = offsetof(struct fetch_options, include),
     .help = "show the head of the answer before its body"},
    {.name = "body",
     .letter = 'b',
     .type = OPTION_FLAG,
     .offset = offsetof(struct fetch_options, body_only),
     .help = "with HOST PATH: only the body"},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXT,
     .offset = offsetof(struct fetch_options, output),
     .metavar = "FILE",
     .completion = COMPLETE_FILES,
     .help = "into FILE, which gets its name once it is whole"},
    {.name = "remote-name",
     .letter = 'O',
     .type = OPTION_FLAG,
     .offset = offsetof(struct fetch_options, remote_name),
     .help = "into a file called as the URL ends"},
    {.name = "directory",
     .letter = 'P',
     .type = OPTION_TEXT,
     .offset = offsetof(struct fetch_options, directory),
     .metavar = "DIR",
     .completion = COMPLETE_FOLDERS,
     .help = "the same, in DIR"},
    {.name = "keep-partial",
     .type = OPTION_FLAG,
     .offset = offsetof(struct fetch_options, keep_partial),
     .help = "keep what came of a FILE that failed, as FILE.part"},
    {.name = "continue",
     .letter = 'c',
     .type = OPTION_FLAG,
     .offset = offsetof(struct fetch_options, resume),
     .help = "go on with FILE.part if it is still the same file; keeps one too"},
    {.name = "checksum",
     .type = OPTION_TEXT,
     .offset = offsetof(struct fetch_options, checksum),
     .metavar = "ALGORITHM:HEX",
     .help = "fail unless the body has that sha256, sha512, sha1 or md5"},
    {.name = "error-body",
     .type = OPTION_FLAG,
     .offset = offsetof(struct fetch_options, error_body),
     .help = "the body of an answer of 400 or above, too"},
    {.name = "write-out",
     .letter = 'w',
     .type = OPTION_TEXT,
     .offset = offsetof(struct fetch_options, write_out),
     .metavar = "FORMAT",
     .help = "print FORMAT after each URL, with %{variables} named as curl's"},
    {.name = "stats",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct fetch_options, stats),
     .value = "none",
     .choices = stats_forms,
     .help = "print times, sizes and addresses of each URL on stderr"},
    {0},
};

static const struct option request_options[] = {
    {.name = "method",
     .letter = 'X',
     .type = OPTION_TEXT,
     .offset = offsetof(struct fetch_options, method),
     .metavar = "METHOD",
     .help = "instead of GET, or what the body asks for"},
    {.name = "header",
     .letter = 'H',
     .type = OPTION_LIST,
     .offset = offsetof(struct fetch_options, headers),
     .metavar = "HEADER",
     .help = "'Name: value' to add or replace, 'Name:' to leave out"},
    {.name = "data",
     .letter = 'd',
     .type = OPTION_LIST,
     .offset = offsetof(struct fetch_options, data),
     .metavar = "DATA",
     .help = "send DATA, @FILE or @- as a form does (POST); joined with &"},
    {.name = "json",
     .type = OPTION_TEXT,
     .offset = offsetof(struct fetch_options, json),
     .metavar = "DATA",
     .help = "send DATA, @FILE or @- as JSON, and ask for JSON"},
    {.name = "form",
     .letter = 'F',
     .type = OPTION_LIST,
     .offset = offsetof(struct fetch_options, form),
     .metavar = "FIELD",
     .help = "send NAME=VALUE or NAME=@FILE[;type=TYPE] as multipart/form-data"},
    {.name = "upload",
     .letter = 'T',
     .type = OPTION_TEXT,
     .offset = offsetof(struct fetch_options, upload),
     .metavar = "FILE",
     .completion = COMPLETE_FILES,
     .help = "send FILE, - for stdin, to the URL (PUT)"},
    {.name = "user",
     .letter = 'u',
     .type = OPTION_TEXT,
     .offset = offsetof(struct fetch_options, user),
     .metavar = "NAME:PASSWORD",
     .help = "say who you are (Basic)"},
    {.name = "user-agent",
     .letter = 'A',
     .type = OPTION_TEXT,
     .offset = offsetof(struct fetch_options, agent),
     .metavar = "TEXT",
     .help = "instead of anet and its version"},
    {.name = "head",
     .letter = 'I',
     .type = OPTION_FLAG,
     .offset = offsetof(struct fetch_options, head),
     .help = "ask for the head only, and show it"},
    {.name = "range",
     .letter = 'r',
     .type = OPTION_TEXT,
     .offset = offsetof(struct fetch_options, range),
     .metavar = "RANGE",
     .help = "only those bytes: 0-99, 100-, -100"},
    {.name = "http1.0",
     .type = OPTION_FLAG,
     .offset = offsetof(struct fetch_options, http10),
     .help = "ask in HTTP/1.0"},
    {.name = "location",
     .letter = 'L',
     .type = OPTION_FLAG,
     .offset = offsetof(struct fetch_options, location),
     .help = "follow redirects with HOST PATH and --raw, too"},
    {.name = "max-redirects",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct fetch_options, max_redirects),
     .metavar = "N",
     .value = "10",
     .help = "follow at most N; 0 follows none"},
    {0},
};

static const struct option waiting_options[] = {
    {.name = "retry",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct fetch_options, retries),
     .metavar = "N",
     .value = "0",
     .help = "try again up to N times where that may help"},
    {.name = "retry-delay",
     .type = OPTION_TIME,
     .offset = offsetof(struct fetch_options, retry_delay_ms),
     .metavar = "TIME",
     .value = "1s",
     .help = "before the first; twice as long before each further one"},
    {.name = "connect-timeout",
     .type = OPTION_TIME,
     .offset = offsetof(struct fetch_options, connect_timeout_ms),
     .metavar = "TIME",
     .value = "10s",
     .help = "how long connecting may take; 0 is for ever"},
    {.name = "stall-timeout",
     .type = OPTION_TIME,
     .offset = offsetof(struct fetch_options, stall_timeout_ms),
     .metavar = "TIME",
     .value = "30s",
     .help = "how long nothing may move; 0 is for ever"},
    {.name = "timeout",
     .type = OPTION_TIME,
     .offset = offsetof(struct fetch_options, timeout_ms),
     .metavar = "TIME",
     .value = "0",
     .help = "how long it all may take, for each URL; 0 is for ever"},
    {.name = "unix-socket",
     .type = OPTION_TEXT,
     .offset = offsetof(struct fetch_options, unix_socket),
     .metavar = "PATH",
     .completion = COMPLETE_FILES,
     .help = "connect to that unix socket, whatever the URL says"},
    {.name = "parallel",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct fetch_options, parallel),
     .metavar = "N",
     .value = "1",
     .least = 1,
     .most = 1000,
     .help = "fetch up to N URLs at once, into files"},
    {0},
};

const struct command command_fetch = {
    .name = "fetch",
    .summary = "fetch over HTTP, with an exit code that can be trusted",
    .synopsis =
        (const char *const[]){"fetch [OPTIONS] URL...", "fetch [OPTIONS] HOST[:PORT] PATH", NULL},
    .description =
        "Prints the body that each URL has, or writes it into a file. Redirects are followed, "
        "compression is asked for and undone. What is cut short, badly framed or reset is an "
        "error, and so is an answer of 400 or above: nothing of it reaches FILE, nor stdout what "
        "is known to be an error before it begins.\n"
        "\n"
        "With HOST and PATH it is the little client of asyncore: it asks with GET PATH HTTP/1.0 "
        "and prints the answer as it comes, head and all. Here any status is an answer.\n"
        "\n"
        "http_proxy, https_proxy, all_proxy and no_proxy are heeded.",
    .groups =
        (const struct option_group[]){
            {"Options", output_options, 0},
            {"Request options", request_options, 0},
            {"Connection options", waiting_options, 0},
            {"Log options", run_option_table, offsetof(struct fetch_options, run)},
            {0},
        },
    .options_size = sizeof(struct fetch_options),
    .examples =
        (const struct example[]){
            {"anet fetch example.com /", "the answer, head and all"},
            {"anet fetch http://example.com/ | wc", "the body"},
            {"anet fetch -O -c --retry 5 http://example.com/big.iso", "into a file, to the end"},
            {"anet fetch --json @order.json http://localhost:8080/orders", "send JSON"},
            {"anet fetch -T report.pdf http://localhost:8080/in/", "put a file there"},
            {"anet fetch -w '%{http_code}\\n' -o /dev/null example.com", "only the status"},
            {0},
        },
    .exits =
        (const struct example[]){
            {"6, 7", "not resolved, not connected"},
            {"18", "the body is cut short"},
            {"22", "HTTP status 400 or above"},
            {"23", "cannot write"},
            {"28", "timed out"},
            {"47", "too many redirects"},
            {"52", "empty reply"},
            {"56", "failure while receiving, or an answer that is malformed"},
            {0},
        },
    .operands = COMPLETE_ADDRESSES,
    .run = run,
};
