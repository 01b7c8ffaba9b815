/* `anet serve`: a folder or a file over HTTP. */
#include "cmd/serve/announce.h"
#include "cmd/serve/route.h"
#include "cmd/serve/site.h"
#include "core/base/log.h"
#include "core/os/landlock.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

/* The sandbox. */

/* The folders of the unix listeners, whose sockets are removed at the end. */
static size_t socket_folders(const struct site *s, struct landlock_folder *folders, size_t most)
{
  const struct list *listeners = &s->http.serving.server.listeners;
  size_t n = 0;
  for (struct list *node = listeners->next; node != listeners && n < most; node = node->next) {
    struct sockaddr_storage sa = {0};
    socklen_t size = sizeof sa;
    char *path = ((struct sockaddr_un *)&sa)->sun_path;
    const struct listener *l = container_of(node, struct listener, link);
    if (getsockname(l->d.fd, (struct sockaddr *)&sa, &size) < 0 || sa.ss_family != AF_UNIX ||
        !path[0])
      continue;
    int fd = open(dirname(path), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
      folders[n++] = (struct landlock_folder){.fd = fd, .removable = true};
  }
  return n;
}

/* `abi` is 0 when the kernel has no Landlock. */
static void log_sandbox(int abi)
{
  struct log_field number[] = {{.name = "landlock", .number = (uint64_t)abi}, {0}};
  char text[80] = "no sandbox: the kernel has no Landlock";
  if (log_is_json()) {
    log_event(LOG_DEBUG, abi ? "sandboxed to the folder" : text, number);
    return;
  }
  if (abi)
    snprintf(text, sizeof text, "sandboxed to the folder (Landlock ABI %d)", abi);
  log_event(LOG_DEBUG, text, &number[1]);
}

/* Sandboxes the process to the folder. If links may lead anywhere, anything may be read. */
static int enter_sandbox(struct site *s)
{
  enum { MOST = 16 };
  struct landlock_folder folders[MOST] = {
      {.fd = s->root.fd, .readable = true, .writable = s->options->upload}};
  size_t sockets = 1, n = 1;
  if (s->options->no_sandbox)
    return EXIT_DONE;
  if (s->root.links == LINKS_ALL)
    folders[n++] = (struct landlock_folder){.fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
                                            .readable = true};
  n += socket_folders(s, folders + n, MOST - n);
  int abi = landlock_enter(folders, n);
  for (; sockets < n; sockets++)
    close(folders[sockets].fd);
  if (abi < 0) {
    log_error("sandbox: %s (use --no-sandbox to run without)", error_words(abi));
    return EXIT_FAILED;
  }
  log_sandbox(abi);
  return EXIT_DONE;
}

/* The run. */

static int listen_all(struct site *s)
{
  static const char *const by_default[] = {"8080", NULL};
  const char *const *texts =
      s->options->listen && s->options->listen[0] ? s->options->listen : by_default;
  int code = EXIT_DONE;
  for (; *texts && code == EXIT_DONE; texts++) {
    struct address a;
    code = run_address(&command_serve, &a, *texts, ADDRESS_NO_PORT);
    if (code == EXIT_DONE)
      code = serving_listen(&s->http.serving, &a, NULL);
  }
  return code;
}

/* Opens all that has a path: a path outside the folder cannot be opened any more in the sandbox.
 * That holds for shared libraries, too: one that is loaded on first use (TLS, compression) has to
 * be loaded here. */
static int open_all(struct site *s, const struct serve_options *o, const char *path)
{
  int code = site_open(s, o, path);
  if (code != EXIT_DONE)
    return code;
  tzset(); /* reads /etc/localtime: the log's times are local */
  const struct http_server_options http = {.head_timeout_ms = o->head_timeout_ms,
                                           .stall_ms = o->stall_ms,
                                           .limit_rate = o->limit_rate,
                                           .fields = s->fields};
  return http_serving_init(&s->http, &serve_ops, &o->serving, &http, o->upload ? 3 : 2,
                           (unsigned)cache_most_files());
}

static int serve(struct site *s, const struct serve_options *o, const char *path)
{
  int code = open_all(s, o, path);
  if (code != EXIT_DONE)
    return code;
  const struct resource_source source = {&s->root, s->types, s->control};
  cache_init(&s->cache, &source, &s->writes);
  listing_jobs_init(&s->listings, &s->http.serving.reactor, &s->writes);
  code = listen_all(s);
  if (code == EXIT_DONE) {
    announce_urls(&s->http.serving.server, "http", path);
    code = enter_sandbox(s); /* last: nothing is opened by its path after it */
  }
  code = http_serving_run(&s->http, code);
  listing_jobs_release(&s->listings);
  cache_release(&s->cache);
  return code;
}

static int run(const void *options, const char *const *operands)
{
  const struct serve_options *o = options;
  run_log(&command_serve, &o->run);
  if (operands[0] && operands[1])
    return usage_error(&command_serve, "only one folder or file can be served, not also '%s'",
                       operands[1]);
  struct site *s = calloc(1, sizeof *s);
  if (!s) {
    log_error("start: %s", error_words(UV_ENOMEM));
    return EXIT_FAILED;
  }
  int code = serve(s, o, operands[0] ? operands[0] : ".");
  site_close(s);
  free(s);
  return code;
}

static const char *const link_choices[] = {"inside", "none", "all", NULL};

static const struct option listen_options[] = {
    {.name = "listen",
     .letter = 'l',
     .type = OPTION_LIST,
     .offset = offsetof(struct serve_options, listen),
     .metavar = "LISTEN",
     .completion = COMPLETE_ADDRESSES,
     .help = "listen on LISTEN instead of 127.0.0.1:8080"},
    {.name = "index",
     .type = OPTION_TEXT,
     .offset = offsetof(struct serve_options, index),
     .metavar = "NAME",
     .value = "index.html",
     .help = "file to serve when a folder is requested"},
    {.name = "no-listing",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serve_options, no_listing),
     .help = "respond 404 for a folder without an index file"},
    {.name = "spa",
     .type = OPTION_TEXT,
     .offset = offsetof(struct serve_options, spa),
     .metavar = "FILE",
     .completion = COMPLETE_FILES,
     .help = "serve FILE to browsers (Accept: text/html) for paths without a file"},
    {.name = "hidden",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serve_options, hidden),
     .help = "also serve names that begin with a dot"},
    {.name = "follow-links",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct serve_options, links),
     .value = "inside",
     .choices = link_choices,
     .help = "which symbolic links to follow"},
    {.name = "mime-types",
     .type = OPTION_TEXT,
     .offset = offsetof(struct serve_options, mime_types),
     .metavar = "FILE",
     .completion = COMPLETE_FILES,
     .help = "read more media types from FILE, in the format of /etc/mime.types"},
    {.name = "no-sandbox",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serve_options, no_sandbox),
     .help = "do not sandbox the process to the folder (Landlock)"},
    {0},
};

static const struct option response_options[] = {
    {.name = "cache",
     .type = OPTION_TIME,
     .offset = offsetof(struct serve_options, cache_ms),
     .metavar = "TIME",
     .value = "0",
     .help = "let clients cache files for TIME; 0 makes them revalidate"},
    {.name = "header",
     .type = OPTION_LIST,
     .offset = offsetof(struct serve_options, headers),
     .metavar = "'NAME: VALUE'",
     .help = "add a header field to every response"},
    {.name = "cors",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serve_options, cors),
     .help = "let pages of other origins read responses"},
    {.name = "limit-rate",
     .type = OPTION_SIZE,
     .offset = offsetof(struct serve_options, limit_rate),
     .metavar = "SIZE",
     .value = "0",
     .help = "send at most SIZE bytes per second on each connection; 0 disables the limit"},
    {.name = "head-timeout",
     .type = OPTION_TIME,
     .offset = offsetof(struct serve_options, head_timeout_ms),
     .metavar = "TIME",
     .value = "10s",
     .help = "time limit for a request head, from its first byte"},
    {.name = "stall-timeout",
     .type = OPTION_TIME,
     .offset = offsetof(struct serve_options, stall_ms),
     .metavar = "TIME",
     .value = "6m",
     .help =
         "disconnect when no byte of a response or an upload gets through for TIME; 0 disables"},
    SERVING_IDLE_OPTION(offsetof(struct serve_options, serving.idle_ms), "30s"),
    {0},
};

static const struct option upload_options[] = {
    {.name = "upload",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serve_options, upload),
     .help = "accept files by PUT and by a form shown on listings"},
    {.name = "overwrite",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serve_options, overwrite),
     .help = "let an upload replace an existing file"},
    {.name = "max-upload",
     .type = OPTION_SIZE,
     .offset = offsetof(struct serve_options, max_upload),
     .metavar = "SIZE",
     .value = "1G",
     .help = "size limit for one request's body; 0 disables the limit"},
    {.name = "auth",
     .type = OPTION_TEXT,
     .offset = offsetof(struct serve_options, auth),
     .metavar = "USER:WHERE",
     .help = "require USER and a password, read from the environment variable WHERE, or from the "
             "file WHERE if it has a slash"},
    {.name = "auth-upload",
     .type = OPTION_TEXT,
     .offset = offsetof(struct serve_options, auth_upload),
     .metavar = "USER:WHERE",
     .help = "require this password for uploads only"},
    {0},
};

const struct command command_serve = {
    .name = "serve",
    .summary = "share a folder, or a file, over HTTP",
    .synopsis = (const char *const[]){"serve [OPTIONS] [DIR|FILE]", NULL},
    .description =
        "Serves the files in DIR on 127.0.0.1:8080; DIR defaults to the current folder. Or serves "
        "one FILE, at / and at its name. A folder shows its index.html or a listing, as JSON with "
        "?json. Range and conditional requests work, and so do precompressed files (name.br, "
        "name.zst, name.gz).\n"
        "\n"
        "Nothing outside DIR is sent: symbolic links are followed only inside it. Names that begin "
        "with a dot are not served, except .well-known. On Linux the process gives up access to "
        "the rest of the file system once it has started.\n"
        "\n"
        "Each request is logged to stderr in the Common Log Format, with referer, user agent and "
        "seconds.",
    .groups =
        (const struct option_group[]){
            {"Options", listen_options, 0},
            {"Response options", response_options, 0},
            {"Upload options", upload_options, 0},
            {"Server options", serving_option_table, offsetof(struct serve_options, serving)},
            {"Log options", run_option_table, offsetof(struct serve_options, run)},
            {0},
        },
    .options_size = sizeof(struct serve_options),
    .examples =
        (const struct example[]){
            {"anet serve", "share the current folder on http://127.0.0.1:8080/"},
            {"anet serve ./dir -l :8000", "on every interface, to the whole network"},
            {"anet serve report.pdf -l 0", "one file, on a free port"},
            {"anet serve --upload --auth me:PASSWORD .", "accept uploads, protected by $PASSWORD"},
            {"anet serve --spa index.html --cache 1h dist", "a web application"},
            {0},
        },
    .exits = (const struct example[]){{"23", "stdout cannot be written"}, {0}},
    .operands = COMPLETE_FILES,
    .run = run,
};
