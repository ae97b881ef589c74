#ifndef MILLRACE_CRC32C_H
#define MILLRACE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/// Extends `crc`, the finished CRC-32C (Castagnoli, reflected, inverted in and out) of what came
/// before, by `count` bytes. The CRC of nothing is 0. `bytes` may be null when `count` is 0.
uint32_t crc32c_extend(uint32_t crc, const void *bytes, size_t count);

/// The same result from tables alone, so that a test can hold the fast path against it.
uint32_t crc32c_extend_portable(uint32_t crc, const void *bytes, size_t count);

#endif
