#include "cmd/fetch/request_body.h"

#include "cmd/cli/page.h"
#include "cmd/fetch/options.h"
#include "core/http/message/fields.h"
#include "core/os/file_read.h"
#include "core/os/file_write.h"
#include "core/stream/producer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum { BOUNDARY_DIGITS = 32 };

/* Bytes or a part of a file: one of the two is NULL. */
struct body_piece {
  struct list link;
  struct shared_bytes *bytes;
  struct shared_file *file;
  int64_t offset;
  uint64_t length;
};

static int no_memory(struct error *e)
{
  return error_set(e, UV_ENOMEM, "the request's body");
}

static int add(struct request_body *u, const struct body_piece *like, struct error *e)
{
  struct body_piece *piece = malloc(sizeof *piece);
  if (!piece || (!like->bytes && !like->file)) {
    if (like->bytes)
      shared_bytes_drop(like->bytes);
    if (like->file)
      shared_file_drop(like->file);
    free(piece);
    return no_memory(e);
  }
  *piece = *like;
  list_init(&piece->link);
  list_append(&u->pieces, &piece->link);
  u->length += piece->length;
  return 0;
}

static int add_bytes(struct request_body *u, const void *data, size_t n, struct error *e)
{
  if (n == 0)
    return 0;
  const struct body_piece piece = {.bytes = shared_bytes_new(data, n), .length = n};
  return add(u, &piece, e);
}

/* What is no regular file may come only once, and must be there again for a redirect: it is read
 * into a file that has no name. A descriptor of that, or a negative errno. */
static int spool(int from)
{
  FILE *f = tmpfile();
  if (!f)
    return -errno;
  int fd = fcntl(fileno(f), F_DUPFD_CLOEXEC, 3), err = fd < 0 ? -errno : 0;
  char piece[64 * 1024];
  ssize_t n = 1;
  fclose(f);
  while (!err && n > 0) {
    n = file_read(from, piece, sizeof piece);
    err = n < 0 ? (int)n : file_write_all(fd, piece, (size_t)n, NULL);
  }
  if (err && fd >= 0)
    close(fd);
  else
    lseek(fd, 0, SEEK_SET);
  return err ? err : fd;
}

/* Whether it can be sent from where it is, and again: a regular file, but not one that is made as
 * it is read, as those of /proc are, which tell no size. 1, 0, or a negative errno. */
static int stays(int fd, const struct stat *st)
{
  char byte;
  if (S_ISDIR(st->st_mode))
    return UV_EISDIR;
  if (!S_ISREG(st->st_mode) || st->st_size > 0)
    return S_ISREG(st->st_mode);
  ssize_t n = pread(fd, &byte, 1, 0);
  return n < 0 ? -errno : n == 0;
}

/* `path` as the user named it, `-` for stdin. A descriptor, or a negative errno. */
static int open_source(const char *path, struct stat *st)
{
  int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return -errno;
  int result = fstat(fd, st) < 0 ? -errno : stays(fd, st);
  if (result == 1)
    return fd;
  if (result == 0)
    result = spool(fd);
  close(fd);
  if (result >= 0 && fstat(result, st) < 0) {
    close(result);
    return UV_EIO;
  }
  return result;
}

static int add_file(struct request_body *u, const char *path, struct error *e)
{
  struct stat st = {0};
  const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
  int fd = open_source(path, &st);
  if (fd < 0)
    return error_set(e, fd, "read %s", name);
  off_t at = lseek(fd, 0, SEEK_CUR); /* a shell may have read the start of its stdin */
  if (at < 0)
    at = 0;
  if (at > st.st_size)
    at = st.st_size;
  struct body_piece piece = {.offset = at, .length = (uint64_t)(st.st_size - at)};
  piece.file = shared_file_new(fd, &st);
  return add(u, &piece, e);
}

/* DATA, or @FILE. */
static int add_data(struct request_body *u, const char *text, struct error *e)
{
  return text[0] == '@' ? add_file(u, text + 1, e) : add_bytes(u, text, strlen(text), e);
}

static int make_data(struct request_body *u, const char *const *data, struct error *e)
{
  int err = 0;
  for (size_t i = 0; data[i] && !err; i++) {
    if (i > 0)
      err = add_bytes(u, "&", 1, e);
    if (!err)
      err = add_data(u, data[i], e);
  }
  return err;
}

/* -F: NAME=VALUE, or NAME=@FILE with parameters behind semicolons. */

struct form_part {
  struct span name;
  const char *value;     /* what stands behind the equals sign */
  char *path;            /* its own copy: of a file, without the parameters; NULL for a value */
  struct span type;      /* `;type=`, data NULL without */
  struct span file_name; /* `;filename=`, data NULL without */
};

static int bad_form(const char *text, const char *why, struct error *e)
{
  return error_say(e, UV_EINVAL, "--form '%.100s': %s", text, why);
}

/* The parameter at `s`, which begins with a semicolon; NULL when it is none we know: then the
 * semicolon is the name's own. */
static const char *take_parameter(struct form_part *part, const char *s)
{
  static const struct {
    const char *name;
    size_t member;
  } known[] = {{";type=", offsetof(struct form_part, type)},
               {";filename=", offsetof(struct form_part, file_name)}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    size_t n = strlen(known[i].name);
    if (strncmp(s, known[i].name, n) != 0)
      continue;
    size_t length = strcspn(s + n, ";");
    *(struct span *)((char *)part + known[i].member) = (struct span){s + n, length};
    return s + n + length;
  }
  return NULL;
}

static int parse_part(struct form_part *part, const char *text, struct error *e)
{
  const char *equals = strchr(text, '=');
  *part = (struct form_part){.value = equals ? equals + 1 : ""};
  if (!equals || equals == text)
    return bad_form(text, "not NAME=VALUE or NAME=@FILE", e);
  part->name = (struct span){text, (size_t)(equals - text)};
  if (equals[1] != '@')
    return 0;
  const char *path = equals + 2, *stop = path, *after = NULL;
  while (*stop && !(*stop == ';' && (after = take_parameter(part, stop)) != NULL))
    stop++;
  while (after && *after && (after = take_parameter(part, after)) != NULL)
    ;
  if (*stop && !after)
    return bad_form(text, "after the file come only ;type= and ;filename=", e);
  if (stop == path)
    return bad_form(text, "the name of the file is missing", e);
  if (part->type.data && !http_is_field_value(part->type))
    return bad_form(text, "a media type cannot be like that", e);
  part->path = strndup(path, (size_t)(stop - path));
  return part->path ? 0 : no_memory(e);
}

/* A name between quotes, as browsers write it (RFC 7578 2, and what WHATWG made of it). */
static void put_name(struct page *p, struct span name)
{
  for (size_t i = 0; i < name.length; i++) {
    char c = name.data[i];
    page_put(p, c == '"' || c == '\r' || c == '\n' ? "%%%02X" : "%c", (unsigned char)c);
  }
}

static const char *last_part(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static void put_part_head(struct page *p, const struct form_part *part, const char *boundary)
{
  page_put(p, "--%s\r\nContent-Disposition: form-data; name=\"", boundary);
  put_name(p, part->name);
  if (part->path) {
    struct span name = part->file_name.data ? part->file_name : span_of(last_part(part->path));
    struct span type = part->type.data ? part->type : span_of("application/octet-stream");
    page_put(p, "\"; filename=\"");
    put_name(p, name);
    page_put(p, "\"\r\nContent-Type: %.*s\r\n\r\n", (int)type.length, type.data);
  } else {
    page_put(p, "\"\r\n\r\n");
  }
}

static int add_part(struct request_body *u, const char *text, const char *boundary, struct error *e)
{
  struct form_part part;
  struct page head = {0};
  int err = parse_part(&part, text, e);
  if (!err) {
    put_part_head(&head, &part, boundary);
    err = head.err ? no_memory(e) : add_bytes(u, buffer_data(&head.text), head.text.length, e);
  }
  if (!err && part.path)
    err = add_file(u, part.path, e);
  else if (!err)
    err = add_bytes(u, part.value, strlen(part.value), e);
  if (!err)
    err = add_bytes(u, "\r\n", 2, e);
  page_release(&head);
  free(part.path);
  return err;
}

static int make_form(struct request_body *u, const char *const *form, struct error *e)
{
  char boundary[BOUNDARY_DIGITS + 1], last[BOUNDARY_DIGITS + 7], type[BOUNDARY_DIGITS + 40];
  uint64_t random[2];
  int err = uv_random(NULL, NULL, random, sizeof random, 0, NULL);
  if (err)
    return error_set(e, err, "random bytes for --form");
  snprintf(boundary, sizeof boundary, "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
  for (size_t i = 0; form[i] && !err; i++)
    err = add_part(u, form[i], boundary, e);
  if (err)
    return err;
  snprintf(last, sizeof last, "--%s--\r\n", boundary);
  snprintf(type, sizeof type, "multipart/form-data; boundary=%s", boundary);
  u->content_type = strdup(type);
  return u->content_type ? add_bytes(u, last, strlen(last), e) : no_memory(e);
}

static int set_type(struct request_body *u, const char *type, struct error *e)
{
  u->content_type = strdup(type);
  return u->content_type ? 0 : no_memory(e);
}

int request_body_init(struct request_body *u, const struct fetch_options *o, struct error *e)
{
  *u = (struct request_body){.method = "POST"};
  list_init(&u->pieces);
  int kinds = (o->data[0] != NULL) + (o->form[0] != NULL) + (o->json != NULL) + (o->upload != NULL);
  u->present = kinds > 0;
  if (kinds > 1)
    return error_say(e, UV_EINVAL, "--data, --json, --form and --upload exclude each other");
  if (o->data[0]) {
    int err = make_data(u, o->data, e);
    return err ? err : set_type(u, "application/x-www-form-urlencoded", e);
  }
  if (o->form[0])
    return make_form(u, o->form, e);
  if (o->json) {
    u->accept = "application/json";
    int err = add_data(u, o->json, e);
    return err ? err : set_type(u, "application/json", e);
  }
  if (!o->upload)
    return 0;
  u->method = "PUT";
  if (strcmp(o->upload, "-") != 0)
    u->name = last_part(o->upload);
  return add_file(u, o->upload, e);
}

int request_body_produce(const struct request_body *u, struct list *producers)
{
  for (const struct list *node = u->pieces.next; node != &u->pieces; node = node->next) {
    const struct body_piece *piece = container_of(node, struct body_piece, link);
    if (piece->length == 0)
      continue;
    struct producer *p = piece->bytes ? producer_shared(piece->bytes, 0, (size_t)piece->length)
                                      : producer_file(piece->file, piece->offset, piece->length);
    if (!p)
      return UV_ENOMEM;
    list_append(producers, &p->link);
  }
  return 0;
}

void request_body_release(struct request_body *u)
{
  struct list *node;
  while (u->pieces.next && (node = list_pop(&u->pieces)) != NULL) {
    struct body_piece *piece = container_of(node, struct body_piece, link);
    if (piece->bytes)
      shared_bytes_drop(piece->bytes);
    if (piece->file)
      shared_file_drop(piece->file);
    free(piece);
  }
  free(u->content_type);
}
