/* SPDX-License-Identifier: BSD-3-Clause */
#include "trim.h"

#include "arena.h"
#include "cmd.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One line of the state file: "pass NAME..." or "fail NAME... : WHY". */
struct trim_memory {
    const char *set; /* the names, sorted, each with a blank before it */
    bool passed;
    const char *why;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The options that are off in a trial: those found before, and some of the candidates. */
static struct names unite(const struct names *a, const char **items, size_t count)
{
    struct names all = {NULL, 0, 0};

    for (size_t i = 0; i < a->count; i++)
        list_add(&all, a->items[i]);
    for (size_t i = 0; i < count; i++)
        list_add(&all, items[i]);
    qsort(all.items, all.count, sizeof(all.items[0]), by_text);
    return all;
}

static const char *join(const struct names *names)
{
    const char *text = "";

    for (size_t i = 0; i < names->count; i++)
        text = format("%s %s", text, names->items[i]);
    return text;
}

/* In a line of the state file, the names begin behind the first word. */
static void remember_line(struct trim *trim, char *line)
{
    struct trim_memory memory = {.passed = strncmp(line, "pass", 4) == 0};
    char *why = strstr(line, " : ");

    if (!memory.passed && strncmp(line, "fail", 4) != 0)
        return;
    if (why) {
        *why = '\0';
        memory.why = copy(why + 3);
    }
    memory.set = copy(line + 4);
    list_add(&trim->memory, memory);
}

/* Ignores a file about another subject, and a line that was not written to its end. */
static int read_state(struct trim *trim, chaos_error *err)
{
    FILE *file = trim->state ? fopen(trim->state, "re") : NULL;
    cleanup_free char *line = NULL;
    size_t room = 0;
    bool known = false;
    ssize_t len;

    if (!file)
        return !trim->state || errno == ENOENT
                   ? 0
                   : error_errno(err, CHAOS_E_IO, errno, "%s", trim->state);
    while ((len = getline(&line, &room, file)) > 0 && line[len - 1] == '\n') {
        line[len - 1] = '\0';
        if (!known && strcmp(line, trim->subject) != 0)
            break;
        if (known)
            remember_line(trim, line);
        known = true;
    }
    fclose(file);
    return 0;
}

/* Writes the whole file anew at the beginning; later, lines are appended. */
static int write_state(const struct trim *trim, chaos_error *err)
{
    const char *new = trim->state ? format("%s.new", trim->state) : NULL;
    FILE *file = new ? fopen(new, "we") : NULL;

    if (!trim->state)
        return 0;
    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", new);
    fprintf(file, "%s\n", trim->subject);
    for (size_t i = 0; i < trim->memory.count; i++) {
        const struct trim_memory *memory = &trim->memory.items[i];

        fprintf(file, "%s%s%s%s\n", memory->passed ? "pass" : "fail", memory->set,
                memory->why ? " : " : "", memory->why ? memory->why : "");
    }
    if (fclose(file) != 0 || rename(new, trim->state) < 0)
        return error_errno(err, CHAOS_E_IO, errno, "%s", trim->state);
    return 0;
}

static int add_state(const struct trim *trim, const struct trim_memory *memory, chaos_error *err)
{
    FILE *file = trim->state ? fopen(trim->state, "ae") : NULL;

    if (!trim->state)
        return 0;
    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", trim->state);
    fprintf(file, "%s%s%s%s\n", memory->passed ? "pass" : "fail", memory->set,
            memory->why ? " : " : "", memory->why ? memory->why : "");
    return fclose(file) == 0 ? 0 : error_errno(err, CHAOS_E_IO, errno, "%s", trim->state);
}

static const struct trim_memory *recall(const struct trim *trim, const char *set)
{
    for (size_t i = 0; i < trim->memory.count; i++) {
        if (strcmp(trim->memory.items[i].set, set) == 0)
            return &trim->memory.items[i];
    }
    return NULL;
}

/* Estimates the time left from the trials done so far. */
static void tell(const struct trim *trim, size_t count, const char **items, bool passed)
{
    size_t done = trim->off.count + trim->needed.count, all = trim->candidates.count;
    long spent = (long)(time(NULL) - trim->begin);
    const char *left = "";

    if (done && done < all)
        left = format(", about %ld min left", spent * (long)(all - done) / (long)done / 60 + 1);
    report("%zu of %zu options decided, %zu off; trial %u: %zu %s (%s%s) %s%s", done, all,
           trim->off.count, trim->trials, count, count == 1 ? "option" : "options", items[0],
           count > 1 ? " ..." : "", passed ? "can be off" : "cannot", left);
}

static int try(struct trim *trim, const char **items, size_t count, bool *passed, const char **why,
               chaos_error *err)
{
    struct names off = unite(&trim->off, items, count);
    struct trim_memory memory = {.set = join(&off)};
    const struct trim_memory *known = recall(trim, memory.set);
    int rc = 0;

    if (known) {
        trim->remembered++;
        memory = *known;
    } else {
        trim->trials++;
        rc = trim->try(trim->opaque, &off, &memory.passed, &memory.why, err);
        if (memory.passed)
            memory.why = NULL;
        if (!rc) {
            tell(trim, count, items, memory.passed);
            list_add(&trim->memory, memory);
            rc = add_state(trim, &memory, err);
        }
    }
    *passed = memory.passed;
    *why = memory.why;
    return rc;
}

static void keep_off(struct trim *trim, const char **items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        list_add(&trim->off, items[i]);
}

/* `bad`: these options are known not to pass all off at once; `why` says what failed. */
static int search(struct trim *trim, const char **items, size_t count, bool bad, const char *why,
                  chaos_error *err)
{
    bool passed = false;
    size_t half = count / 2, before = trim->off.count;
    int rc = bad ? 0 : try(trim, items, count, &passed, &why, err);

    if (rc < 0)
        return rc;
    if (passed) {
        keep_off(trim, items, count);
        return 0;
    }
    if (count == 1) {
        list_add(&trim->needed, (struct trim_need){items[0], why ? why : "?"});
        return 0;
    }
    rc = search(trim, items, half, false, NULL, err);
    if (rc < 0)
        return rc;
    /* All of the first half is off, so the test needs something of the second. */
    return search(trim, items + half, count - half, trim->off.count == before + half, why, err);
}

int trim_search(struct trim *trim, chaos_error *err)
{
    size_t count = trim->candidates.count;
    int rc = read_state(trim, err);

    trim->begin = time(NULL);
    if (!rc)
        rc = write_state(trim, err);
    for (size_t i = 0; !rc && i < count; i += TRIM_GROUP)
        rc = search(trim, trim->candidates.items + i,
                    count - i < TRIM_GROUP ? count - i : TRIM_GROUP, false, NULL, err);
    return rc;
}
