/* The order of the eye: `a2` before `a10`, `B` between `a` and `c`. */
#ifndef ANET_NATURAL_H
#define ANET_NATURAL_H

/* As strcmp. Digits count by their value, ASCII letters whatever their case; where that is the
 * same, byte by byte, so that only equal names are equal. */
int natural_compare(const char *a, const char *b);

#endif
