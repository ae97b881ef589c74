// FAULTSHIM_CLOCK: a wall clock that another process sets.

#define _GNU_SOURCE
#include "call.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t *offset;
static _Atomic(__typeof__(clock_gettime) *) real;

static int read_clock(clockid_t clock, struct timespec *now) {
    __typeof__(clock_gettime) *known = real;
    if (known == NULL) real = known = (__typeof__(clock_gettime) *)dlsym(RTLD_NEXT, "clock_gettime");
    return known(clock, now);
}

__attribute__((constructor)) static void load(void) {
    const char *path = getenv("FAULTSHIM_CLOCK");
    if (path == NULL || path[0] == '\0') return;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) refuse("FAULTSHIM_CLOCK", path);
    void *mapped = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (mapped == MAP_FAILED) refuse("FAULTSHIM_CLOCK", path);
    offset = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = read_clock(clock, now);
    bool is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    if (result == 0 && is_wall && offset != NULL) now->tv_sec += *offset;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec time;
    int result = clock_gettime(CLOCK_REALTIME, &time);
    if (result == 0) {
        *now = (struct timeval){.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000};
    }
    return result;
}

time_t time(time_t *place) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (place != NULL) *place = now.tv_sec;
    return now.tv_sec;
}
