/* The fields that every response has: Server, Date, and those of an option. They are printed once
 * a second. */
#ifndef ANET_CORE_HTTP_COMMON_FIELDS_H
#define ANET_CORE_HTTP_COMMON_FIELDS_H

#include <stddef.h>
#include <stdint.h>

struct http_common_fields {
  int64_t second;    /* that `lines` was printed for, in Unix time */
  const char *extra; /* of the option; borrowed */
  char *lines;       /* each with its CRLF */
  size_t length;
};

/* `extra` is field lines, each with its CRLF, that are borrowed, or NULL. 0 or UV_ENOMEM. */
int http_common_fields_init(struct http_common_fields *f, const char *extra);

/* Brings the date up to date, and returns the time in seconds. */
int64_t http_common_fields_now(struct http_common_fields *f);

void http_common_fields_release(struct http_common_fields *f);

#endif
