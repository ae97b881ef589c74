// FAULTSHIM_FAIL and FAULTSHIM_KILL: which calls do not get through.

#define _GNU_SOURCE
#include "call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct rule {
    char call[24];
    long first;
    long count; // 0: for ever
    int error;
    long long short_count; // -1: nothing is written
    long delay;            // in milliseconds
    long seen;
};

enum { RULE_MAX = 64, ERRNO_MAX = 134 };

static struct rule rules[RULE_MAX];
static int rule_count;
static long kill_step;

static const char *const names[] = {
    "any", "open", "openat", "creat", "write", "writev", "pwrite", "pwritev", "fdatasync",
    "fsync", "msync", "ftruncate", "fallocate", "posix_fallocate", "rename", "renameat",
    "renameat2", "link", "linkat", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "dup",
    "dup2", "dup3", "fcntl", "close",
};

static bool is_name(const char *text) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], text) == 0) return true;
    }
    return false;
}

static bool parse_number(const char *text, long long lowest, long long *value) {
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *value >= lowest;
}

static bool parse_error(const char *text, int *error) {
    long long number;
    if (parse_number(text, 0, &number)) {
        *error = (int)number;
        return number < ERRNO_MAX;
    }
    for (int candidate = 1; candidate < ERRNO_MAX; candidate++) {
        const char *name = strerrorname_np(candidate);
        if (name != NULL && strcmp(name, text) == 0) {
            *error = candidate;
            return true;
        }
    }
    return false;
}

static bool is_write(const char *call) {
    return strcmp(call, "any") == 0 || strstr(call, "write") != NULL;
}

static bool parse_rule(char *text, struct rule *rule) {
    char *fields[6];
    int count = 0;
    char *rest = text;
    for (char *field; (field = strsep(&rest, ":")) != NULL;) {
        if (count == 6) return false;
        fields[count++] = field;
    }

    long long number;
    if (count < 3 || !is_name(fields[0]) || !parse_number(fields[1], 1, &number)) return false;
    *rule = (struct rule){.first = (long)number, .count = 1, .short_count = -1};
    strcpy(rule->call, fields[0]); // every name is shorter than the field
    if (!parse_error(fields[2], &rule->error)) return false;

    int next = 3;
    bool is_named = next < count
        && (strcmp(fields[next], "short") == 0 || strcmp(fields[next], "delay") == 0);
    if (next < count && !is_named) {
        if (strcmp(fields[next], "forever") == 0) {
            number = 0;
        } else if (!parse_number(fields[next], 1, &number)) {
            return false;
        }
        rule->count = (long)number;
        next++;
    }
    if (next < count) {
        if (count != next + 2 || !parse_number(fields[next + 1], 0, &number)) return false;
        if (strcmp(fields[next], "delay") == 0) {
            rule->delay = (long)number;
            return rule->error == 0 && number > 0;
        }
        if (strcmp(fields[next], "short") != 0 || !is_write(rule->call)) return false;
        rule->short_count = number;
    }
    return rule->error != 0 || rule->short_count > 0;
}

static void parse_rules(const char *value) {
    char text[4096];
    if (strlen(value) >= sizeof text) refuse("FAULTSHIM_FAIL", value);
    strcpy(text, value);
    char *rest = text;
    for (char *part; (part = strsep(&rest, ",")) != NULL;) {
        if (rule_count == RULE_MAX || !parse_rule(part, &rules[rule_count])) {
            refuse("FAULTSHIM_FAIL", value);
        }
        rule_count++;
    }
}

void rules_replace(const char *text) {
    rule_count = 0;
    kill_step = 0;
    if (text[0] != '\0') parse_rules(text);
}

void rules_load(void) {
    const char *fail = getenv("FAULTSHIM_FAIL");
    if (fail != NULL && fail[0] != '\0') parse_rules(fail);

    const char *kill = getenv("FAULTSHIM_KILL");
    long long step = 0;
    if (kill == NULL || kill[0] == '\0') return;
    if (!parse_number(kill, 1, &step)) refuse("FAULTSHIM_KILL", kill);
    kill_step = (long)step;
}

struct verdict rules_judge(const struct call *call) {
    struct verdict verdict = {.fault = FAULT_NONE, .short_count = -1};
    if (kill_step != 0 && call->step == kill_step) verdict.fault = FAULT_KILLED;

    // Every rule counts, also behind one that has won: the numbers must not depend on the order.
    for (int i = 0; i < rule_count; i++) {
        struct rule *rule = &rules[i];
        bool matches = strcmp(rule->call, "any") == 0 ? call->is_step
                                                      : strcmp(rule->call, call->name) == 0;
        if (!matches) continue;
        rule->seen++;
        if (rule->seen < rule->first) continue;
        if (rule->count != 0 && rule->seen >= rule->first + rule->count) continue;
        if (verdict.fault != FAULT_NONE) continue;
        if (rule->delay > 0) {
            verdict.fault = FAULT_DELAYED;
            verdict.delay = rule->delay;
            continue;
        }
        bool is_short = rule->short_count >= 0 && call->parts != NULL;
        if (!is_short && rule->error == 0) continue; // `any` with only `short` leaves others alone
        verdict.fault = is_short ? FAULT_SHORT : FAULT_FAILED;
        verdict.error = rule->error;
        verdict.short_count = is_short ? rule->short_count : -1;
    }
    return verdict;
}
