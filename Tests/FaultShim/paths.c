// Which file a call is about. Everything is asked of the kernel at the time of the call, so there
// is no table of descriptors that a dup, a rename or a thread could make wrong.

#define _GNU_SOURCE
#include "call.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char under[PATH_BYTES];
static size_t under_length;
static char journal[PATH_BYTES];

void refuse(const char *variable, const char *value) {
    char text[512];
    int length = snprintf(text, sizeof text, "faultshim: bad %s: '%s'\n", variable, value);
    if (length > (int)sizeof text - 1) length = sizeof text - 1;
    syscall(SYS_write, STDERR_FILENO, text, (size_t)length);
    _exit(97);
}

static void load_journal(void) {
    const char *value = getenv("FAULTSHIM_JOURNAL");
    if (value == NULL || value[0] == '\0') return;
    if (strlen(value) >= PATH_MAX) refuse("FAULTSHIM_JOURNAL", value);
    path_of_name(AT_FDCWD, value, journal);
}

bool path_is_journal(const char *path) {
    return journal[0] != '\0' && strcmp(path, journal) == 0;
}

void paths_load(void) {
    load_journal();
    const char *value = getenv("FAULTSHIM_UNDER");
    if (value == NULL || value[0] == '\0') return;
    if (strlen(value) >= PATH_MAX) refuse("FAULTSHIM_UNDER", value);
    // The directory itself may not be there yet; its parent then gives the true name.
    path_of_name(AT_FDCWD, value, under);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, under, O_PATH | O_CLOEXEC);
    if (fd >= 0) {
        char found[PATH_BYTES];
        if (path_of_descriptor(fd, found)) memcpy(under, found, sizeof under);
        syscall(SYS_close, fd);
    }
    under_length = strlen(under);
    if (under_length == 1) under_length = 0; // "/": everything
}

bool path_is_watched(const char *path) {
    if (path[0] == '\0') return under_length == 0;
    return strncmp(path, under, under_length) == 0
        && (under_length == 0 || path[under_length] == '/' || path[under_length] == '\0');
}

static bool read_link_of(int fd, char path[PATH_BYTES]) {
    char link[48];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_BYTES - 1);
    path[length < 0 ? 0 : length] = '\0';
    return length > 0;
}

bool path_of_descriptor(int fd, char path[PATH_BYTES]) {
    struct stat status;
    path[0] = '\0';
    if (syscall(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH) != 0) return false;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return false;
    return read_link_of(fd, path);
}

static void join(char path[PATH_BYTES], const char *part) {
    size_t length = strlen(path);
    const char *slash = length > 0 && path[length - 1] == '/' ? "" : "/";
    snprintf(path + length, PATH_BYTES - length, "%s%s", slash, part);
}

void path_of_name(int directory, const char *name, char path[PATH_BYTES]) {
    path[0] = '\0';
    if (name == NULL || strlen(name) >= PATH_MAX) return;
    if (name[0] == '\0') { // AT_EMPTY_PATH: the descriptor itself
        read_link_of(directory, path);
        return;
    }

    // Split off the last part, which need not exist; "." and ".." belong to the parent.
    char parent[PATH_MAX];
    size_t length = strlen(name);
    while (length > 1 && name[length - 1] == '/') length--;
    size_t start = length;
    while (start > 0 && name[start - 1] != '/') start--;
    size_t last_length = length - start;
    bool is_dots = (last_length == 1 && name[start] == '.')
        || (last_length == 2 && name[start] == '.' && name[start + 1] == '.');
    size_t parent_length = is_dots ? length : start;
    memcpy(parent, name, parent_length);
    parent[parent_length] = '\0';

    char last[PATH_MAX] = "";
    if (!is_dots) {
        memcpy(last, name + start, last_length);
        last[last_length] = '\0';
    }

    const char *place = parent_length > 0 ? parent : ".";
    int fd = (int)syscall(SYS_openat, directory, place, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool found = fd >= 0 && read_link_of(fd, path);
    if (fd >= 0) syscall(SYS_close, fd);
    if (!found) snprintf(path, PATH_BYTES, "%s", place);
    if (last[0] != '\0') join(path, last);
}

/// Takes "start-end perms offset device inode   path" apart.
static bool parse_mapping(
    const char *line, uintptr_t address, char path[PATH_BYTES], long long *offset
) {
    char *rest;
    uintptr_t start = strtoull(line, &rest, 16);
    if (*rest != '-') return false;
    uintptr_t end = strtoull(rest + 1, &rest, 16);
    if (address < start || address >= end) return false;
    if (strlen(rest) < 6) return false;
    long long mapped = strtoll(rest + 6, &rest, 16);
    const char *slash = strchr(rest, '/');
    if (slash == NULL) return false;
    snprintf(path, PATH_BYTES, "%s", slash);
    *offset = mapped + (long long)(address - start);
    return true;
}

bool path_of_mapping(const void *address, char path[PATH_BYTES], long long *offset) {
    int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);
    path[0] = '\0';
    if (fd < 0) return false;

    char line[PATH_BYTES];
    size_t length = 0;
    bool found = false;
    char chunk[4096];
    long count;
    while (!found && (count = syscall(SYS_read, fd, chunk, sizeof chunk)) > 0) {
        for (long i = 0; i < count && !found; i++) {
            if (chunk[i] != '\n') {
                if (length < sizeof line - 1) line[length++] = chunk[i];
                continue;
            }
            line[length] = '\0';
            length = 0;
            found = parse_mapping(line, (uintptr_t)address, path, offset);
        }
    }
    syscall(SYS_close, fd);
    return found;
}
