// FAULTSHIM_RECORD: what changed files, with the bytes, for whoever wants to build the states that
// a power cut may leave.

#define _GNU_SOURCE
#include "call.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int record = -1;

struct head {
    uint32_t magic;
    uint32_t process;
    uint64_t step;
    int64_t offset;
    int64_t count;
    uint64_t inode;
    uint32_t flags;
    uint16_t name_length;
    uint16_t path_length;
    uint16_t new_path_length;
    uint16_t zero;
    uint32_t byte_count;
    int64_t result;
};

_Static_assert(sizeof(struct head) == 64, "the head is as the header file says");

void recording_open(void) {
    const char *path = getenv("FAULTSHIM_RECORD");
    if (path == NULL || path[0] == '\0') return;
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0644);
    if (fd >= 0) record = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 500);
    if (record < 0) refuse("FAULTSHIM_RECORD", path);
    syscall(SYS_close, fd);
}

int recording_descriptor(void) { return record; }

/// A record that is cut short would prove nothing.
static void put(const void *bytes, size_t count) {
    const char *next = bytes;
    while (count > 0) {
        long written = syscall(SYS_write, record, next, count);
        if (written <= 0) refuse("FAULTSHIM_RECORD", "cannot write");
        next += written;
        count -= (size_t)written;
    }
}

/// What the call really wrote, which may be more than its caller was told.
static long long written_count(const struct call *call) {
    if (call->parts == NULL) return 0;
    if (call->fault == FAULT_SHORT) return call->short_count;
    return call->result < 0 ? 0 : call->result;
}

static uint64_t inode_of(const struct call *call) {
    struct stat status;
    bool is_open = strncmp(call->name, "open", 4) == 0 || strcmp(call->name, "creat") == 0;
    int fd = is_open ? (int)call->result : call->fd;
    long code = fd >= 0 ? syscall(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH)
                        : syscall(SYS_newfstatat, AT_FDCWD, call->path, &status, 0);
    return code == 0 ? status.st_ino : 0;
}

/// A flush that failed leaves something behind: pages that were not written count as clean.
static bool is_failed_flush(const struct call *call) {
    return call->error != 0
        && (strcmp(call->name, "fdatasync") == 0 || strcmp(call->name, "fsync") == 0);
}

void recording_append(const struct call *call) {
    bool is_mark = strcmp(call->name, "mark") == 0;
    long long written = written_count(call);
    if (record < 0 || !(call->is_step || is_mark)) return;
    if (call->error != 0 && written == 0 && !is_failed_flush(call)) return;

    struct head head = {
        .magic = 0x4352534d,
        .process = (uint32_t)syscall(SYS_getpid),
        .step = is_mark ? 0 : (uint64_t)call->step,
        .offset = call->offset,
        .count = call->parts != NULL ? written : call->count,
        .inode = inode_of(call),
        .flags = (uint32_t)call->flags,
        .name_length = (uint16_t)strlen(call->name),
        .path_length = (uint16_t)strlen(call->path),
        .new_path_length = (uint16_t)strlen(call->new_path),
        .byte_count = (uint32_t)written,
        .result = call->result,
    };
    put(&head, sizeof head);
    put(call->name, head.name_length);
    put(call->path, head.path_length);
    put(call->new_path, head.new_path_length);
    for (int i = 0; i < call->part_count && written > 0; i++) {
        size_t count = call->parts[i].iov_len;
        if ((long long)count > written) count = (size_t)written;
        put(call->parts[i].iov_base, count);
        written -= (long long)count;
    }
}
