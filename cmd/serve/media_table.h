/* The media types that are known without any file. */
#ifndef ANET_CMD_SERVE_MEDIA_TABLE_H
#define ANET_CMD_SERVE_MEDIA_TABLE_H

/* Lines as in mime.types(5): a type and its extensions. NULL is the last. */
extern const char *const media_table[];

#endif
