#include "cmd/serve/serve.h"

#include "cmd/serve/announce.h"
#include "core/base/log.h"
#include "core/os/landlock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum { LONGEST_FIELDS = 16 * 1024 };

/* What the options mean. */

/* The fields that an answer has from us alone: a second one would say something else. */
static const char *const own_fields[] = {"Accept-Ranges",
                                         "Allow",
                                         "Connection",
                                         "Content-Encoding",
                                         "Content-Length",
                                         "Content-Range",
                                         "Content-Type",
                                         "Date",
                                         "ETag",
                                         "Last-Modified",
                                         "Location",
                                         "Server",
                                         "Trailer",
                                         "Transfer-Encoding",
                                         "Upgrade",
                                         "Vary",
                                         "WWW-Authenticate"};

/* And those that --cors sets. */
static const char cors_fields[] = "Access-Control-";

/* Adds a `Name: value` of --header to the lines of every answer. */
static int add_header(struct serve *s, struct buffer *lines, const char *header)
{
  const char *colon = strchr(header, ':');
  struct span name = {header, colon ? (size_t)(colon - header) : 0};
  if (!colon || !http_is_token(name))
    return usage_error(&command_serve, "--header '%s': it reads 'Name: value'", header);
  struct span value = span_of(colon + 1 + strspn(colon + 1, " \t"));
  if (!http_is_field_value(value))
    return usage_error(&command_serve,
                       "--header '%.*s': the value has a control character or ends "
                       "in a space",
                       (int)name.length, name.data);
  for (size_t i = 0; i < sizeof own_fields / sizeof *own_fields; i++)
    if (span_is_nocase(name, own_fields[i]))
      return usage_error(&command_serve, "--header '%s': the server sets that one itself",
                         own_fields[i]);
  if (s->options->cors && strncasecmp(header, cors_fields, sizeof cors_fields - 1) == 0)
    return usage_error(&command_serve, "--header '%.*s': --cors sets that one", (int)name.length,
                       name.data);
  if (span_is_nocase(name, "Cache-Control"))
    s->control[0] = '\0';
  if (buffer_printf(lines, "%.*s: %.*s\r\n", (int)name.length, name.data, (int)value.length,
                    value.data))
    return EXIT_FAILED;
  return EXIT_DONE;
}

static int make_fields(struct serve *s)
{
  const struct serve_options *o = s->options;
  struct buffer lines = {0};
  int code = EXIT_DONE;
  if (o->cache_ms >= 1000)
    snprintf(s->control, sizeof s->control, "Cache-Control: max-age=%" PRIu64 "\r\n",
             o->cache_ms / 1000);
  else
    snprintf(s->control, sizeof s->control, "Cache-Control: no-cache\r\n");
  if (o->cors && buffer_printf(&lines, "Access-Control-Allow-Origin: *\r\n"
                                       "Access-Control-Expose-Headers: Accept-Ranges, "
                                       "Content-Encoding, Content-Length, Content-Range, ETag\r\n"))
    code = EXIT_FAILED;
  for (const char *const *h = o->headers; h && *h && code == EXIT_DONE; h++)
    code = add_header(s, &lines, *h);
  if (code == EXIT_DONE && lines.length > LONGEST_FIELDS)
    code = usage_error(&command_serve, "--header: all of them together are over %d bytes",
                       LONGEST_FIELDS);
  s->fields = buffer_take_text(&lines);
  return code == EXIT_DONE && !s->fields ? EXIT_FAILED : code;
}

static int load_auth(struct basic_auth *auth, const char *option, const char *spec)
{
  struct error e;
  if (!spec || basic_auth_load(auth, spec, &e) == 0)
    return EXIT_DONE;
  return usage_error(&command_serve, "--%s: %s", option, e.text);
}

static int check_names(const struct serve_options *o)
{
  if (!o->index[0] || strchr(o->index, '/') || strlen(o->index) > 255 ||
      strcmp(o->index, ".") == 0 || strcmp(o->index, "..") == 0)
    return usage_error(&command_serve, "--index '%.300s': the name of a file in each folder",
                       o->index);
  if ((o->overwrite || o->auth_upload) && !o->upload)
    return usage_error(&command_serve, "--%s needs --upload",
                       o->overwrite ? "overwrite" : "auth-upload");
  return EXIT_DONE;
}

/* Whether it stays beneath the folder by what it says alone, wherever links may lead. */
static bool is_beneath(const char *path)
{
  if (path[0] == '/')
    return false;
  for (const char *s = path; *s; s += strspn(s, "/")) {
    size_t n = strcspn(s, "/");
    if (n == 2 && memcmp(s, "..", 2) == 0)
      return false;
    s += n;
  }
  return true;
}

static int check_spa(const struct serve *s, const char *folder)
{
  struct stat st;
  const char *spa = s->options->spa;
  int fd = spa && is_beneath(spa) ? document_root_open_path(&s->root, spa, &st) : -1;
  if (fd >= 0)
    close(fd);
  if (!spa || (fd >= 0 && S_ISREG(st.st_mode)))
    return EXIT_DONE;
  return usage_error(&command_serve, "--spa '%s': no such file in %s", spa, folder);
}

/* Opens what is served, and reads what the options name. */
static int prepare(struct serve *s, const char *path)
{
  const struct serve_options *o = s->options;
  struct error e;
  int code = check_names(o);
  if (code == EXIT_DONE)
    code = make_fields(s);
  if (code == EXIT_DONE)
    code = load_auth(&s->auth, "auth", o->auth);
  if (code == EXIT_DONE)
    code = load_auth(&s->auth_upload, "auth-upload", o->auth_upload);
  if (code != EXIT_DONE)
    return code;
  if (document_root_open(&s->root, path, (enum link_policy)o->links, o->hidden, &e)) {
    log_error("%s", e.text);
    return EXIT_FAILED;
  }
  if (o->upload && s->root.only)
    return usage_error(&command_serve, "--upload needs a folder, and '%s' is a file", path);
  code = check_spa(s, path);
  if (code != EXIT_DONE)
    return code;
  s->types = media_types_load(o->mime_types, &e);
  if (!s->types) {
    log_error("%s", e.text);
    return EXIT_FAILED;
  }
  return EXIT_DONE;
}

static void release(struct serve *s)
{
  media_types_free(s->types);
  document_root_close(&s->root);
  basic_auth_release(&s->auth);
  basic_auth_release(&s->auth_upload);
  free(s->fields);
}

/* The sandbox. */

/* The folders of unix listeners: their sockets are removed at the end. */
static size_t socket_folders(const struct serve *s, struct landlock_folder *folders, size_t most)
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

/* Shuts the process into the folder. With links that may lead anywhere, anything may be read. */
static int enter_sandbox(struct serve *s)
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
  int version = landlock_enter(folders, n);
  for (; sockets < n; sockets++)
    close(folders[sockets].fd);
  if (version < 0) {
    log_error("sandbox: %s (--no-sandbox leaves it out)", error_words(version));
    return EXIT_FAILED;
  }
  struct log_field fields[] = {{.name = "landlock", .number = (uint64_t)version}, {0}};
  log_event(LOG_DEBUG,
            version ? "shut into the folder:" : "no sandbox, the kernel has none:", fields);
  return EXIT_DONE;
}

/* The run. */

static int listen_all(struct serve *s)
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

static int serve(struct serve *s, const char *path)
{
  const struct serve_options *o = s->options;
  int code = prepare(s, path);
  if (code != EXIT_DONE)
    return code;
  const struct http_server_options http = {
      .head_timeout_ms = o->head_timeout_ms, .limit_rate = o->limit_rate, .fields = s->fields};
  code = http_serving_init(&s->http, &serve_ops, &o->serving, &http, o->upload ? 3 : 2,
                           (unsigned)cache_most_files());
  if (code != EXIT_DONE)
    return code;
  tzset(); /* before the sandbox: the log's times are local */
  const struct resource_source source = {&s->root, s->types, s->control};
  cache_init(&s->cache, &source);
  listing_jobs_init(&s->listings, &s->http.serving.reactor);
  code = listen_all(s);
  if (code == EXIT_DONE) {
    announce_urls(&s->http.serving.server, "http", path);
    code = enter_sandbox(s);
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
    return usage_error(&command_serve, "one folder or file at a time, not also '%s'", operands[1]);
  struct serve *s = calloc(1, sizeof *s);
  if (!s) {
    log_error("start: %s", error_words(UV_ENOMEM));
    return EXIT_FAILED;
  }
  s->options = o;
  s->root.fd = -1;
  int code = serve(s, operands[0] ? operands[0] : ".");
  release(s);
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
     .help = "listen there instead of on 127.0.0.1:8080"},
    {.name = "index",
     .type = OPTION_TEXT,
     .offset = offsetof(struct serve_options, index),
     .metavar = "NAME",
     .value = "index.html",
     .help = "the file that stands for its folder"},
    {.name = "no-listing",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serve_options, no_listing),
     .help = "a folder without index is 404"},
    {.name = "spa",
     .type = OPTION_TEXT,
     .offset = offsetof(struct serve_options, spa),
     .metavar = "FILE",
     .completion = COMPLETE_FILES,
     .help = "answer with FILE for paths that have no file and no extension"},
    {.name = "hidden",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serve_options, hidden),
     .help = "serve names that begin with a dot, too"},
    {.name = "follow-links",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct serve_options, links),
     .value = "inside",
     .choices = link_choices,
     .help = "which symbolic links are followed"},
    {.name = "mime-types",
     .type = OPTION_TEXT,
     .offset = offsetof(struct serve_options, mime_types),
     .metavar = "FILE",
     .completion = COMPLETE_FILES,
     .help = "more media types, in the form of /etc/mime.types"},
    {.name = "no-sandbox",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serve_options, no_sandbox),
     .help = "do not shut the process into the folder (Landlock)"},
    {0},
};

static const struct option answer_options[] = {
    {.name = "cache",
     .type = OPTION_TIME,
     .offset = offsetof(struct serve_options, cache_ms),
     .metavar = "SECONDS",
     .value = "0",
     .help = "files may be kept so long without asking again; 0 is no-cache"},
    {.name = "header",
     .type = OPTION_LIST,
     .offset = offsetof(struct serve_options, headers),
     .metavar = "'NAME: VALUE'",
     .help = "add a field to every answer"},
    {.name = "cors",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serve_options, cors),
     .help = "let pages of other origins read the answers"},
    {.name = "limit-rate",
     .type = OPTION_SIZE,
     .offset = offsetof(struct serve_options, limit_rate),
     .metavar = "SIZE",
     .value = "0",
     .help = "send at most SIZE bytes a second on each connection; 0 is no limit"},
    {.name = "head-timeout",
     .type = OPTION_TIME,
     .offset = offsetof(struct serve_options, head_timeout_ms),
     .metavar = "TIME",
     .value = "10s",
     .help = "a request's head must be whole so long after its first byte"},
    SERVING_IDLE_OPTION(offsetof(struct serve_options, serving.idle_ms), "30s"),
    {0},
};

static const struct option upload_options[] = {
    {.name = "upload",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serve_options, upload),
     .help = "take files: PUT, and POST of a form, which listings then have"},
    {.name = "overwrite",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serve_options, overwrite),
     .help = "let an upload replace the file of its name"},
    {.name = "max-upload",
     .type = OPTION_SIZE,
     .offset = offsetof(struct serve_options, max_upload),
     .metavar = "SIZE",
     .value = "1G",
     .help = "the most that one request may bring; 0 is no limit"},
    {.name = "auth",
     .type = OPTION_TEXT,
     .offset = offsetof(struct serve_options, auth),
     .metavar = "USER:WHERE",
     .help = "ask for a password: in the environment variable WHERE, or the file, with a slash"},
    {.name = "auth-upload",
     .type = OPTION_TEXT,
     .offset = offsetof(struct serve_options, auth_upload),
     .metavar = "USER:WHERE",
     .help = "the same for uploads only"},
    {0},
};

const struct command command_serve = {
    .name = "serve",
    .summary = "share a folder, or a file, over HTTP",
    .synopsis = (const char *const[]){"serve [OPTIONS] [DIR|FILE]", NULL},
    .description =
        "Serves the files beneath DIR, the current folder if there is none, on 127.0.0.1:8080; or "
        "one FILE, at / and at its name. Folders show their index.html or a listing, which "
        "?json gives as JSON. Ranges, conditions and files compressed beforehand (name.br, "
        "name.zst, name.gz) are heeded.\n"
        "\n"
        "Nothing outside DIR is ever sent: symbolic links are followed only inside it, names that "
        "begin with a dot are not served but .well-known, and on Linux the process gives up the "
        "rest of the file system after its start.\n"
        "\n"
        "Each request leaves a line on stderr, in the Common Log Format with referer, agent and "
        "seconds.",
    .groups =
        (const struct option_group[]){
            {"Options", listen_options, 0},
            {"Answer options", answer_options, 0},
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
            {"anet serve --upload --auth me:PASSWORD .", "take files from who knows $PASSWORD"},
            {"anet serve --spa index.html --cache 1h dist", "a web application"},
            {0},
        },
    .exits = (const struct example[]){{"23", "stdout cannot be written"}, {0}},
    .operands = COMPLETE_FILES,
    .run = run,
};
