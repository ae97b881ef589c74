#include "climits.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a commit needs beside the value: its branch and leaf, the free list, both meta pages.
enum { SPARE_BYTES = 64 * 1024 };

struct bare_lmdb {
    char directory[4096];
    size_t segment_bytes;
    size_t used_bytes;
    unsigned segment;
    uint64_t key;
    MDB_env *environment;
    MDB_dbi tree;
};

static int open_segment(struct bare_lmdb *store) {
    char path[4096 + 32];
    MDB_txn *transaction = NULL;
    snprintf(path, sizeof path, "%s/%u.mdb", store->directory, store->segment);
    int code = mdb_env_create(&store->environment);
    if (code != 0) return code;
    code = mdb_env_set_mapsize(store->environment, store->segment_bytes);
    if (code != 0) return code;
    code = mdb_env_open(store->environment, path, MDB_NOSUBDIR | MDB_NOLOCK, 0644);
    if (code != 0) return code;
    code = mdb_txn_begin(store->environment, NULL, 0, &transaction);
    if (code != 0) return code;
    code = mdb_dbi_open(transaction, NULL, 0, &store->tree);
    if (code != 0) {
        mdb_txn_abort(transaction);
        return code;
    }
    store->used_bytes = SPARE_BYTES;
    return mdb_txn_commit(transaction);
}

int bare_lmdb_open(const char *directory, size_t segment_bytes, struct bare_lmdb **store) {
    *store = NULL;
    struct bare_lmdb *made = calloc(1, sizeof *made);
    if (made == NULL) return ENOMEM;
    if (strlen(directory) >= sizeof made->directory) {
        free(made);
        return ENAMETOOLONG;
    }
    strcpy(made->directory, directory);
    made->segment_bytes = segment_bytes;
    int code = open_segment(made);
    if (code != 0) {
        bare_lmdb_close(made);
        return code;
    }
    *store = made;
    return 0;
}

int bare_lmdb_append(struct bare_lmdb *store, const void *bytes, size_t count) {
    // A large value takes whole pages and a page's header; every commit copies a leaf or two, whose
    // old pages are used again.
    size_t needed = (count + 16 + 4095) / 4096 * 4096 + 4096;
    if (store->used_bytes + needed > store->segment_bytes) {
        mdb_env_close(store->environment);
        store->environment = NULL;
        store->segment++;
        int code = open_segment(store);
        if (code != 0) return code;
    }
    store->used_bytes += needed;

    MDB_txn *transaction = NULL;
    int code = mdb_txn_begin(store->environment, NULL, 0, &transaction);
    if (code != 0) return code;
    uint64_t big_endian = __builtin_bswap64(store->key++);
    MDB_val key = {.mv_size = sizeof big_endian, .mv_data = &big_endian};
    MDB_val value = {.mv_size = count, .mv_data = (void *)bytes};
    code = mdb_put(transaction, store->tree, &key, &value, MDB_APPEND);
    if (code != 0) {
        mdb_txn_abort(transaction);
        return code;
    }
    return mdb_txn_commit(transaction);
}

void bare_lmdb_close(struct bare_lmdb *store) {
    if (store == NULL) return;
    if (store->environment != NULL) mdb_env_close(store->environment);
    free(store);
}
