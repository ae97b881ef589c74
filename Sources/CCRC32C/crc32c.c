#include "crc32c.h"

#include <pthread.h>
#include <string.h>

// The polynomial of RFC 3720, appendix B.4, with its bits reversed.
static const uint32_t polynomial = 0x82F63B78u;

// Three lanes run side by side because the instruction has a latency of three cycles and a
// throughput of one; each lane is this long before the three are joined.
enum { lane_long = 8192, lane_short = 256 };

static uint32_t bytewise[8][256];
static uint32_t skip_long[4][256];
static uint32_t skip_short[4][256];
static pthread_once_t tables_made = PTHREAD_ONCE_INIT;

// Multiplying a CRC by x^(8 * length) is linear in its bits, so a table per byte does it.
static uint32_t after_zeros(uint32_t crc, size_t length) {
    for (size_t index = 0; index < length; index++) {
        crc = bytewise[0][crc & 0xFF] ^ (crc >> 8);
    }
    return crc;
}

static void make_skip(uint32_t table[4][256], size_t length) {
    uint32_t of_bit[32];
    for (int bit = 0; bit < 32; bit++) of_bit[bit] = after_zeros(1u << bit, length);
    for (int byte = 0; byte < 4; byte++) {
        for (int value = 0; value < 256; value++) {
            uint32_t sum = 0;
            for (int bit = 0; bit < 8; bit++) {
                if (value & (1 << bit)) sum ^= of_bit[8 * byte + bit];
            }
            table[byte][value] = sum;
        }
    }
}

static void make_tables(void) {
    for (uint32_t value = 0; value < 256; value++) {
        uint32_t crc = value;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) ? polynomial : 0);
        bytewise[0][value] = crc;
    }
    for (int table = 1; table < 8; table++) {
        for (int value = 0; value < 256; value++) {
            uint32_t before = bytewise[table - 1][value];
            bytewise[table][value] = bytewise[0][before & 0xFF] ^ (before >> 8);
        }
    }
    make_skip(skip_long, lane_long);
    make_skip(skip_short, lane_short);
}

static uint32_t skip(const uint32_t table[4][256], uint32_t crc) {
    return table[0][crc & 0xFF] ^ table[1][(crc >> 8) & 0xFF] ^ table[2][(crc >> 16) & 0xFF]
        ^ table[3][crc >> 24];
}

static uint64_t load64(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

uint32_t crc32c_extend_portable(uint32_t crc, const void *bytes, size_t count) {
    pthread_once(&tables_made, make_tables);
    const uint8_t *at = bytes;
    crc = ~crc;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; count >= 8; count -= 8, at += 8) {
        uint64_t word = load64(at) ^ crc;
        crc = bytewise[7][word & 0xFF] ^ bytewise[6][(word >> 8) & 0xFF]
            ^ bytewise[5][(word >> 16) & 0xFF] ^ bytewise[4][(word >> 24) & 0xFF]
            ^ bytewise[3][(word >> 32) & 0xFF] ^ bytewise[2][(word >> 40) & 0xFF]
            ^ bytewise[1][(word >> 48) & 0xFF] ^ bytewise[0][word >> 56];
    }
#endif
    for (; count > 0; count--, at++) crc = bytewise[0][(crc ^ *at) & 0xFF] ^ (crc >> 8);
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
#define HARDWARE __attribute__((target("sse4.2")))
#define STEP8(crc, byte) _mm_crc32_u8((uint32_t)(crc), (byte))
#define STEP64(crc, word) _mm_crc32_u64((crc), (word))
static int has_hardware(void) { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <sys/auxv.h>
#define HARDWARE __attribute__((target("+crc")))
#define STEP8(crc, byte) __crc32cb((uint32_t)(crc), (byte))
#define STEP64(crc, word) __crc32cd((uint32_t)(crc), (word))
static int has_hardware(void) { return (getauxval(AT_HWCAP) & (1 << 7)) != 0; }
#endif

#ifdef HARDWARE
HARDWARE static uint32_t lanes(
    uint32_t crc, const uint8_t **bytes, size_t *count, size_t lane, const uint32_t table[4][256]
) {
    const uint8_t *at = *bytes;
    size_t left = *count;
    while (left >= 3 * lane) {
        uint64_t first = crc, second = 0, third = 0;
        for (size_t index = 0; index < lane; index += 8) {
            first = STEP64(first, load64(at + index));
            second = STEP64(second, load64(at + lane + index));
            third = STEP64(third, load64(at + 2 * lane + index));
        }
        crc = skip(table, (uint32_t)first) ^ (uint32_t)second;
        crc = skip(table, crc) ^ (uint32_t)third;
        at += 3 * lane;
        left -= 3 * lane;
    }
    *bytes = at;
    *count = left;
    return crc;
}

HARDWARE static uint32_t extend_hardware(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *at = bytes;
    crc = ~crc;
    if (count >= 3 * lane_short) {
        pthread_once(&tables_made, make_tables);
        crc = lanes(crc, &at, &count, lane_long, skip_long);
        crc = lanes(crc, &at, &count, lane_short, skip_short);
    }
    uint64_t wide = crc;
    for (; count >= 8; count -= 8, at += 8) wide = STEP64(wide, load64(at));
    crc = (uint32_t)wide;
    for (; count > 0; count--, at++) crc = STEP8(crc, *at);
    return ~crc;
}
#endif

uint32_t crc32c_extend(uint32_t crc, const void *bytes, size_t count) {
#ifdef HARDWARE
    if (has_hardware()) return extend_hardware(crc, bytes, count);
#endif
    return crc32c_extend_portable(crc, bytes, count);
}
