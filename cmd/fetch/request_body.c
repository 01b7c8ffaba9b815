#include "cmd/fetch/request_body.h"

#include "cmd/fetch/body_stream.h"
#include "cmd/fetch/options.h"
#include "cmd/fetch/request_head.h"
#include "core/base/writer.h"
#include "core/http/message/fields.h"
#include "core/http/message/parameter.h"
#include "core/os/file_read.h"
#include "core/stream/producer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum {
  MOST_COLLECTED = 1024 * 1024, /* of a pipe, before it is a stream */
  COLLECTED_AT_ONCE = 64 * 1024,
};

/* Bytes, part of a file, or a stream: the other pointers are NULL. */
struct body_piece {
  struct list link;
  struct shared_bytes *bytes;
  struct shared_file *file;
  struct body_stream *stream;
  int64_t offset;
  uint64_t length; /* 0 for a stream in chunks */
};

static int no_memory(struct error *e)
{
  return error_set(e, UV_ENOMEM, "request body");
}

static int add(struct request_body *b, const struct body_piece *like, struct error *e)
{
  struct body_piece *piece = malloc(sizeof *piece);
  if (!piece || (!like->bytes && !like->file && !like->stream)) {
    if (like->bytes)
      shared_bytes_drop(like->bytes);
    if (like->file)
      shared_file_drop(like->file);
    body_stream_free(like->stream);
    free(piece);
    return no_memory(e);
  }
  *piece = *like;
  list_init(&piece->link);
  list_append(&b->pieces, &piece->link);
  b->length += piece->length;
  return 0;
}

static int add_bytes(struct request_body *b, const void *data, size_t n, struct error *e)
{
  if (n == 0)
    return 0;
  const struct body_piece piece = {.bytes = shared_bytes_new(data, n), .length = n};
  return add(b, &piece, e);
}

/* Whether the file itself can be sent, and again: a regular file, but not one of /proc, which is
 * made while it is read and has size 0. 1, 0, or a negative errno. */
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

/* `path` is the user's, `-` for stdin. A descriptor, or a negative errno. `*again` says whether the
 * file itself can be sent, and again. */
static int open_source(const char *path, struct stat *st, bool *again)
{
  int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return -errno;
  int result = fstat(fd, st) < 0 ? -errno : stays(fd, st);
  *again = result == 1;
  if (result >= 0)
    return fd;
  close(fd);
  return result;
}

static int add_whole_file(struct request_body *b, int fd, const struct stat *st, struct error *e)
{
  off_t at = lseek(fd, 0, SEEK_CUR); /* a shell may have read the start of stdin */
  if (at < 0)
    at = 0;
  if (at > st->st_size)
    at = st->st_size;
  struct body_piece piece = {.offset = at, .length = (uint64_t)(st->st_size - at)};
  piece.file = shared_file_new(fd, st);
  return add(b, &piece, e);
}

/* Takes over `fd`. */
static int add_stream(struct request_body *b, int fd, const char *name, struct error *e)
{
  uint64_t length = BODY_STREAM_ANY_LENGTH;
  if (b->promised > 0 && b->promised >= b->length)
    length = b->promised - b->length;
  struct body_piece piece = {.stream = body_stream_new(fd, name, length)};
  b->streams = true;
  b->chunked = length == BODY_STREAM_ANY_LENGTH;
  piece.length = b->chunked ? 0 : length;
  return add(b, &piece, e);
}

/* Reads up to MOST_COLLECTED bytes, and what follows them is a stream. A server need then not take
 * chunks for the usual short input, and a redirect or retry can have it again. Takes over `fd`. */
static int collect(struct request_body *b, int fd, const char *name, struct error *e)
{
  struct buffer bytes = {0};
  ssize_t n = 1;
  int err = 0;
  while (!err && n > 0 && bytes.length < MOST_COLLECTED) {
    uint8_t *room = buffer_reserve(&bytes, COLLECTED_AT_ONCE);
    n = room ? file_read(fd, room, COLLECTED_AT_ONCE) : UV_ENOMEM;
    if (n > 0)
      buffer_commit(&bytes, (size_t)n);
    else if (n < 0)
      err = error_set(e, (int)n, "read %s", name);
  }
  if (!err)
    err = add_bytes(b, buffer_data(&bytes), bytes.length, e);
  buffer_release(&bytes);
  if (!err && n > 0)
    return add_stream(b, fd, name, e);
  close(fd);
  return err;
}

static int add_file(struct request_body *b, const char *path, struct error *e)
{
  struct stat st = {0};
  bool is_stdin = strcmp(path, "-") == 0, again = false;
  const char *name = is_stdin ? "stdin" : path;
  if (is_stdin && b->reads_stdin)
    return error_say(e, UV_EINVAL, "stdin can be read only once");
  b->reads_stdin = b->reads_stdin || is_stdin;
  int fd = open_source(path, &st, &again);
  if (fd < 0)
    return error_set(e, fd, "read %s", name);
  if (again)
    return add_whole_file(b, fd, &st, e);
  bool at_once = b->is_upload && !S_ISREG(st.st_mode);
  return at_once ? add_stream(b, fd, name, e) : collect(b, fd, name, e);
}

/* DATA, or @FILE. */
static int add_data(struct request_body *b, const char *text, struct error *e)
{
  return text[0] == '@' ? add_file(b, text + 1, e) : add_bytes(b, text, strlen(text), e);
}

static int make_data(struct request_body *b, const char *const *data, const char *between,
                     struct error *e)
{
  int err = 0;
  for (size_t i = 0; data[i] && !err; i++) {
    if (i > 0)
      err = add_bytes(b, between, strlen(between), e);
    if (!err)
      err = add_data(b, data[i], e);
  }
  return err;
}

/* -F: NAME=VALUE, or NAME=@FILE with parameters after semicolons. */

struct form_part {
  struct span name;
  const char *value;     /* the text after the equals sign */
  char *path;            /* of a file, without the parameters; owned. NULL for a value */
  struct span type;      /* `;type=`, data NULL without */
  struct span file_name; /* `;filename=`, data NULL without */
};

static int bad_form(const char *text, const char *why, struct error *e)
{
  return error_say(e, UV_EINVAL, "--form '%.100s': %s", text, why);
}

/* Reads the parameter at `s`, which begins with a semicolon, and returns its end. NULL for an
 * unknown one: then the semicolon belongs to the file name. */
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
  part->name = span_between(text, equals);
  if (equals[1] != '@')
    return 0;
  const char *path = equals + 2, *stop = path, *after = NULL;
  while (*stop && !(*stop == ';' && (after = take_parameter(part, stop)) != NULL))
    stop++;
  while (after && *after && (after = take_parameter(part, after)) != NULL)
    ;
  if (*stop && !after)
    return bad_form(text, "only ;type= and ;filename= may follow the file", e);
  if (stop == path)
    return bad_form(text, "the file name is missing", e);
  if (part->type.data && !http_is_field_value(part->type))
    return bad_form(text, "not a media type", e);
  part->path = strndup(path, (size_t)(stop - path));
  return part->path ? 0 : no_memory(e);
}

/* The inside of a quoted name, escaped as browsers do (RFC 7578 2 and WHATWG's HTML). */
static void put_name(struct writer *w, struct span name)
{
  for (size_t i = 0; i < name.length; i++) {
    char c = name.data[i];
    if (c == '"' || c == '\r' || c == '\n')
      writer_format(w, "%%%02X", (unsigned char)c);
    else
      writer_bytes(w, &c, 1);
  }
}

static const char *last_part(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static void put_part_head(struct writer *w, const struct form_part *part, const char *boundary)
{
  writer_format(w, "--%s\r\nContent-Disposition: form-data; name=\"", boundary);
  put_name(w, part->name);
  if (part->path) {
    writer_text(w, "\"; filename=\"");
    put_name(w, part->file_name.data ? part->file_name : span_of(last_part(part->path)));
    writer_text(w, "\"\r\nContent-Type: ");
    writer_span(w, part->type.data ? part->type : span_of("application/octet-stream"));
    writer_text(w, "\r\n\r\n");
  } else {
    writer_text(w, "\"\r\n\r\n");
  }
}

static int add_part_head(struct request_body *b, const struct form_part *part, const char *boundary,
                         struct error *e)
{
  struct buffer head = {0};
  struct writer w;
  writer_init(&w, &head);
  put_part_head(&w, part, boundary);
  int err = w.error ? no_memory(e) : add_bytes(b, buffer_data(&head), head.length, e);
  buffer_release(&head);
  return err;
}

static int add_part(struct request_body *b, const char *text, const char *boundary, struct error *e)
{
  struct form_part part;
  int err = parse_part(&part, text, e);
  if (!err)
    err = add_part_head(b, &part, boundary, e);
  if (!err && part.path)
    err = add_file(b, part.path, e);
  else if (!err)
    err = add_bytes(b, part.value, strlen(part.value), e);
  if (!err)
    err = add_bytes(b, "\r\n", 2, e);
  free(part.path);
  return err;
}

/* RFC 2046 5.1.1. */
static bool is_boundary(const char *s)
{
  static const char characters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "'()+_,-./:=? ";
  size_t n = strlen(s);
  return n > 0 && s[n - 1] != ' ' && strspn(s, characters) == n;
}

/* Chooses the boundary: that of -H Content-Type, or random digits. */
static int choose_boundary(struct request_body *b, const struct fetch_options *o, struct error *e)
{
  static const char multipart[] = "multipart/";
  struct span own = request_head_own(o, "content-type");
  uint64_t random[2];
  b->adds_boundary = own.data && own.length >= strlen(multipart) &&
                     strncasecmp(own.data, multipart, strlen(multipart)) == 0;
  if (b->adds_boundary && http_has_parameter(own, "boundary")) {
    b->adds_boundary = false;
    if (http_parameter(own, "boundary", b->boundary, sizeof b->boundary) &&
        is_boundary(b->boundary))
      return 0;
    return error_say(e, UV_EINVAL, "--header 'Content-Type...': not a boundary (RFC 2046 5.1.1)");
  }
  int err = uv_random(NULL, NULL, random, sizeof random, 0, NULL);
  if (err)
    return error_set(e, err, "random bytes for --form");
  snprintf(b->boundary, sizeof b->boundary, "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
  return 0;
}

static int make_form(struct request_body *b, const struct fetch_options *o, struct error *e)
{
  char last[sizeof b->boundary + 6], type[sizeof b->boundary + 40];
  int err = choose_boundary(b, o, e);
  for (size_t i = 0; o->form[i] && !err; i++)
    err = add_part(b, o->form[i], b->boundary, e);
  if (err)
    return err;
  snprintf(last, sizeof last, "--%s--\r\n", b->boundary);
  snprintf(type, sizeof type, "multipart/form-data; boundary=%s", b->boundary);
  b->content_type = strdup(type);
  return b->content_type ? add_bytes(b, last, strlen(last), e) : no_memory(e);
}

static int set_type(struct request_body *b, const char *type, struct error *e)
{
  b->content_type = strdup(type);
  return b->content_type ? 0 : no_memory(e);
}

int request_body_init(struct request_body *b, const struct fetch_options *o, struct error *e)
{
  *b = (struct request_body){.method = "POST"};
  list_init(&b->pieces);
  int kinds =
      (o->data[0] != NULL) + (o->form[0] != NULL) + (o->json[0] != NULL) + (o->upload != NULL);
  b->present = kinds > 0;
  if (o->length > 0 && !o->upload)
    return error_say(e, UV_EINVAL, "--length goes with --upload");
  if (kinds > 1)
    return error_say(e, UV_EINVAL, "--data, --json, --form and --upload exclude each other");
  if (o->data[0]) {
    int err = make_data(b, o->data, "&", e);
    return err ? err : set_type(b, "application/x-www-form-urlencoded", e);
  }
  if (o->form[0])
    return make_form(b, o, e);
  if (o->json[0]) {
    b->accept = "application/json";
    int err = make_data(b, o->json, "", e);
    return err ? err : set_type(b, "application/json", e);
  }
  if (!o->upload)
    return 0;
  b->method = "PUT";
  b->is_upload = true;
  b->promised = o->length;
  if (strcmp(o->upload, "-") != 0)
    b->name = last_part(o->upload);
  int err = add_file(b, o->upload, e);
  if (!err && o->length > 0 && b->length != o->length)
    err = error_say(e, UV_EINVAL, "--length %" PRIu64 ": %s has %" PRIu64 " bytes", o->length,
                    b->name ? o->upload : "stdin", b->length);
  return err;
}

static int append(struct list *producers, struct producer *p)
{
  if (!p)
    return UV_ENOMEM;
  list_append(producers, &p->link);
  return 0;
}

static int append_text(struct list *producers, const char *text)
{
  return append(producers, producer_bytes(text, strlen(text)));
}

static struct producer *piece_producer(const struct body_piece *piece)
{
  if (piece->stream)
    return body_stream_producer(piece->stream);
  return piece->bytes ? producer_shared(piece->bytes, 0, (size_t)piece->length)
                      : producer_file(piece->file, piece->offset, piece->length);
}

/* A piece as a chunk; a stream makes its own. */
static int append_chunk(struct list *producers, const struct body_piece *piece)
{
  char size[32];
  snprintf(size, sizeof size, "%" PRIx64 "\r\n", piece->length);
  int err = append_text(producers, size);
  if (!err)
    err = append(producers, piece_producer(piece));
  return err ? err : append_text(producers, "\r\n");
}

int request_body_produce(const struct request_body *b, struct list *producers)
{
  int err = 0;
  for (const struct list *node = b->pieces.next; node != &b->pieces; node = node->next) {
    const struct body_piece *piece = container_of(node, struct body_piece, link);
    if (piece->length == 0 && !piece->stream)
      continue;
    err = b->chunked && !piece->stream ? append_chunk(producers, piece)
                                       : append(producers, piece_producer(piece));
    if (err)
      return err;
  }
  return b->chunked ? append_text(producers, "0\r\n\r\n") : 0;
}

/* The next stream from `node` on; NULL after the last. */
static struct body_stream *next_stream(const struct request_body *b, const struct list **node)
{
  struct body_stream *s = NULL;
  if (!b->streams)
    return NULL;
  for (; *node != &b->pieces && !s; *node = (*node)->next)
    s = container_of(*node, struct body_piece, link)->stream;
  return s;
}

bool request_body_is_spent(const struct request_body *b)
{
  const struct list *node = b->pieces.next;
  const struct body_stream *s;
  while ((s = next_stream(b, &node)) != NULL) {
    if (body_stream_came(s) > 0)
      return true;
  }
  return false;
}

bool request_body_is_waiting(const struct request_body *b)
{
  const struct list *node = b->pieces.next;
  const struct body_stream *s;
  while ((s = next_stream(b, &node)) != NULL) {
    if (body_stream_is_waiting(s))
      return true;
  }
  return false;
}

void request_body_stop(const struct request_body *b)
{
  const struct list *node = b->pieces.next;
  struct body_stream *s;
  while ((s = next_stream(b, &node)) != NULL)
    body_stream_stop(s);
}

const struct error *request_body_error(const struct request_body *b)
{
  const struct list *node = b->pieces.next;
  const struct body_stream *s;
  while ((s = next_stream(b, &node)) != NULL) {
    if (body_stream_error(s))
      return body_stream_error(s);
  }
  return NULL;
}

void request_body_release(struct request_body *b)
{
  struct list *node;
  while (b->pieces.next && (node = list_pop(&b->pieces)) != NULL) {
    struct body_piece *piece = container_of(node, struct body_piece, link);
    if (piece->bytes)
      shared_bytes_drop(piece->bytes);
    if (piece->file)
      shared_file_drop(piece->file);
    body_stream_free(piece->stream);
    free(piece);
  }
  free(b->content_type);
}
