#include "csimdjson.h"

#include <algorithm>
#include <charconv>
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

// What dom::parser does before it parses.
static bool reserve(simdjson::dom::parser &dom, size_t count) {
    if (count <= dom.capacity() && count <= dom.doc.capacity()) return true;
    auto capacity = std::max<size_t>(count, 4096);
    return dom.allocate(capacity, dom.max_depth()) == simdjson::SUCCESS
        && dom.doc.allocate(capacity) == simdjson::SUCCESS;
}

size_t csimdjson_index(
    csimdjson_parser *parser, const void *body, size_t count, const uint32_t **places) {
    auto &dom = parser->parser;
    if (count == 0 || !reserve(dom, count)) return 0;
    auto &stages = *dom.implementation;
    auto error = stages.stage1(
        static_cast<const uint8_t *>(body), count, simdjson::stage1_mode::regular);
    if (error != simdjson::SUCCESS) return 0;
    *places = stages.structural_indexes.get();
    return stages.n_structural_indexes;
}

int csimdjson_finish(csimdjson_parser *parser, csimdjson_document *document) {
    auto &dom = parser->parser;
    if (dom.implementation->stage2(dom.doc) != simdjson::SUCCESS) return 0;
    // The root's word says where the tape ends.
    document->tape = dom.doc.tape.get();
    document->tape_count = static_cast<uint32_t>(dom.doc.tape[0] & 0xFFFFFFFFFFFFFF) + 1;
    document->strings = dom.doc.string_buf.get();
    document->strings_byte_count = 5 * dom.doc.capacity() / 3 + simdjson::SIMDJSON_PADDING;
    return 1;
}

int csimdjson_parse(
    csimdjson_parser *parser, const void *body, size_t count, csimdjson_document *document) {
    const uint32_t *places;
    return csimdjson_index(parser, body, count, &places) > 0 && csimdjson_finish(parser, document);
}

int csimdjson_double(const void *text, size_t count, double *value) {
    auto start = static_cast<const char *>(text);
    auto read = std::from_chars(start, start + count, *value);
    return read.ec == std::errc() && read.ptr == start + count;
}

size_t csimdjson_capacity(const csimdjson_parser *parser) { return parser->parser.capacity(); }
