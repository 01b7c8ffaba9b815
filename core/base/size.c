#include "core/base/size.h"

#include <stdio.h>

const char *size_format(char out[SIZE_TEXT], uint64_t bytes)
{
  static const char units[] = "KMGTPE";
  if (bytes < 1024) {
    snprintf(out, SIZE_TEXT, "%u B", (unsigned)bytes);
    return out;
  }
  unsigned unit = 0, shift = 10;
  for (; bytes >> shift >= 1024; shift += 10)
    unit++;
  unsigned whole = (unsigned)(bytes >> shift) &
                   1023; /* the mask takes nothing away: it tells compilers the range */
  unsigned of_1024 = (unsigned)(bytes >> (shift - 10)) & 1023; /* what is below the whole */
  if (whole < 100)
    snprintf(out, SIZE_TEXT, "%u.%u %ciB", whole, of_1024 * 10 / 1024, units[unit]);
  else
    snprintf(out, SIZE_TEXT, "%u %ciB", whole, units[unit]);
  return out;
}
