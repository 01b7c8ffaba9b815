#include "cmd/fetch/plan.h"

#include "cmd/fetch/host.h"
#include "cmd/fetch/report.h"
#include "cmd/fetch/request_head.h"
#include "core/base/log.h"
#include "core/os/file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int check_files(const struct fetch_plan *p)
{
  const struct fetch_options *o = p->options;
  if (o->output && (o->remote_name || o->directory))
    return usage_error(&command_fetch, "--output does not go with --remote-name or --directory");
  if (o->output && p->count > 1)
    return usage_error(&command_fetch,
                       "--output is for one URL: for several, use --remote-name or --directory");
  if (o->parallel > 1 && p->count > 1 && !goes_to_files(o))
    return usage_error(
        &command_fetch,
        "--parallel needs files (--remote-name or --directory): stdout would mix the "
        "bodies");
  return EXIT_DONE;
}

/* A partial file needs a plain GET: the rest of it must be the same bytes. */
static int check_parts(const struct fetch_plan *p)
{
  const struct fetch_options *o = p->options;
  const char *name = o->resume ? "--continue" : "--keep-partial";
  if (!o->resume && !o->keep_partial)
    return EXIT_DONE;
  if (!goes_to_files(o))
    return usage_error(&command_fetch, "%s needs a file: --output, --remote-name or --directory",
                       name);
  if (p->raw || o->include || o->head || o->error_body)
    return usage_error(&command_fetch,
                       "%s does not go with --raw, --include, --head or --error-body", name);
  if (o->range || request_head_has_own(o, "range") || request_head_has_own(o, "if-range") ||
      request_head_has_own(o, "accept-encoding"))
    return usage_error(&command_fetch,
                       "%s sets the range itself: it does not go with --range, nor with "
                       "--header Range, If-Range or Accept-Encoding",
                       name);
  if (p->body.present || (o->method && strcmp(o->method, "GET") != 0))
    return usage_error(&command_fetch, "%s works only with GET", name);
  return EXIT_DONE;
}

/* --newer and --no-clobber are about a file that is there. */
static int check_older(const struct fetch_plan *p)
{
  const struct fetch_options *o = p->options;
  const char *name = o->newer ? "--newer" : "--no-clobber";
  if (!o->newer && !o->no_clobber)
    return EXIT_DONE;
  if (!goes_to_files(o))
    return usage_error(&command_fetch, "%s needs a file: --output, --remote-name or --directory",
                       name);
  if (!o->newer)
    return EXIT_DONE;
  if (o->no_clobber)
    return usage_error(&command_fetch, "--newer and --no-clobber exclude each other");
  if (p->raw || o->include || o->head || o->error_body || o->range ||
      request_head_has_own(o, "range") || p->body.present ||
      (o->method && strcmp(o->method, "GET") != 0))
    return usage_error(&command_fetch,
                       "--newer works only with a GET of the whole file: it does not go with "
                       "--raw, --include, --head, --error-body or --range");
  if (request_head_has_own(o, "if-modified-since") || request_head_has_own(o, "if-none-match"))
    return usage_error(&command_fetch, "--newer sets the condition itself: it does not go with "
                                       "--header If-Modified-Since or If-None-Match");
  return EXIT_DONE;
}

static int check_checksum(struct fetch_plan *p)
{
  struct error e;
  if (!p->options->checksum)
    return EXIT_DONE;
  if (checksum_parse(&p->checksum, p->options->checksum, &e))
    return complain(&e);
  if (p->count > 1)
    return usage_error(&command_fetch, "--checksum is for one URL");
  if (p->raw && !p->options->body_only)
    return usage_error(&command_fetch, "--checksum needs --body here");
  return EXIT_DONE;
}

/* What is read while it is sent. */
static int check_stream(const struct fetch_plan *p)
{
  if (p->body.chunked && (p->raw || p->options->http10))
    return usage_error(&command_fetch, "HTTP/1.0 has no body of unknown length: say it with "
                                       "--length, or upload a file");
  if (p->body.streams && p->count > 1)
    return usage_error(&command_fetch,
                       "what comes from a pipe can be sent only once: give one URL, or a file");
  return EXIT_DONE;
}

static int check(struct fetch_plan *p)
{
  const struct fetch_options *o = p->options;
  struct error e;
  if (o->include && o->body_only)
    return usage_error(&command_fetch, "--include and --body exclude each other");
  if (request_head_check(o, &e))
    return complain(&e);
  if (o->head && (p->body.present || o->method))
    return usage_error(&command_fetch, "--head does not go with --method or a request body");
  int code = check_stream(p);
  if (code == EXIT_DONE)
    code = check_files(p);
  if (code == EXIT_DONE)
    code = check_parts(p);
  if (code == EXIT_DONE)
    code = check_older(p);
  return code == EXIT_DONE ? check_checksum(p) : code;
}

/* The format of --write-out. */

/* Reads all of `fd`, with a NUL behind it. 0 or a negative errno. */
static int read_all(int fd, struct buffer *out)
{
  enum { MOST = 1024 * 1024 };
  char piece[4096];
  ssize_t n;
  int err = 0;
  while (!err && (n = file_read(fd, piece, sizeof piece)) > 0)
    err = out->length < MOST ? buffer_append(out, piece, (size_t)n) : UV_E2BIG;
  return err ? err : (int)n;
}

static int read_format_file(struct fetch_plan *p, const char *path)
{
  struct buffer text = {0};
  bool is_stdin = strcmp(path, "-") == 0;
  if (is_stdin && p->body.reads_stdin)
    return usage_error(&command_fetch, "--write-out @-: stdin can be read only once");
  int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  int err = fd < 0 ? -errno : read_all(fd, &text);
  if (fd >= 0 && !is_stdin)
    close(fd);
  p->format = err ? NULL : buffer_take_text(&text);
  buffer_release(&text);
  if (p->format)
    return EXIT_DONE;
  log_error("--write-out: read %s: %s", is_stdin ? "stdin" : path,
            error_words(err ? err : UV_ENOMEM));
  return EXIT_FAILED;
}

/* `@FILE`, but `@@...` is a text as it stands: scripts that ran before @FILE was known use it. An
 * unknown variable is left out, as in curl: a newer or older format still works. */
static int read_format(struct fetch_plan *p)
{
  const char *format = p->options->write_out;
  struct error e;
  int code = EXIT_DONE;
  if (!format)
    return EXIT_DONE;
  if (format[0] == '@' && format[1] != '@')
    code = read_format_file(p, format + 1);
  else if (!(p->format = strdup(format)))
    code = no_memory();
  const char *at = p->format;
  while (code == EXIT_DONE && report_check(&at, &e))
    log_event(LOG_INFO, "warning", (const struct log_field[]){{.name = "of", .text = e.text}, {0}});
  return code;
}

/* The operands. */

static bool is_path(const char *s)
{
  return s[0] == '/' || strcmp(s, "*") == 0;
}

/* Makes a URL of HOST PATH. HOST is a name or an address, with or without a port, a port alone, or
 * unix:PATH. */
static int join(struct fetch_plan *p, const char *host, const char *path)
{
  struct buffer url = {0};
  int code = EXIT_DONE, err;
  if (strncmp(host, "unix:", 5) == 0) {
    code = run_target(&command_fetch, &p->socket, host, ADDRESS_NO_PORT);
    err = buffer_printf(&url, "http://localhost%s", path);
  } else if (host[0] && host[strspn(host, "0123456789")] == '\0') {
    err = buffer_printf(&url, "http://127.0.0.1:%s%s", host, path);
  } else {
    err = buffer_printf(&url, "%s%s", host, path);
  }
  p->whole = err ? NULL : buffer_take_text(&url);
  buffer_release(&url);
  p->texts[0] = p->whole;
  p->count = 1;
  p->raw = true;
  return code != EXIT_DONE || p->whole ? code : no_memory();
}

static int read_operands(struct fetch_plan *p, const char *const *operands)
{
  size_t count = 0;
  while (operands[count])
    count++;
  if (count == 0)
    return usage_error(&command_fetch, "missing URL, or HOST and PATH");
  p->texts = calloc(count, sizeof *p->texts);
  p->urls = calloc(count, sizeof *p->urls);
  p->paths = calloc(count, sizeof *p->paths);
  if (!p->texts || !p->urls || !p->paths)
    return no_memory();
  if (count == 2 && is_path(operands[1]))
    return join(p, operands[0], operands[1]);
  if (count == 2 && !strchr(operands[1], '.') && !strchr(operands[1], ':'))
    return usage_error(&command_fetch, "'%.100s': neither a PATH (/...) nor a URL (http://...)",
                       operands[1]);
  memcpy(p->texts, operands, count * sizeof *p->texts);
  p->count = count;
  p->raw = p->options->raw;
  return EXIT_DONE;
}

/* -T to a URL that ends in a slash adds the name of the file. */
static int add_upload_name(const struct fetch_plan *p, struct http_url *u)
{
  const char *name = p->body.name;
  bool folder = u->path_length > 0 && u->target[u->path_length - 1] == '/';
  return name && folder ? http_url_add_name(u, name) : 0;
}

static int read_url(struct fetch_plan *p, size_t i)
{
  struct http_url *u = &p->urls[i];
  struct error e;
  if (p->texts[i][0] == '\0')
    return usage_error(&command_fetch, "an empty URL");
  if (http_url_parse(u, span_of(p->texts[i]), &e))
    return complain(&e);
  int err = host_apply_idna(u, &e);
  if (err == UV_EINVAL)
    return complain(&e);
  if (!err && add_upload_name(p, u))
    return no_memory();
  if (!err)
    return EXIT_DONE;
  log_error("%s", e.text);
  return EXIT_FAILED;
}

static int read_socket(struct fetch_plan *p)
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

static int read_upload(struct fetch_plan *p)
{
  struct error e;
  int err = request_body_init(&p->body, p->options, &e);
  if (!err)
    return EXIT_DONE;
  if (err == UV_EINVAL)
    return complain(&e);
  log_error("%s", e.text);
  return EXIT_FAILED;
}

/* The files. */

static char *remote_path(const struct fetch_plan *p, const struct http_url *u)
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

/* Two transfers cannot write one file. */
static int name_file(struct fetch_plan *p, size_t i)
{
  p->paths[i] = remote_path(p, &p->urls[i]);
  if (!p->paths[i])
    return no_memory();
  for (size_t k = 0; k < i; k++) {
    if (strcmp(p->paths[k], p->paths[i]) == 0)
      return usage_error(&command_fetch, "two URLs have the same file name %s", p->paths[i]);
  }
  return EXIT_DONE;
}

/* mkdir -p. */
static int make_folder(const char *path)
{
  char *copy = strdup(path);
  if (!copy)
    return no_memory();
  int err = 0;
  for (char *at = copy; *at && !err; at++) {
    if (at[1] != '/' && at[1] != '\0')
      continue;
    char c = at[1];
    at[1] = '\0';
    err = mkdir(copy, 0777) < 0 && errno != EEXIST ? -errno : 0;
    at[1] = c;
  }
  free(copy);
  if (!err)
    return EXIT_DONE;
  log_error("make folder %s: %s", path, error_words(err));
  return EXIT_CANNOT_WRITE;
}

/* --output is opened here: a FIFO may wait for its reader, and a signal still ends the program. */
static int open_output(struct fetch_plan *p)
{
  struct error e;
  p->paths[0] = strdup(p->options->output);
  if (!p->paths[0])
    return no_memory();
  p->has_output = true;
  if (output_init(&p->output, p->paths[0], true, &e) == 0)
    return EXIT_DONE;
  log_error("%s", e.text);
  return EXIT_CANNOT_WRITE;
}

static int read_files(struct fetch_plan *p)
{
  const struct fetch_options *o = p->options;
  int code = EXIT_DONE;
  if (!goes_to_files(o))
    return EXIT_DONE;
  if (o->output)
    return open_output(p);
  for (size_t i = 0; i < p->count && code == EXIT_DONE; i++)
    code = name_file(p, i);
  return code == EXIT_DONE && o->directory ? make_folder(o->directory) : code;
}

int plan_init(struct fetch_plan *p, const struct fetch_options *o, const char *const *operands)
{
  *p = (struct fetch_plan){.options = o};
  int code = read_operands(p, operands);
  if (code == EXIT_DONE)
    code = read_upload(p);
  if (code == EXIT_DONE)
    code = check(p);
  if (code == EXIT_DONE)
    code = read_format(p);
  if (code == EXIT_DONE && !p->socket.size)
    code = read_socket(p);
  for (size_t i = 0; i < p->count && code == EXIT_DONE; i++)
    code = read_url(p, i);
  return code == EXIT_DONE ? read_files(p) : code;
}

const char *plan_method(const struct fetch_plan *p)
{
  if (p->options->method)
    return p->options->method;
  if (p->options->head)
    return "HEAD";
  return p->body.present ? p->body.method : "GET";
}

void plan_release(struct fetch_plan *p)
{
  for (size_t i = 0; i < p->count; i++) {
    http_url_release(&p->urls[i]);
    free(p->paths[i]);
  }
  free(p->texts);
  free(p->urls);
  free(p->paths);
  free(p->whole);
  free(p->format);
  request_body_release(&p->body);
  if (p->has_output)
    output_release(&p->output);
}
