// The interposed functions. Each says what it was asked for, lets the rules judge, does the real
// call and lists the outcome; see include/faultshim.h for what that means.
//
// `leave` hands every call to the list and to the recorder of bytes.

#define _GNU_SOURCE
#include "call.h"
#include "faultshim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8, "the 64-bit variants are aliases");

#define EACH_REAL(X)                                                                              \
    X(open) X(openat) X(creat) X(write) X(writev) X(pwrite) X(pwritev) X(fdatasync) X(fsync)      \
    X(msync) X(ftruncate) X(fallocate) X(posix_fallocate) X(rename) X(renameat) X(renameat2)      \
    X(link) X(linkat) X(unlink) X(unlinkat) X(mkdir) X(mkdirat) X(dup) X(dup2) X(dup3) X(fcntl)   \
    X(close) X(pread)

#define DECLARE(name) static __typeof__(name) *real_##name;
EACH_REAL(DECLARE)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// Under the lock.
static long number;
static long steps;
static struct iovec cut[IOV_MAX];

static void take_lock(void) { pthread_mutex_lock(&lock); }
static void give_lock(void) { pthread_mutex_unlock(&lock); }

void shim_lock(void) { take_lock(); }
void shim_unlock(void) { give_lock(); }
long shim_step_count(void) { return steps; }

static void load(void) {
#define RESOLVE(name) real_##name = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);
    EACH_REAL(RESOLVE)
    paths_load();
    rules_load();
    media_load();
    listing_open();
    recording_open();
    // A fork in one thread must not leave the child with the lock of another.
    pthread_atfork(take_lock, give_lock, give_lock);
}

// Other libraries may call us before our constructor runs.
static void start(void) { pthread_once(&once, load); }

__attribute__((constructor)) static void construct(void) { start(); }

// MARK: The course of a call

enum kind { OTHER, STEP };

static void describe(struct call *call, const char *name, enum kind kind) {
    // The paths are long and only their first byte matters here.
    call->name = name;
    call->is_step = kind == STEP;
    call->fd = -1;
    call->path[0] = '\0';
    call->new_path[0] = '\0';
    call->offset = -1;
    call->count = -1;
    call->flags = 0;
    call->parts = NULL;
    call->part_count = 0;
    call->at_position = false;
    call->step = 0;
    call->result = -1;
    call->error = 0;
    call->fault = FAULT_NONE;
    call->short_count = -1;
    call->delay = 0;
}

/// Describes a call on an open file. False when it is none of ours; errno is as before.
static bool watches_descriptor(struct call *call, const char *name, enum kind kind, int fd) {
    start();
    int saved = errno;
    describe(call, name, kind);
    call->fd = fd;
    bool watched = path_of_descriptor(fd, call->path) && path_is_watched(call->path);
    if (watched) {
        long flags = syscall(SYS_fcntl, fd, F_GETFL);
        call->flags = flags < 0 ? 0 : (int)flags & (O_APPEND | O_DSYNC);
    }
    errno = saved;
    return watched;
}

/// Describes a call on one name or two. False when none of them is ours; errno is as before.
static bool watches_names(
    struct call *call, const char *name, enum kind kind, int directory, const char *path,
    int new_directory, const char *new_path
) {
    start();
    int saved = errno;
    describe(call, name, kind);
    path_of_name(directory, path, call->path);
    bool watched = path_is_watched(call->path);
    if (new_path != NULL) {
        path_of_name(new_directory, new_path, call->new_path);
        watched = watched || path_is_watched(call->new_path);
    }
    errno = saved;
    return watched;
}

static bool watches_name(
    struct call *call, const char *name, enum kind kind, int directory, const char *path
) {
    return watches_names(call, name, kind, directory, path, AT_FDCWD, NULL);
}

static void die(struct call *call) {
    call->fault = FAULT_KILLED;
    listing_append(call);
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) pause();
}

/// Where a write without an offset begins.
static long long write_position(const struct call *call) {
    struct stat status;
    if ((call->flags & O_APPEND) == 0) return syscall(SYS_lseek, call->fd, 0, SEEK_CUR);
    if (syscall(SYS_newfstatat, call->fd, "", &status, AT_EMPTY_PATH) != 0) return -1;
    return status.st_size;
}

/// Under the lock: a device that is slow is slow for everybody.
static void wait_for(long milliseconds) {
    struct timespec rest = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (syscall(SYS_nanosleep, &rest, &rest) != 0 && errno == EINTR) continue;
}

/// Takes the lock and asks the rules. False when the call must not happen.
static bool enter(struct call *call) {
    call->saved_errno = errno;
    take_lock();
    if (call->at_position) call->offset = write_position(call);
    call->number = ++number;
    if (call->is_step) call->step = ++steps;
    struct verdict verdict = rules_judge(call);
    if (verdict.fault == FAULT_KILLED) die(call);
    call->fault = verdict.fault;
    call->error = verdict.error;
    call->short_count = verdict.short_count;
    call->delay = verdict.delay;
    if (call->fault == FAULT_DELAYED) wait_for(call->delay);
    errno = call->saved_errno;
    return call->fault != FAULT_FAILED;
}

/// Keeps what the real call returned.
static void done(struct call *call, long long result) {
    call->result = result;
    call->error = result < 0 ? errno : 0;
}

/// Lists the call, lets go of the lock, and returns what the caller is to see.
static long long leave(struct call *call) {
    listing_append(call);
    recording_append(call);
    give_lock();
    errno = call->error != 0 ? call->error : call->saved_errno;
    return call->result;
}

#define CARRY_OUT(call, real)                                                                     \
    do {                                                                                          \
        if (enter(&call)) done(&call, real);                                                      \
        return (int)leave(&call);                                                                 \
    } while (0)

// MARK: Opening and closing

static bool has_mode(int flags) {
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

static enum kind kind_of_open(int flags) {
    return (flags & (O_CREAT | O_TRUNC)) != 0 ? STEP : OTHER;
}

static int open_mode(const char *path, int flags, mode_t mode) {
    struct call call;
    if (!watches_name(&call, "open", kind_of_open(flags), AT_FDCWD, path)) {
        return real_open(path, flags, mode);
    }
    call.flags = flags;
    CARRY_OUT(call, real_open(path, flags, mode));
}

static int openat_mode(int directory, const char *path, int flags, mode_t mode) {
    struct call call;
    if (!watches_name(&call, "openat", kind_of_open(flags), directory, path)) {
        return real_openat(directory, path, flags, mode);
    }
    call.flags = flags;
    CARRY_OUT(call, real_openat(directory, path, flags, mode));
}

/// The mode, which is there only when the flags ask for it.
#define MODE_ARGUMENT(flags, mode)                                                                \
    mode_t mode = 0;                                                                              \
    if (has_mode(flags)) {                                                                        \
        va_list list;                                                                             \
        va_start(list, flags);                                                                    \
        mode = va_arg(list, mode_t);                                                              \
        va_end(list);                                                                             \
    }

int open(const char *path, int flags, ...) {
    MODE_ARGUMENT(flags, mode)
    return open_mode(path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
    MODE_ARGUMENT(flags, mode)
    return openat_mode(directory, path, flags, mode);
}

// What a fortified program calls when it gives no mode.
int __open_2(const char *path, int flags) { return open_mode(path, flags, 0); }

int __openat_2(int directory, const char *path, int flags) {
    return openat_mode(directory, path, flags, 0);
}

int creat(const char *path, mode_t mode) {
    struct call call;
    if (!watches_name(&call, "creat", STEP, AT_FDCWD, path)) return real_creat(path, mode);
    call.flags = O_CREAT | O_TRUNC;
    CARRY_OUT(call, real_creat(path, mode));
}

int close(int fd) {
    struct call call;
    start();
    if (fd >= 0 && (fd == listing_descriptor() || fd == recording_descriptor())) {
        errno = EBADF;
        return -1;
    }
    if (!watches_descriptor(&call, "close", OTHER, fd)) return real_close(fd);
    CARRY_OUT(call, real_close(fd));
}

int dup(int fd) {
    struct call call;
    if (!watches_descriptor(&call, "dup", OTHER, fd)) return real_dup(fd);
    CARRY_OUT(call, real_dup(fd));
}

int dup2(int fd, int wanted) {
    struct call call;
    if (!watches_descriptor(&call, "dup2", OTHER, fd)) return real_dup2(fd, wanted);
    CARRY_OUT(call, real_dup2(fd, wanted));
}

int dup3(int fd, int wanted, int flags) {
    struct call call;
    if (!watches_descriptor(&call, "dup3", OTHER, fd)) return real_dup3(fd, wanted, flags);
    CARRY_OUT(call, real_dup3(fd, wanted, flags));
}

int fcntl(int fd, int command, ...) {
    // Every argument of fcntl, if there is one, is a word wide or less.
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    start();
    struct call call;
    bool is_dup = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
    if (!is_dup || !watches_descriptor(&call, "fcntl", OTHER, fd)) {
        return real_fcntl(fd, command, argument);
    }
    CARRY_OUT(call, real_fcntl(fd, command, argument));
}

// MARK: Writing

static long long total(const struct iovec *parts, int count) {
    long long sum = 0;
    for (int i = 0; i < count; i++) sum += (long long)parts[i].iov_len;
    return sum;
}

/// The first `limit` bytes of `parts`, in `cut`.
static int shorten(const struct iovec *parts, int count, long long limit) {
    int used = 0;
    for (; used < count && used < IOV_MAX && limit > 0; used++) {
        cut[used] = parts[used];
        if ((long long)cut[used].iov_len > limit) cut[used].iov_len = (size_t)limit;
        limit -= (long long)cut[used].iov_len;
    }
    return used;
}

/// Every kind of write; `offset` is null when the file's own position is meant.
static ssize_t carry_out_write(
    struct call *call, const struct iovec *parts, int count, const off_t *offset
) {
    call->at_position = offset == NULL;
    if (offset != NULL) call->offset = *offset;
    call->parts = parts;
    call->part_count = count;
    call->count = total(parts, count);
    if (enter(call)) {
        int injected = call->error;
        bool is_short = call->fault == FAULT_SHORT;
        if (is_short) {
            count = shorten(parts, count, call->short_count);
            parts = cut;
        }
        control_before_write(call);
        errno = call->saved_errno;
        done(call, offset == NULL ? real_writev(call->fd, parts, count)
                                  : real_pwritev(call->fd, parts, count, *offset));
        if (is_short) call->short_count = call->result < 0 ? 0 : call->result;
        if (injected != 0) {
            call->result = -1;
            call->error = injected;
        }
    }
    return (ssize_t)leave(call);
}

/// A line of the journal: no call of the program's work, only a mark in the record.
static ssize_t write_mark(struct call *call, const struct iovec *part) {
    call->name = "mark";
    call->parts = part;
    call->part_count = 1;
    call->count = (long long)part->iov_len;
    call->saved_errno = errno;
    take_lock();
    done(call, real_write(call->fd, part->iov_base, part->iov_len));
    recording_append(call);
    give_lock();
    errno = call->error != 0 ? call->error : call->saved_errno;
    return (ssize_t)call->result;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    struct call call;
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    bool watched = watches_descriptor(&call, "write", STEP, fd);
    if (path_is_journal(call.path)) return write_mark(&call, &part);
    if (!watched) return real_write(fd, bytes, count);
    return carry_out_write(&call, &part, 1, NULL);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    struct call call;
    if (!watches_descriptor(&call, "writev", STEP, fd)) return real_writev(fd, parts, count);
    return carry_out_write(&call, parts, count, NULL);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    struct call call;
    if (!watches_descriptor(&call, "pwrite", STEP, fd)) {
        return real_pwrite(fd, bytes, count, offset);
    }
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    return carry_out_write(&call, &part, 1, &offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    struct call call;
    if (!watches_descriptor(&call, "pwritev", STEP, fd)) {
        return real_pwritev(fd, parts, count, offset);
    }
    return carry_out_write(&call, parts, count, &offset);
}

// MARK: Reading

ssize_t pread(int fd, void *bytes, size_t count, off_t offset) {
    struct call call;
    start();
    if (media_is_hurt() && watches_descriptor(&call, "pread", OTHER, fd)
        && media_fails(call.path, offset, count)) {
        errno = EIO;
        return -1;
    }
    return real_pread(fd, bytes, count, offset);
}

// MARK: Size and durability

#define CARRY_OUT_FLUSH(call, real)                                                               \
    do {                                                                                          \
        if (enter(&call)) {                                                                       \
            done(&call, real);                                                                    \
            control_after_flush(&call);                                                           \
        }                                                                                         \
        return (int)leave(&call);                                                                 \
    } while (0)

int ftruncate(int fd, off_t length) {
    struct call call;
    if (!watches_descriptor(&call, "ftruncate", STEP, fd)) return real_ftruncate(fd, length);
    call.count = length;
    CARRY_OUT(call, real_ftruncate(fd, length));
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
    struct call call;
    if (!watches_descriptor(&call, "fallocate", STEP, fd)) {
        return real_fallocate(fd, mode, offset, length);
    }
    // One that keeps the length changes nothing that a reader sees.
    bool keeps = (mode & 1) != 0;
    call.offset = keeps ? 0 : offset;
    call.count = keeps ? 0 : length;
    CARRY_OUT(call, real_fallocate(fd, mode, offset, length));
}

int posix_fallocate(int fd, off_t offset, off_t length) {
    struct call call;
    if (!watches_descriptor(&call, "posix_fallocate", STEP, fd)) {
        return real_posix_fallocate(fd, offset, length);
    }
    call.offset = offset;
    call.count = length;
    if (enter(&call)) call.error = real_posix_fallocate(fd, offset, length);
    // It returns its error and leaves errno alone.
    call.result = call.error;
    int result = (int)leave(&call);
    errno = call.saved_errno;
    return result;
}

int fdatasync(int fd) {
    struct call call;
    if (!watches_descriptor(&call, "fdatasync", STEP, fd)) return real_fdatasync(fd);
    CARRY_OUT_FLUSH(call, real_fdatasync(fd));
}

int fsync(int fd) {
    struct call call;
    if (!watches_descriptor(&call, "fsync", STEP, fd)) return real_fsync(fd);
    CARRY_OUT_FLUSH(call, real_fsync(fd));
}

int msync(void *address, size_t length, int flags) {
    struct call call;
    start();
    int saved = errno;
    describe(&call, "msync", STEP);
    bool watched = path_of_mapping(address, call.path, &call.offset) && path_is_watched(call.path);
    errno = saved;
    if (!watched) return real_msync(address, length, flags);
    call.count = (long long)length;
    CARRY_OUT(call, real_msync(address, length, flags));
}

// MARK: Names

int rename(const char *path, const char *new_path) {
    struct call call;
    if (!watches_names(&call, "rename", STEP, AT_FDCWD, path, AT_FDCWD, new_path)) {
        return real_rename(path, new_path);
    }
    CARRY_OUT(call, real_rename(path, new_path));
}

int renameat(int directory, const char *path, int new_directory, const char *new_path) {
    struct call call;
    if (!watches_names(&call, "renameat", STEP, directory, path, new_directory, new_path)) {
        return real_renameat(directory, path, new_directory, new_path);
    }
    CARRY_OUT(call, real_renameat(directory, path, new_directory, new_path));
}

int renameat2(
    int directory, const char *path, int new_directory, const char *new_path, unsigned flags
) {
    struct call call;
    if (!watches_names(&call, "renameat2", STEP, directory, path, new_directory, new_path)) {
        return real_renameat2(directory, path, new_directory, new_path, flags);
    }
    CARRY_OUT(call, real_renameat2(directory, path, new_directory, new_path, flags));
}

int link(const char *path, const char *new_path) {
    struct call call;
    if (!watches_names(&call, "link", STEP, AT_FDCWD, path, AT_FDCWD, new_path)) {
        return real_link(path, new_path);
    }
    CARRY_OUT(call, real_link(path, new_path));
}

int linkat(int directory, const char *path, int new_directory, const char *new_path, int flags) {
    struct call call;
    if (!watches_names(&call, "linkat", STEP, directory, path, new_directory, new_path)) {
        return real_linkat(directory, path, new_directory, new_path, flags);
    }
    CARRY_OUT(call, real_linkat(directory, path, new_directory, new_path, flags));
}

int unlink(const char *path) {
    struct call call;
    if (!watches_name(&call, "unlink", STEP, AT_FDCWD, path)) return real_unlink(path);
    CARRY_OUT(call, real_unlink(path));
}

int unlinkat(int directory, const char *path, int flags) {
    struct call call;
    if (!watches_name(&call, "unlinkat", STEP, directory, path)) {
        return real_unlinkat(directory, path, flags);
    }
    CARRY_OUT(call, real_unlinkat(directory, path, flags));
}

int mkdir(const char *path, mode_t mode) {
    struct call call;
    if (!watches_name(&call, "mkdir", STEP, AT_FDCWD, path)) return real_mkdir(path, mode);
    CARRY_OUT(call, real_mkdir(path, mode));
}

int mkdirat(int directory, const char *path, mode_t mode) {
    struct call call;
    if (!watches_name(&call, "mkdirat", STEP, directory, path)) {
        return real_mkdirat(directory, path, mode);
    }
    CARRY_OUT(call, real_mkdirat(directory, path, mode));
}

// MARK: Symbol variants
// On 64-bit Linux they are the same functions under other names.

#define ALIAS(name, variant) extern __typeof__(name) variant __attribute__((alias(#name)));
ALIAS(open, open64)
ALIAS(open, __open)
ALIAS(open, __open64)
ALIAS(__open_2, __open64_2)
ALIAS(openat, openat64)
ALIAS(__openat_2, __openat64_2)
ALIAS(creat, creat64)
ALIAS(write, __write)
ALIAS(pread, pread64)
ALIAS(pread, __pread64)
ALIAS(pwrite, pwrite64)
ALIAS(pwrite, __pwrite64)
ALIAS(pwritev, pwritev64)
ALIAS(ftruncate, ftruncate64)
ALIAS(fallocate, fallocate64)
ALIAS(posix_fallocate, posix_fallocate64)
ALIAS(dup2, __dup2)
ALIAS(fcntl, fcntl64)
ALIAS(fcntl, __fcntl)
ALIAS(close, __close)
