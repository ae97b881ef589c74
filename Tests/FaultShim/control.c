// What the watched program itself may ask of the shim while it runs: other rules, and the loss of
// what it wrote and never flushed. The functions are found with dlsym, so nothing links the shim.

#define _GNU_SOURCE
#include "call.h"
#include "faultshim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// A change of a file that no flush has covered yet: what was there before.
struct change {
    dev_t device;
    ino_t inode;
    int fd;               // of our own; -1 once a flush has covered the change
    long long offset;     // of a write
    long long count;      // bytes written
    long long old_length; // of the file
    long long kept;       // bytes of the arena that follow: what stood at `offset`
};

enum { ARENA_BYTES = 256 << 20, SECTOR = 512 };

static unsigned char *arena;
static size_t used;
static size_t live;

static struct change *change_at(size_t place) { return (struct change *)(void *)(arena + place); }

static size_t size_of(const struct change *change) {
    size_t bytes = sizeof *change + (size_t)change->kept;
    return (bytes + 15) & ~(size_t)15;
}

static void forget(struct change *change) {
    syscall(SYS_close, change->fd);
    change->fd = -1;
    if (--live == 0) used = 0;
}

/// An open file of our own for the caller's, so that no lock of the caller's hangs on it.
static int own_descriptor(int fd) {
    char path[48] = "/proc/self/fd/";
    char digits[12];
    int length = 0;
    for (int rest = fd; rest > 0 || length == 0; rest /= 10) digits[length++] = (char)('0' + rest % 10);
    size_t end = strlen(path);
    while (length > 0) path[end++] = digits[--length];
    path[end] = '\0';
    return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
}

void control_before_write(const struct call *call) {
    struct stat status;
    if (arena == NULL || (call->flags & O_DSYNC) != 0 || call->offset < 0 || call->count <= 0) return;
    if (syscall(SYS_newfstatat, call->fd, "", &status, AT_EMPTY_PATH) != 0) return;
    if (used + sizeof(struct change) + (size_t)call->count + 16 > ARENA_BYTES) {
        refuse("faultshim_remember", "too much was written without a flush");
    }
    struct change *change = change_at(used);
    *change = (struct change){
        .device = status.st_dev, .inode = status.st_ino, .fd = own_descriptor(call->fd),
        .offset = call->offset, .count = call->count, .old_length = status.st_size};
    if (change->fd < 0) return;
    long read = syscall(
        SYS_pread64, change->fd, arena + used + sizeof *change, (size_t)call->count, call->offset);
    change->kept = read < 0 ? 0 : read;
    used += size_of(change);
    live++;
}

void control_after_flush(const struct call *call) {
    struct stat status;
    if (arena == NULL || call->result != 0) return;
    if (syscall(SYS_newfstatat, call->fd, "", &status, AT_EMPTY_PATH) != 0) return;
    for (size_t place = 0; place < used;) {
        struct change *change = change_at(place);
        place += size_of(change);
        bool is_its = change->inode == status.st_ino && change->device == status.st_dev;
        if (change->fd >= 0 && is_its) forget(change);
    }
}

__attribute__((visibility("default"))) void faultshim_fail(const char *text) {
    shim_lock();
    rules_replace(text);
    shim_unlock();
}

__attribute__((visibility("default"))) long faultshim_steps(void) {
    shim_lock();
    long count = shim_step_count();
    shim_unlock();
    return count;
}

__attribute__((visibility("default"))) void faultshim_remember(void) {
    shim_lock();
    if (arena == NULL) {
        void *memory = mmap(
            NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) refuse("faultshim_remember", "no memory");
        arena = memory;
    }
    shim_unlock();
}

/// Puts back what stood where the change was made, but for its first `kept` bytes.
static void undo(const struct change *change, long long kept) {
    const unsigned char *bytes = (const unsigned char *)(change + 1);
    if (change->kept > kept) {
        syscall(
            SYS_pwrite64, change->fd, bytes + kept, (size_t)(change->kept - kept),
            change->offset + kept);
    }
    long long end = change->offset + kept;
    long long length = change->old_length > end ? change->old_length : end;
    struct stat status;
    if (syscall(SYS_newfstatat, change->fd, "", &status, AT_EMPTY_PATH) != 0) return;
    bool reached = change->offset + change->count >= status.st_size;
    if (reached && status.st_size > length) syscall(SYS_ftruncate, change->fd, length);
}

__attribute__((visibility("default"))) long faultshim_lose(uint64_t draw) {
    shim_lock();
    long long survivors = live == 0 ? 0 : (long long)(draw % (live + 1));
    long lost = (long)((long long)live - survivors);
    size_t places[4096];
    size_t count = 0;
    for (size_t place = 0; place < used; place += size_of(change_at(place))) {
        if (change_at(place)->fd < 0) continue;
        if (count == sizeof places / sizeof places[0]) refuse("faultshim_lose", "too many changes");
        places[count++] = place;
    }
    while (count > 0) {
        struct change *change = change_at(places[--count]);
        if ((long long)count >= survivors) {
            // The first that is lost may be torn.
            bool is_first = (long long)count == survivors;
            long long sectors = change->count / SECTOR;
            long long kept = is_first && sectors > 0
                ? (long long)((draw >> 32) % (uint64_t)(sectors + 1)) * SECTOR : 0;
            undo(change, kept);
        }
        forget(change);
    }
    shim_unlock();
    return lost;
}
