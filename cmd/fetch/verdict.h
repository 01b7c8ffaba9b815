/* What to do with a response, judged by its head. Pure. */
#ifndef ANET_CMD_FETCH_VERDICT_H
#define ANET_CMD_FETCH_VERDICT_H

#include "cmd/fetch/body_saver.h"
#include "cmd/fetch/failure.h"
#include "core/http/message/response.h"
#include "core/http/message/url.h"

/* The request, as far as it matters for the verdict. */
struct verdict_question {
  const struct http_url *url;
  const char *method;
  bool any_status;   /* any status is a success, and the response is shown as it comes */
  bool error_body;   /* save the body of an error too, ... */
  bool tries_again;  /* ... unless another try follows */
  bool follows;      /* follow redirects */
  bool decodes;      /* content codings were requested, and are decoded */
  bool own_coding;   /* the user sets Accept-Encoding, and gets the body still encoded */
  bool own_range;    /* the user sets Range */
  const char *range; /* of --range; NULL for none */
  uint64_t have;     /* the length of the partial file whose rest was requested; 0 without one */
  const char *validator; /* of that partial file */
  uint64_t size;         /* of the whole, as it was then; UINT64_MAX if unknown */
  uint64_t seems_whole;  /* the length of FILE, when what is behind it was requested; else 0 */
  uint64_t at_most;      /* FILE has this length, and the server's file no more; 0 if unknown */
  bool doubts;           /* all is requested since the server has sent what could not be used */
  bool only_newer;       /* a file that is not later than `modified` is not wanted */
  int64_t modified;      /* the time of FILE, in seconds since 1970; 0 without one */
  struct span name;      /* of the file: its bytes stay in the coding that the name says */
  bool keeps_file;       /* the body goes to a file, which a 304 leaves as it is */
};

enum verdict {
  VERDICT_SAVE,       /* save the body: `form` */
  VERDICT_COMPLETE,   /* the partial file is the whole file */
  VERDICT_NOTHING,    /* nothing to save: a success, `why` */
  VERDICT_FOLLOW,     /* follow the redirect to `to`, which is to be released */
  VERDICT_START_OVER, /* request all of it, `why` */
  VERDICT_FAIL,       /* `failure` */
};

struct judgement {
  struct body_saver_form form;
  bool keeps_coding; /* the coding that belongs to the file was found */
  bool is_error;     /* with VERDICT_SAVE: the exit code tells of the error */
  uint64_t expected; /* the length that the body must have besides its framing; else UINT64_MAX */
  bool is_exact;     /* a body of another length is not even the beginning of it */
  bool is_at_most;   /* with VERDICT_START_OVER: the file is not longer than FILE */
  const char *why;   /* a literal, for the user: why there is nothing to save, or why what was kept
                      * is not resumed; NULL if that goes without saying */
  struct span no_coding; /* what Content-Encoding names beside codings, in the head; data NULL */
  struct http_url to;
  struct failure failure;
};

/* Judges a response head. `now`, in seconds since 1970, is for Retry-After. */
enum verdict verdict_of(const struct verdict_question *q, const struct http_response *r,
                        int64_t now, struct judgement *j);

/* After verdict_of, if the request body was sent in chunks: adds to the failure what may help with
 * a server that does not know them. */
void verdict_of_chunks(const struct http_response *r, struct judgement *j);

/* The strong validator of a response (RFC 9110 8.8.1, 13.1.5), by which the rest of a partial file
 * can be requested safely. It points into the head; data is NULL if there is none. */
struct span verdict_validator(const struct http_response *r, int64_t now);

#endif
