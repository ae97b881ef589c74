#include "climits.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

struct bare_sqlite {
    sqlite3 *database;
    sqlite3_stmt *insert;
};

static int run(struct bare_sqlite *store, const char *statement) {
    return sqlite3_exec(store->database, statement, NULL, NULL, NULL);
}

static int prepare(struct bare_sqlite *store, const char *path) {
    int code = sqlite3_open(path, &store->database);
    if (code != SQLITE_OK) return code;
    static const char *const statements[] = {
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE event (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        code = run(store, statements[i]);
        if (code != SQLITE_OK) return code;
    }
    return sqlite3_prepare_v2(
        store->database, "INSERT INTO event (body) VALUES (?)", -1, &store->insert, NULL);
}

int bare_sqlite_open(const char *path, struct bare_sqlite **store) {
    *store = NULL;
    struct bare_sqlite *made = calloc(1, sizeof *made);
    if (made == NULL) return ENOMEM;
    int code = prepare(made, path);
    if (code != SQLITE_OK) {
        bare_sqlite_close(made);
        return code;
    }
    *store = made;
    return 0;
}

int bare_sqlite_insert(
    struct bare_sqlite *store, const void *bytes, size_t count, size_t stride, size_t rows
) {
    int code = run(store, "BEGIN");
    for (size_t row = 0; row < rows && code == SQLITE_OK; row++) {
        const char *body = (const char *)bytes + row * stride;
        code = sqlite3_bind_blob(store->insert, 1, body, (int)count, SQLITE_STATIC);
        if (code == SQLITE_OK && sqlite3_step(store->insert) != SQLITE_DONE) {
            code = sqlite3_errcode(store->database);
        }
        sqlite3_reset(store->insert);
    }
    if (code == SQLITE_OK) return run(store, "COMMIT");
    run(store, "ROLLBACK");
    return code;
}

void bare_sqlite_close(struct bare_sqlite *store) {
    if (store == NULL) return;
    sqlite3_finalize(store->insert);
    sqlite3_close(store->database);
    free(store);
}
