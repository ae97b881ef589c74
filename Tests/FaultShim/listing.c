// FAULTSHIM_LOG: one line a call, written at once, so that it survives the process.

#define _GNU_SOURCE
#include "call.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int list = -1;

void listing_open(void) {
    const char *path = getenv("FAULTSHIM_LOG");
    if (path == NULL || path[0] == '\0') return;
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0644);
    // High up, so that the program gets the same descriptors as without the shim.
    if (fd >= 0) list = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 500);
    if (list < 0) refuse("FAULTSHIM_LOG", path);
    syscall(SYS_close, fd);
}

int listing_descriptor(void) { return list; }

// Two paths, every byte of them escaped, and the other fields.
static char line[2 * 4 * PATH_BYTES + 512];
static size_t length;

static void put(const char *text) {
    size_t count = strlen(text);
    memcpy(line + length, text, count);
    length += count;
}

static void put_tab(void) { line[length++] = '\t'; }

static void put_digits(long long value) {
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", value);
    put(digits);
}

static void put_number(bool applies, long long value) {
    if (applies) {
        put_digits(value);
    } else {
        put("-");
    }
    put_tab();
}

static void put_path(const char *path) {
    if (path[0] == '\0') put("-");
    for (const unsigned char *byte = (const unsigned char *)path; *byte != 0; byte++) {
        if (*byte < 0x20 || *byte == 0x7f || *byte == '\\') {
            char escape[8];
            snprintf(escape, sizeof escape, "\\x%02x", *byte);
            put(escape);
        } else {
            line[length++] = (char)*byte;
        }
    }
    put_tab();
}

static void put_flags(int flags) {
    static const struct {
        int flag;
        const char *name;
    } known[] = {
        {O_CREAT, "creat"}, {O_EXCL, "excl"},   {O_TRUNC, "trunc"},
        {O_APPEND, "append"}, {O_DSYNC, "dsync"},
    };
    const char *separator = "";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if ((flags & known[i].flag) == 0) continue;
        put(separator);
        put(known[i].name);
        separator = ",";
    }
    if (separator[0] == '\0') put("-");
    put_tab();
}

void listing_append(const struct call *call) {
    static const char *const faults[] = {"-", "failed", "short", "killed", "delayed"};
    if (list < 0) return;

    bool happened = call->fault != FAULT_KILLED;
    const char *error = call->error == 0 ? "-" : strerrorname_np(call->error);
    length = 0;
    put_number(true, call->number);
    put_number(true, (long long)syscall(SYS_getpid));
    put_number(call->step != 0, call->step);
    put(call->name);
    put_tab();
    put_number(call->fd >= 0, call->fd);
    put_path(call->path);
    put_path(call->new_path);
    put_number(call->offset >= 0, call->offset);
    put_number(call->count >= 0, call->count);
    put_flags(call->flags);
    put_number(happened, call->result);
    put(error == NULL ? "?" : error);
    put_tab();
    put(faults[call->fault]);
    if (call->fault == FAULT_SHORT) {
        put(":");
        put_digits(call->short_count);
    }
    if (call->fault == FAULT_DELAYED) {
        put(":");
        put_digits(call->delay);
    }
    put("\n");
    // One write a line: lines of several processes do not mix.
    syscall(SYS_write, list, line, length);
}
