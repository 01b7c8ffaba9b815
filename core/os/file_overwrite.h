/* Files that are written over, since another one cannot take their place. */
#ifndef ANET_CORE_OS_FILE_OVERWRITE_H
#define ANET_CORE_OS_FILE_OVERWRITE_H

/* Opens an unnamed file for reading and writing, in $TMPDIR or /tmp. A descriptor or a negative
 * errno. */
int file_open_unnamed(void);

/* Replaces the contents of the file `to` by all of the file `from`. Room for it is made first: a
 * disk that is too full leaves `to` as it was, where the file system can tell. 0 or a negative
 * errno. Blocks. */
int file_overwrite(int to, int from);

#endif
