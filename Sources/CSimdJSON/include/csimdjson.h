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

/// Finds the structure of `count` bytes, behind which CSIMDJSON_PADDING bytes are readable: where
/// each bracket, comma and colon stands, and where each string and other value begins. Returns how
/// many places those are, and 0 when the bytes are not UTF-8, or strings in them are no strings of
/// JSON. `places` is valid until the parser is used again.
size_t csimdjson_index(
    csimdjson_parser *parser, const void *body, size_t count, const uint32_t **places);

/// Makes a document of the body that was indexed last. Returns whether it is a JSON text that fits
/// simdjson's number types; `document` is set only then.
int csimdjson_finish(csimdjson_parser *parser, csimdjson_document *document);

/// Both in one.
int csimdjson_parse(
    csimdjson_parser *parser, const void *body, size_t count, csimdjson_document *document);

/// Reads `count` bytes that are a number of JSON's form as the nearest double. Returns whether
/// there is a finite one.
int csimdjson_double(const void *text, size_t count, double *value);

/// The largest body that has been parsed without new memory.
size_t csimdjson_capacity(const csimdjson_parser *parser);

#ifdef __cplusplus
}
#endif

#endif
