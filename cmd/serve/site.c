#include "cmd/serve/site.h"

#include "core/base/log.h"
#include "core/http/message/character.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_FIELDS = 16 * 1024 };

/* What the options mean. */

/* Fields that serve sets itself: a second one would contradict it. */
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

/* The prefix of those that --cors sets. */
static const char cors_fields[] = "Access-Control-";

/* Adds the `Name: value` of a --header. */
static int add_header(struct site *s, struct buffer *lines, const char *header)
{
  const char *colon = strchr(header, ':');
  struct span name = {header, colon ? (size_t)(colon - header) : 0};
  if (!colon || !http_is_token(name))
    return usage_error(&command_serve, "--header '%s': expected 'Name: value'", header);
  struct span value = span_of(colon + 1 + strspn(colon + 1, " \t"));
  if (!http_is_field_value(value))
    return usage_error(&command_serve,
                       "--header '%.*s': the value has a control character or ends "
                       "in a space",
                       (int)name.length, name.data);
  for (size_t i = 0; i < sizeof own_fields / sizeof *own_fields; i++)
    if (span_is_nocase(name, own_fields[i]))
      return usage_error(&command_serve, "--header '%s': the server sets this field itself",
                         own_fields[i]);
  if (s->options->cors && strncasecmp(header, cors_fields, sizeof cors_fields - 1) == 0)
    return usage_error(&command_serve, "--header '%.*s': --cors sets this field", (int)name.length,
                       name.data);
  if (span_is_nocase(name, "Cache-Control"))
    s->control[0] = '\0';
  if (buffer_printf(lines, "%.*s: %.*s\r\n", (int)name.length, name.data, (int)value.length,
                    value.data))
    return run_no_memory();
  return EXIT_DONE;
}

static int make_fields(struct site *s)
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
    code = run_no_memory();
  for (const char *const *h = o->headers; h && *h && code == EXIT_DONE; h++)
    code = add_header(s, &lines, *h);
  if (code == EXIT_DONE && lines.length > LONGEST_FIELDS)
    code = usage_error(&command_serve, "--header: more than %d bytes in all", LONGEST_FIELDS);
  s->fields = buffer_take_text(&lines);
  return code == EXIT_DONE && !s->fields ? run_no_memory() : code;
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
    return usage_error(&command_serve, "--index '%.300s': expected a plain file name", o->index);
  if ((o->overwrite || o->auth_upload) && !o->upload)
    return usage_error(&command_serve, "--%s needs --upload",
                       o->overwrite ? "overwrite" : "auth-upload");
  return EXIT_DONE;
}

/* Whether the path stays in the folder by its text alone; links are not looked at. */
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

static int check_spa(const struct site *s, const char *folder)
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

static int load(struct site *s, const char *path)
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

int site_open(struct site *s, const struct serve_options *options, const char *path)
{
  s->options = options;
  s->root.fd = -1;
  return load(s, path);
}

void site_close(struct site *s)
{
  media_types_free(s->types);
  document_root_close(&s->root);
  basic_auth_release(&s->auth);
  basic_auth_release(&s->auth_upload);
  free(s->fields);
}
