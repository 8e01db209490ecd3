/* SPDX-License-Identifier: BSD-3-Clause */
#include "fragment.h"

#include "arena.h"
#include "base/util.h"

#include <stdbool.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PREFIX     "CONFIG_"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define UNSET      " is not set"
#define MAX_SIZE   (1 << 20) /* of a file */

/* Where the name is, or belongs. */
static size_t place_of(const struct wishes *wishes, const char *name, bool *found)
{
    size_t low = 0, high = wishes->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(wishes->items[mid].name, name);

        if (order == 0) {
            *found = true;
            return mid;
        }
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *found = false;
    return low;
}

const struct wish *wish_find(const struct wishes *wishes, const char *name)
{
    bool found;
    size_t i = place_of(wishes, name, &found);

    return found ? &wishes->items[i] : NULL;
}

void wish_set(struct wishes *wishes, struct wish wish)
{
    bool found;
    size_t i = place_of(wishes, wish.name, &found);

    if (!found) {
        list_add(wishes, wish);
        memmove(&wishes->items[i + 1], &wishes->items[i],
                (wishes->count - 1 - i) * sizeof(wishes->items[0]));
    }
    wishes->items[i] = wish;
}

static char *trim(char *text)
{
    char *end = text + strlen(text);

    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

static bool is_name(const char *text)
{
    return *text && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789_") == strlen(text);
}

static bool is_number(const char *text)
{
    char *end;

    if (!isdigit((unsigned char)text[*text == '-']))
        return false;
    strtoll(text, &end, 0);
    return !*end;
}

/* The first # that is not in quotes begins the reason. */
static char *split_reason(char *value)
{
    bool quoted = false;

    for (char *p = value; *p; p++) {
        if (*p == '\\' && quoted && p[1])
            p++;
        else if (*p == '"')
            quoted = !quoted;
        else if (*p == '#' && !quoted) {
            *p = '\0';
            return trim(p + 1);
        }
    }
    return NULL;
}

static int check_value(const struct wish *wish, chaos_error *err)
{
    size_t len = strlen(wish->value);

    if (strcmp(wish->value, "y") == 0 || strcmp(wish->value, "n") == 0 || is_number(wish->value))
        return 0;
    if (len >= 2 && wish->value[0] == '"' && wish->value[len - 1] == '"')
        return 0;
    if (strcmp(wish->value, "m") == 0)
        return error_set(err, CHAOS_E_CONFIG, EINVAL,
                         "%s:%u: CONFIG_%s: these kernels have no modules: y or n", wish->file,
                         wish->line, wish->name);
    return error_set(err, CHAOS_E_CONFIG, EINVAL,
                     "%s:%u: CONFIG_%s: \"%s\" is none of y, n, a number and a text in quotes",
                     wish->file, wish->line, wish->name, wish->value);
}

static int bad_line(const char *file, unsigned int line, const char *text, chaos_error *err)
{
    return error_set(err, CHAOS_E_CONFIG, EINVAL,
                     "%s:%u: \"%.60s\" is not CONFIG_NAME=VALUE  # reason", file, line, text);
}

/* "# CONFIG_X is not set" is a wish, unlike any other comment. */
static void read_comment(char *text, struct wish *wish)
{
    size_t len = strlen(text), tail = sizeof(UNSET) - 1;

    if (strncmp(text, PREFIX, PREFIX_LEN) != 0 || len < tail ||
        strcmp(text + len - tail, UNSET) != 0)
        return;
    text[len - tail] = '\0';
    wish->name = is_name(text + PREFIX_LEN) ? text + PREFIX_LEN : NULL;
    wish->value = "n";
}

/* wish->name stays NULL if the line has no wish. */
static int read_line(char *text, struct wish *wish, chaos_error *err)
{
    char *equals, *line = trim(text);

    if (!*line)
        return 0;
    if (*line == '#') {
        read_comment(trim(line + 1), wish);
        return 0;
    }
    equals = strchr(line, '=');
    if (!equals || strncmp(line, PREFIX, PREFIX_LEN) != 0)
        return bad_line(wish->file, wish->line, line, err);
    *equals = '\0';
    if (!is_name(line + PREFIX_LEN))
        return bad_line(wish->file, wish->line, line, err);
    wish->name = line + PREFIX_LEN;
    wish->reason = split_reason(equals + 1);
    wish->value = trim(equals + 1);
    return check_value(wish, err);
}

int fragment_parse(const char *label, const char *text, size_t len, struct wishes *wishes,
                   chaos_error *err)
{
    char *rest = copy_bytes(text, len);
    unsigned int line = 0;
    int rc = 0;

    if (memchr(text, '\0', len))
        return error_set(err, CHAOS_E_CONFIG, EINVAL, "%s: this is not a text", label);
    label = copy(label);
    while (!rc && rest) {
        char *this = strsep(&rest, "\n");
        struct wish wish = {.file = label, .line = ++line};

        rc = read_line(this, &wish, err);
        if (!rc && wish.name)
            wish_set(wishes, wish);
    }
    return rc;
}

int fragment_read(const char *path, struct wishes *wishes, chaos_error *err)
{
    FILE *file = fopen(path, "re");
    cleanup_free char *buf = NULL;
    struct stat st;
    size_t len;

    if (!file)
        return error_errno(err, CHAOS_E_CONFIG, errno, "%s", path);
    buf = malloc(MAX_SIZE + 1);
    if (!buf || fstat(fileno(file), &st) < 0 || !S_ISREG(st.st_mode)) {
        fclose(file);
        return buf ? error_set(err, CHAOS_E_CONFIG, EINVAL, "%s: not a file", path)
                   : error_oom(err);
    }
    len = fread(buf, 1, MAX_SIZE + 1, file);
    fclose(file);
    if (len > MAX_SIZE)
        return error_set(err, CHAOS_E_CONFIG, EFBIG, "%s: larger than a fragment", path);
    return fragment_parse(path, buf, len, wishes, err);
}
