#ifndef FAULTSHIM_CALL_H
#define FAULTSHIM_CALL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

// The library is preloaded into programs that know nothing of it: only what it interposes may be
// visible, never its own helpers.
#pragma GCC visibility push(hidden)

/// What was done to a call. A short one writes its first bytes; its error says whether the caller
/// is told so (0) or gets a failure. A delayed one happens, later.
enum fault { FAULT_NONE, FAULT_FAILED, FAULT_SHORT, FAULT_KILLED, FAULT_DELAYED };

enum { PATH_BYTES = PATH_MAX + 256 };

/// One interposed call: what the caller asked for, then what became of it.
struct call {
    const char *name;
    bool is_step;
    int fd;                    // -1 when the call is by path
    char path[PATH_BYTES];     // empty when unknown
    char new_path[PATH_BYTES]; // empty when there is none
    long long offset;          // -1 when there is none
    long long count;           // -1 when there is none
    int flags;                 // of open(2)
    const struct iovec *parts; // the bytes of a write, for whoever records them
    int part_count;
    bool at_position; // a write without an offset of its own

    long number; // in this process
    long step;   // 0 when it is none
    long long result;
    int error; // 0 when it succeeded
    enum fault fault;
    long long short_count; // of a write cut short: how many bytes were written, else -1
    long delay;            // in milliseconds
    int saved_errno;       // the caller's, from before the call
};

/// What the rules say about a call.
struct verdict {
    enum fault fault;
    int error;
    long long short_count; // bytes to write first, -1 for none
    long delay;            // in milliseconds
};

// rules.c

/// Reads FAULTSHIM_FAIL and FAULTSHIM_KILL. Ends the process when they make no sense.
void rules_load(void);

/// Puts other rules, or with an empty text none, in the place of those there are. Under the lock.
void rules_replace(const char *text);

/// Counts the call in every rule it matches and tells its fate. Under the lock.
struct verdict rules_judge(const struct call *call);

// interpose.c

void shim_lock(void);
void shim_unlock(void);

/// How many steps there have been. Under the lock.
long shim_step_count(void);

// control.c

/// Keeps what a write is about to replace, if the program has asked for it. Under the lock.
void control_before_write(const struct call *call);

/// Forgets what a flush has made durable. Under the lock.
void control_after_flush(const struct call *call);

// listing.c

/// Opens FAULTSHIM_LOG, when there is one.
void listing_open(void);

/// Appends the line of a finished call. Under the lock.
void listing_append(const struct call *call);

/// The descriptor of the list, or -1: the program must not close or replace it.
int listing_descriptor(void);

// recording.c

/// Opens FAULTSHIM_RECORD, when there is one.
void recording_open(void);

/// Appends a finished call and its bytes. Under the lock.
void recording_append(const struct call *call);

/// The descriptor of the record, or -1: the program must not close or replace it.
int recording_descriptor(void);

// media.c

/// Reads FAULTSHIM_UNREADABLE.
void media_load(void);

/// Whether there are places that cannot be read.
bool media_is_hurt(void);

/// Whether one of them is among those bytes.
bool media_fails(const char *path, long long offset, size_t count);

// paths.c

/// Reads FAULTSHIM_UNDER and FAULTSHIM_JOURNAL.
void paths_load(void);

/// Whether calls on this path are ours to list.
bool path_is_watched(const char *path);

/// Whether this is the file whose writes are marks in the record.
bool path_is_journal(const char *path);

/// The path of an open regular file or directory; false for anything else.
bool path_of_descriptor(int fd, char path[PATH_BYTES]);

/// The absolute path that `name` has when it is looked up from `directory`.
void path_of_name(int directory, const char *name, char path[PATH_BYTES]);

/// The path of the file mapped at an address; false when there is none.
bool path_of_mapping(const void *address, char path[PATH_BYTES], long long *offset);

/// Ends the process because its FAULTSHIM_ environment cannot be understood.
void refuse(const char *variable, const char *value) __attribute__((noreturn));

#pragma GCC visibility pop

#endif
