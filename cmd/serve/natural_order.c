#include "cmd/serve/natural_order.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static int fold(char c)
{
  return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

/* Takes the digits off `*s`, without the zeros before them; returns how many are left. A number may
 * have any length, so it is never made a value. */
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
    if (is_digit(*s) && is_digit(*t))
      order = compare_numbers(&s, &t);
    else
      order = fold(*s++) - fold(*t++);
    if (order != 0)
      return order;
  }
  if (*s || *t)
    return *s ? 1 : -1;
  return strcmp(a, b);
}
