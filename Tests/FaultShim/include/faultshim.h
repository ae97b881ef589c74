#ifndef MILLRACE_FAULTSHIM_H
#define MILLRACE_FAULTSHIM_H

// FaultShim: a library to preload into a child process (LD_PRELOAD). It lists the calls that change
// files, makes chosen ones fail, and kills the process before a chosen one.
//
// Environment
//
//   FAULTSHIM_UNDER=DIRECTORY   Only calls on files in or below it are listed, counted and failed.
//                               Without it: all regular files and directories.
//   FAULTSHIM_LOG=FILE          One line a call is appended to FILE (which is never listed itself).
//   FAULTSHIM_RECORD=FILE       Each successful call that changes something, with its bytes, is
//                               appended to FILE (format below).
//   FAULTSHIM_JOURNAL=FILE      Every write() to FILE becomes a mark in the record, in its place
//                               between the calls. It is no step, and is neither listed nor failed.
//                               FILE is best outside FAULTSHIM_UNDER.
//   FAULTSHIM_FAIL=RULE,RULE... RULE = CALL:N:ERRNO[:COUNT|:forever][:short:BYTES|:delay:MS]
//       CALL    a name of the table below, or `any`: every call that is a step
//       N       the N-th such call, from 1; each rule counts for itself
//       ERRNO   a name (ENOSPC) or a number; 0 means no error, which only the last two give a sense
//       COUNT   how many calls from the N-th on (1 without it), or `forever`
//       BYTES   of a write: that many bytes are written first. With ERRNO 0 the call returns that
//               count, with another it returns -1 all the same: a torn write.
//       MS      the call waits so many milliseconds, and all other calls with it; then it happens.
//     The first rule that matches wins. A failed call does nothing else.
//   FAULTSHIM_KILL=N            SIGKILL just before step N, from 1. The call does not happen.
//   FAULTSHIM_CLOCK=FILE        The first eight bytes of FILE, a little-endian i64, are the seconds
//                               by which the wall clock is ahead of the machine's. They count from
//                               the moment they are written. Other clocks stay as they are.
//
//   FAULTSHIM_UNREADABLE=END:OFFSET:COUNT
//                               A pread of any of these bytes of a file whose path ends with END
//                               fails with EIO, as from a bad sector. It is neither listed nor
//                               counted.
//
// A rule that cannot be read ends the process with a message and status 97, at once: a test that
// believes it injects a fault must not pass because of a typing error.
//
// Calls (symbol variants such as `open64` or `__open_2` are listed under the plain name)
//
//   step:  open, openat (with O_CREAT or O_TRUNC), creat, write, writev, pwrite, pwritev,
//          fdatasync, fsync, msync, ftruncate, fallocate, posix_fallocate, rename, renameat,
//          renameat2, link, linkat, unlink, unlinkat, mkdir, mkdirat
//   other: open, openat, close, dup, dup2, dup3, fcntl (F_DUPFD, F_DUPFD_CLOEXEC)
//
// A fallocate that keeps the file's length is listed with offset 0 and count 0: it changes nothing
// that can be read.
//
// A line has these fields, with a tab between them and `-` for what does not apply
//
//   1 number   of the call in its process, from 1      7 second path  of rename and link
//   2 process  id                                      8 offset       of a write, fallocate, msync
//   3 step     number of the step, from 1              9 byte count   asked for; length, ftruncate
//   4 call     name                                   10 flags        of the open file, by comma:
//   5 fd       of the file; of a dup, the old one                     creat excl trunc append dsync
//   6 path     absolute                               11 result       what the caller got
//                                                     12 errno        name
//                                                     13 fault        failed, killed, short:BYTES
//                                                                    (written), delayed:MS
//
// Paths have no symbolic link in them, except that their last part may be one. Bytes below 0x20,
// 0x7f and the backslash are written as \xHH. The path of a descriptor is what /proc says: the
// file's present name, with " (deleted)" after it when it has none.
//
// The record
//
//   Entries one after the other, each a head of 64 bytes, then its texts and bytes. Integers are
//   little-endian, without padding:
//
//    0 u32 magic 0x4352534d    16 i64 offset  of a write, else -1    40 u32 flags, as of open(2):
//    4 u32 process id          24 i64 count   of a write: written;     O_DSYNC on a write means
//    8 u64 step, 0 for a mark                 else as listed           it was durable on return
//   32 u64 inode    of the file the call was about, 0 when there is none
//   44 u16 length of the call's name    46 u16 of the path    48 u16 of the second path
//   50 u16 0                            52 u32 of the bytes   56 i64 result
//
//   Calls: the steps above that succeeded (a torn write counts with what it wrote, whatever its
//   caller was told), an fsync or fdatasync that failed (result -1), and `mark`, whose bytes are
//   those written to FAULTSHIM_JOURNAL. Marks and calls are in the order in which they happened.
//   Several processes may append to one record in turn.
//
// Fault model
//
// - Listed calls of one process happen one after the other, under a lock: the order of the lines
//   is the order of the calls. A write that is listed before a flush of its file is covered by it.
//   (So a listed call that blocks, such as opening a FIFO, stops the others.)
// - A forked child goes on counting where its parent was; a program it executes starts at 1.
// - What is listed is what the process asked for, not what the device did. Everything up to the
//   last successful flush of a file is durable; of the rest any subset may be, torn at sectors;
//   a name (created, renamed, removed) is durable after a flush of its directory. A write through a
//   descriptor with `dsync` is durable when it returns. Deriving such states from the list is the
//   reader's work.
// - FAULTSHIM_KILL stops the process, not the machine: the page cache survives.
// - A failed fdatasync does not drop dirty pages here. The kernel takes them for clean and never
//   writes them; whoever builds states from the record models that.
//
// Not seen: reads but for pread, stores through a shared mapping, system calls made without the C library, io_uring,
// calls the C library makes inside itself (stdio, remove), pwritev2, copy_file_range, symlink,
// rmdir, truncate. The store uses none of them for its data; whoever adds one adds it here.
//
// From inside the program, found with dlsym (`control.c`)
//
//   void faultshim_fail(const char *rules)   Other rules, as in FAULTSHIM_FAIL, whose counts begin
//                                            now; "" for none.
//   long faultshim_steps(void)               How many steps there have been.
//   void faultshim_remember(void)            From now on, what writes replace is kept until a flush
//                                            of their file, in a memory of 256 MiB.
//   long faultshim_lose(uint64_t draw)       Power loss: of the writes that were not flushed only
//                                            a first part is left, of the length and the tear that
//                                            `draw` says; how many were lost. Names all survive.
//                                            The program has to have closed the files before.
//
// Nothing here allocates. The shim's own calls go to the kernel directly and are never listed.

#endif
