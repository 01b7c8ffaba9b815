#include "cmd/serve/natural_order.h"

#include "core/base/ascii.h"

#include <stddef.h>
#include <string.h>

/* Takes the digits from `*s`; `*digits` and the count returned leave out leading zeros. A number
 * may have any length, so it is never converted. */
static size_t take_number(const char **s, const char **digits)
{
  *digits = *s + strspn(*s, "0");
  *s = *digits + strspn(*digits, "0123456789");
  return (size_t)(*s - *digits);
}

static int compare_numbers(const char **a, const char **b)
{
  const char *x, *y;
  size_t n = take_number(a, &x), m = take_number(b, &y);
  if (n != m)
    return n < m ? -1 : 1;
  return memcmp(x, y, n);
}

int natural_order_compare(const char *a, const char *b)
{
  const char *s = a, *t = b;
  while (*s && *t) {
    int order;
    if (ascii_is_digit(*s) && ascii_is_digit(*t))
      order = compare_numbers(&s, &t);
    else
      order = (unsigned char)ascii_lower(*s++) - (unsigned char)ascii_lower(*t++);
    if (order != 0)
      return order;
  }
  if (*s || *t)
    return *s ? 1 : -1;
  return strcmp(a, b);
}
