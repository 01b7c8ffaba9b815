/* The built-in media types. */
#ifndef ANET_CMD_SERVE_MEDIA_TABLE_H
#define ANET_CMD_SERVE_MEDIA_TABLE_H

/* Lines as in mime.types(5): a type and its extensions. The last one is NULL. */
extern const char *const media_table[];

#endif
