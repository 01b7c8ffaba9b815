/* What the head of an answer means to who asked. Pure. */
#ifndef ANET_CMD_FETCH_VERDICT_H
#define ANET_CMD_FETCH_VERDICT_H

#include "cmd/fetch/body_saver.h"
#include "cmd/fetch/failure.h"
#include "core/http/message/response.h"
#include "core/http/message/url.h"

/* What was asked, as far as it counts for that. */
struct verdict_question {
  const struct http_url *url;
  const char *method;
  bool any_status;       /* every status is an answer, and shown as it comes */
  bool error_body;       /* the body of an error is wanted, ... */
  bool tries_again;      /* ... unless another try is to follow */
  bool follows;          /* redirects */
  bool decodes;          /* content codings were asked for */
  bool own_coding;       /* in words of the user's own, whose the coding is then, too */
  bool own_range;        /* a range was asked for in words of the user's own */
  const char *range;     /* of --range; NULL for none */
  uint64_t have;         /* the rest was asked for, behind so many bytes; 0 for all */
  const char *validator; /* with that: what the part came with */
  bool keeps_file;       /* the body is for a file, which 304 leaves as it is */
};

enum verdict {
  VERDICT_SAVE,       /* the body is wanted: `form` */
  VERDICT_COMPLETE,   /* the part that was there is the whole */
  VERDICT_NOTHING,    /* there is nothing to save: a success */
  VERDICT_FOLLOW,     /* `to`, which is to be released */
  VERDICT_START_OVER, /* the part that was there is of something else */
  VERDICT_FAIL,       /* `failure` */
};

struct judgement {
  struct body_saver_form form;
  bool is_error;     /* VERDICT_SAVE: and the exit code will say so */
  uint64_t expected; /* bytes of the body that the range stands for; UINT64_MAX when it is for the
                      * framing to say */
  struct http_url to;
  struct failure failure;
};

/* `now` in seconds since 1970, for Retry-After. */
enum verdict verdict_of(const struct verdict_question *asked, const struct http_response *r,
                        int64_t now, struct judgement *j);

/* What says that a part and the rest of it are of the same: a strong validator (RFC 9110 8.8.1,
 * 13.1.5). data is NULL when there is none; else it points into the head. */
struct span verdict_validator(const struct http_response *r, int64_t now);

#endif
