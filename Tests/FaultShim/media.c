// FAULTSHIM_UNREADABLE: the places that the device cannot give.

#define _GNU_SOURCE
#include "call.h"

#include <stdlib.h>
#include <string.h>

static char suffix[PATH_BYTES];
static size_t suffix_length;
static long long first;
static long long after;

void media_load(void) {
    const char *value = getenv("FAULTSHIM_UNREADABLE");
    if (value == NULL || value[0] == '\0') return;
    const char *place = strchr(value, ':');
    char *end = NULL;
    if (place == NULL || place == value || place - value >= PATH_BYTES) {
        refuse("FAULTSHIM_UNREADABLE", value);
    }
    first = strtoll(place + 1, &end, 10);
    if (end == place + 1 || *end != ':' || first < 0) refuse("FAULTSHIM_UNREADABLE", value);
    const char *count = end + 1;
    after = first + strtoll(count, &end, 10);
    if (end == count || *end != '\0' || after <= first) refuse("FAULTSHIM_UNREADABLE", value);
    suffix_length = (size_t)(place - value);
    memcpy(suffix, value, suffix_length);
}

bool media_is_hurt(void) { return suffix_length > 0; }

bool media_fails(const char *path, long long offset, size_t count) {
    size_t length = strlen(path);
    return length >= suffix_length && offset < after && offset + (long long)count > first
        && memcmp(path + length - suffix_length, suffix, suffix_length) == 0;
}
