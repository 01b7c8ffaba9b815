/* The order of the eye. */
#ifndef ANET_NATURAL_H
#define ANET_NATURAL_H

/* Compares as strcmp: digits by the value of their number, ASCII letters whatever their case, and
 * byte by byte where that is the same. So 0 only for equal texts. */
int natural_compare(const char *a, const char *b);

#endif
