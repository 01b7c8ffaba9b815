#include "cmd/fetch/name_coding.h"

#include "core/base/ascii.h"

#include <stddef.h>

/* `suffix` is the end of a name, `coding` as IANA or its first user has it, without `x-`. */
static const struct {
  const char *suffix, *coding;
} codings[] = {
    {".gz", "gzip"},   {".tgz", "gzip"},   {".taz", "gzip"},     {".svgz", "gzip"},
    {".vgz", "gzip"},  {".emz", "gzip"},   {".wmz", "gzip"},     {".cpgz", "gzip"},
    {".adz", "gzip"},  {".gzip", "gzip"},  {".taz", "compress"}, {".z", "compress"},
    {".z", "gzip"},    {".br", "br"},      {".tbr", "br"},       {".zst", "zstd"},
    {".tzst", "zstd"}, {".zstd", "zstd"},  {".bz2", "bzip2"},    {".bz", "bzip2"},
    {".tbz", "bzip2"}, {".tbz2", "bzip2"}, {".tb2", "bzip2"},    {".xz", "xz"},
    {".txz", "xz"},    {".lzma", "lzma"},  {".tlz", "lzma"},     {".lz", "lzip"},
    {".lz4", "lz4"},   {".zz", "deflate"}, {".zlib", "deflate"}, {".deflate", "deflate"},
    {".lzo", "lzop"},  {".sz", "snappy"},
};

static bool ends_in(struct span name, const char *suffix)
{
  struct span end = span_of(suffix);
  if (name.length <= end.length)
    return false;
  for (size_t i = 0; i < end.length; i++) {
    if (ascii_lower(name.data[name.length - end.length + i]) != end.data[i])
      return false;
  }
  return true;
}

bool name_has_coding(struct span name, struct span coding)
{
  bool old = coding.length > 2 && ascii_lower(coding.data[0]) == 'x' && coding.data[1] == '-';
  if (old)
    coding = span_skip(coding, 2);
  for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
    if (ends_in(name, codings[i].suffix) && span_is_nocase(coding, codings[i].coding))
      return true;
  }
  return false;
}

bool name_is_coded(struct span name)
{
  for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
    if (ends_in(name, codings[i].suffix))
      return true;
  }
  return false;
}
