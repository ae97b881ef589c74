#ifndef MILLRACE_CLIMITS_H
#define MILLRACE_CLIMITS_H

#include <stddef.h>
#include <stdint.h>

// The peers that the log is measured against, used as directly as their C interface allows.
// Every function that returns an int returns 0 or a code of its library, or of errno.

/// LMDB alone: one value a commit, appended, durable, in files of a bounded size.
struct bare_lmdb;

/// Writes files called `0.mdb`, `1.mdb`, … into `directory`, the next one when a value would not
/// fit `segment_bytes`.
int bare_lmdb_open(const char *directory, size_t segment_bytes, struct bare_lmdb **store);

/// Commits one value under the next key; it is durable when this returns.
int bare_lmdb_append(struct bare_lmdb *store, const void *bytes, size_t count);

void bare_lmdb_close(struct bare_lmdb *store);

/// SQLite: one table, WAL, synchronous=FULL, a prepared INSERT.
struct bare_sqlite;

int bare_sqlite_open(const char *path, struct bare_sqlite **store);

/// Inserts `rows` rows of `count` bytes each in one transaction, durable when this returns. Row n
/// begins at byte n * `stride` of `bytes`.
int bare_sqlite_insert(
    struct bare_sqlite *store, const void *bytes, size_t count, size_t stride, size_t rows);

void bare_sqlite_close(struct bare_sqlite *store);

#endif
