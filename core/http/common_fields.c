#include "core/http/common_fields.h"

#include "core/http/message/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

static const char format[] = "Server: anet/" ANET_VERSION "\r\nDate: %s\r\n%s";

int http_common_fields_init(struct http_common_fields *f, const char *extra)
{
  *f = (struct http_common_fields){.second = -1, .extra = extra ? extra : ""};
  f->lines = malloc(sizeof format + HTTP_DATE_SIZE + strlen(f->extra));
  return f->lines ? 0 : UV_ENOMEM;
}

int64_t http_common_fields_now(struct http_common_fields *f)
{
  int64_t now = (int64_t)time(NULL);
  if (now != f->second) {
    char date[HTTP_DATE_SIZE];
    http_date_print(date, now);
    f->length = (size_t)sprintf(f->lines, format, date, f->extra);
    f->second = now;
  }
  return now;
}

void http_common_fields_release(struct http_common_fields *f)
{
  free(f->lines);
  f->lines = NULL;
}
