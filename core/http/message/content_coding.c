#include "core/http/message/content_coding.h"

#include <stddef.h>
#include <strings.h>

bool http_is_no_coding(struct span name)
{
  static const char *const whole[] = {
      "none",   "null",        "off",     "no",        "binary", "8bit",   "7bit",
      "ascii",  "aws-chunked", "chunked", "us-ascii",  "text",   "raw",    "plain",
      "big5",   "gbk",         "gb2312",  "gb18030",   "latin1", "koi8-r", "koi8-u",
      "euc-jp", "euc-kr",      "euc-cn",  "shift_jis", "tis-620"};
  static const char *const beginnings[] = {"utf-", "utf8",  "iso-8859-", "windows-12",
                                           "cp12", "text/", "charset="};
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
    if (span_is_nocase(name, whole[i]))
      return true;
  }
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
    size_t n = strlen(beginnings[i]);
    if (name.length >= n && strncasecmp(name.data, beginnings[i], n) == 0)
      return true;
  }
  return false;
}
