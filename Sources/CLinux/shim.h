// Headers that Swift's Glibc module leaves out.
#include <sys/timex.h>
#include <sys/vfs.h>

// Whether the kernel's clock is being disciplined by a source of time (adjtimex(2)).
static inline int millrace_clock_is_synchronised(void) {
    struct timex status = {0};
    int state = adjtimex(&status);
    return state >= 0 && state != TIME_ERROR && (status.status & STA_UNSYNC) == 0;
}
