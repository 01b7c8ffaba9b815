#include "cmd/serve/natural.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static unsigned char folded(char c)
{
  return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t count_digits(const char *s)
{
  size_t n = 0;
  while (is_digit(s[n]))
    n++;
  return n;
}

/* Two numbers, moved past: without leading zeros the longer one is the greater. */
static int compare_numbers(const char **a, const char **b)
{
  *a += strspn(*a, "0");
  *b += strspn(*b, "0");
  size_t n = count_digits(*a), m = count_digits(*b);
  int order = n != m ? (n < m ? -1 : 1) : memcmp(*a, *b, n);
  *a += n;
  *b += m;
  return order;
}

int natural_compare(const char *a, const char *b)
{
  const char *x = a, *y = b;
  while (*x && *y) {
    int order;
    if (is_digit(*x) && is_digit(*y)) {
      order = compare_numbers(&x, &y);
    } else {
      order = folded(*x) - folded(*y);
      x++;
      y++;
    }
    if (order)
      return order;
  }
  if (*x || *y)
    return *x ? 1 : -1;
  return strcmp(a, b);
}
