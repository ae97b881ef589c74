// Headers and constants that Swift's Glibc module leaves out.
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <sys/vfs.h>

// Whether the kernel's clock is being disciplined by a source of time (adjtimex(2)).
static inline int millrace_clock_is_synchronised(void) {
    struct timex status = {0};
    int state = adjtimex(&status);
    return state >= 0 && state != TIME_ERROR && (status.status & STA_UNSYNC) == 0;
}

// fallocate(2), which <fcntl.h> shows to those only who ask for all of GNU.
extern int fallocate(int descriptor, int mode, off_t offset, off_t length);

// Sets bytes aside on the volume; the file keeps its length (FALLOC_FL_KEEP_SIZE).
static inline int millrace_reserve(int descriptor, off_t offset, off_t length) {
    return fallocate(descriptor, 1, offset, length);
}

// A counter that poll(2) can wait for, not blocking and closed on exec; -1 and `errno`.
static inline int millrace_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// The user at the other end of a Unix socket (SO_PEERCRED of unix(7)), or -1 and `errno`.
static inline long millrace_peer_uid(int descriptor) {
    struct { int pid; unsigned int uid; unsigned int gid; } peer = {0, 0, 0};
    socklen_t length = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return -1;
    return (long)peer.uid;
}
