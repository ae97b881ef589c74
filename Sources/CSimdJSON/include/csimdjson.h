#ifndef MILLRACE_CSIMDJSON_H
#define MILLRACE_CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How many readable bytes have to follow a body. What they hold does not matter.
enum { CSIMDJSON_PADDING = 64 };

/// A simdjson DOM parser with its document. One thread at a time may use it.
typedef struct csimdjson_parser csimdjson_parser;

/// What a parsed body became: simdjson's tape (doc/tape.md of simdjson) and the strings it points
/// into. Valid until the parser is used again.
typedef struct {
    const uint64_t *tape;
    size_t tape_count;
    const uint8_t *strings;
    /// How many bytes of `strings` may be read; eight more follow every string.
    size_t strings_byte_count;
} csimdjson_document;

/// A parser that refuses values nested deeper than `depth_max`; null without memory.
csimdjson_parser *csimdjson_create(size_t depth_max);

void csimdjson_destroy(csimdjson_parser *parser);

/// Parses `count` bytes, behind which CSIMDJSON_PADDING bytes are readable. Returns whether they
/// are a JSON text that fits simdjson's number types; `document` is set only then.
int csimdjson_parse(
    csimdjson_parser *parser, const void *body, size_t count, csimdjson_document *document);

/// The largest body that has been parsed without new memory.
size_t csimdjson_capacity(const csimdjson_parser *parser);

#ifdef __cplusplus
}
#endif

#endif
