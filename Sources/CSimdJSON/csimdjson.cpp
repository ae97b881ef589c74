#include "csimdjson.h"

#include <new>
#include <simdjson.h>

static_assert(
    CSIMDJSON_PADDING == simdjson::SIMDJSON_PADDING, "the header names another padding");

struct csimdjson_parser {
    simdjson::dom::parser parser;
    size_t depth_max;
};

csimdjson_parser *csimdjson_create(size_t depth_max) {
    auto created = new (std::nothrow) csimdjson_parser;
    if (created == nullptr) return nullptr;
    created->depth_max = depth_max;
    if (created->parser.allocate(4096, depth_max) != simdjson::SUCCESS) {
        delete created;
        return nullptr;
    }
    return created;
}

void csimdjson_destroy(csimdjson_parser *parser) { delete parser; }

int csimdjson_parse(
    csimdjson_parser *parser, const void *body, size_t count, csimdjson_document *document) {
    auto bytes = static_cast<const uint8_t *>(body);
    auto &dom = parser->parser;
    simdjson::dom::element root;
    if (dom.parse(bytes, count, false).get(root) != simdjson::SUCCESS) return 0;
    // The root's word says where the tape ends.
    document->tape = dom.doc.tape.get();
    document->tape_count = static_cast<uint32_t>(dom.doc.tape[0] & 0xFFFFFFFFFFFFFF) + 1;
    document->strings = dom.doc.string_buf.get();
    document->strings_byte_count = 5 * dom.doc.capacity() / 3 + simdjson::SIMDJSON_PADDING;
    return 1;
}

size_t csimdjson_capacity(const csimdjson_parser *parser) { return parser->parser.capacity(); }
