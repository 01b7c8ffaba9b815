#include "cmd/fetch/transfer_progress.h"

static bool is_shown(const struct transfer *t)
{
  return t->context->shows_progress && t->output.kind == OUTPUT_FILE;
}

void transfer_progress_wait(struct transfer *t)
{
  if (is_shown(t))
    progress_wait(&t->context->progress, &t->line, t->output.name);
}

void transfer_progress_show(struct transfer *t)
{
  const struct http_response_reader *reader = &t->exchange->client.reader;
  if (!t->line.progress)
    return;
  uint64_t from = t->output.resumed ? t->output.part.have : 0;
  bool known = reader->response.framing == HTTP_LENGTH;
  progress_set(&t->line, from + reader->body, known ? from + reader->response.length : UINT64_MAX);
}

void transfer_progress_begin(struct transfer *t)
{
  if (!is_shown(t))
    return;
  progress_begin(&t->context->progress, &t->line, t->output.name,
                 t->output.resumed ? t->output.part.have : 0);
  transfer_progress_show(t);
}
