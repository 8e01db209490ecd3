/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a specification, and how each is read. */
#include "spec_read.h"

#include "arena.h"
#include "conf.h"
#include "spec_value.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_ITEMS 1000 /* of a list that has no limit of its own */

enum kind {
    TEXT,    /* one value */
    LIST,    /* one, or several */
    WORDS,   /* the same; one is taken apart at its blanks */
    PAIRS,   /* KEY: VALUE, any number of them; becomes a list of KEY=VALUE */
    ITEMS,   /* a list of mappings */
    MAPPING, /* one mapping, or the value of its first key */
};

struct field {
    const char *name;
    enum kind kind;
    size_t offset;    /* of its part in the structure */
    value_rule *rule; /* of each value */
    const struct form *form;
    size_t most; /* items; 0: MAX_ITEMS */
};

/* A mapping. */
struct form {
    const char *example;
    size_t size;
    const struct field *fields;
    size_t count;
};

#define FIELD(type, member, how, ...)                                                              \
    {                                                                                              \
        .name = #member, .kind = how, .offset = offsetof(struct type, member), __VA_ARGS__         \
    }
#define FORM(type, fields, example)                                                                \
    {                                                                                              \
        example, sizeof(struct type), fields, ARRAY_SIZE(fields)                                   \
    }

static const struct field file_fields[] = {
    FIELD(spec_file, path, TEXT, .rule = value_path),
    FIELD(spec_file, source, TEXT, .rule = value_host),
    FIELD(spec_file, text, TEXT, .rule = value_lines),
    FIELD(spec_file, link, TEXT, .rule = value_line),
    FIELD(spec_file, mode, TEXT, .rule = value_mode),
    FIELD(spec_file, owner, TEXT, .rule = value_user),
};
static const struct form file_form =
    FORM(spec_file, file_fields, "{path: /etc/app.conf, source: app.conf}");

static const struct field mount_fields[] = {
    FIELD(spec_mount, path, TEXT, .rule = value_path),
    FIELD(spec_mount, type, TEXT, .rule = value_line),
    FIELD(spec_mount, source, TEXT, .rule = value_line),
    FIELD(spec_mount, options, TEXT, .rule = value_line),
};
static const struct form mount_form = FORM(spec_mount, mount_fields, "{path: /tmp, type: tmpfs}");

static const struct field user_fields[] = {
    FIELD(spec_user, name, TEXT, .rule = value_user),
    FIELD(spec_user, uid, TEXT, .rule = value_id),
    FIELD(spec_user, gid, TEXT, .rule = value_id),
    FIELD(spec_user, home, TEXT, .rule = value_path),
};
static const struct form user_form = FORM(spec_user, user_fields, "{name: redis, uid: 100}");

static const struct field network_fields[] = {
    FIELD(spec_network, mode, TEXT, .rule = value_network),
    FIELD(spec_network, bridge, TEXT, .rule = value_bridge),
    FIELD(spec_network, ip, TEXT, .rule = value_ip),
    FIELD(spec_network, gateway, TEXT, .rule = value_gateway),
};
static const struct form network_form =
    FORM(spec_network, network_fields, "noxs, or {ip: 10.0.0.2/24}");

static const struct field spec_fields[] = {
    FIELD(spec, name, TEXT, .rule = value_name),
    FIELD(spec, package, TEXT, .rule = value_package),
    FIELD(spec, binary, TEXT, .rule = value_host),
    FIELD(spec, directory, TEXT, .rule = value_host),
    FIELD(spec, packages, LIST, .rule = value_package),
    FIELD(spec, command, WORDS, .rule = value_lines, .most = CONF_MAX_ARGS),
    FIELD(spec, env, PAIRS, .rule = value_lines, .most = CONF_MAX_ENV),
    FIELD(spec, workdir, TEXT, .rule = value_path),
    FIELD(spec, user, TEXT, .rule = value_user),
    FIELD(spec, users, ITEMS, .form = &user_form),
    FIELD(spec, files, ITEMS, .form = &file_form),
    FIELD(spec, mounts, ITEMS, .form = &mount_form, .most = CONF_MAX_MOUNTS),
    FIELD(spec, network, MAPPING, .form = &network_form),
    FIELD(spec, dlopen, LIST, .rule = value_library),
    FIELD(spec, whitelist, LIST, .rule = value_pattern),
    FIELD(spec, blacklist, LIST, .rule = value_pattern),
    FIELD(spec, platform, LIST, .rule = value_platform),
    FIELD(spec, memory, TEXT, .rule = value_memory),
    FIELD(spec, kernel, LIST, .rule = value_host),
    FIELD(spec, cmdline, TEXT, .rule = value_line),
    FIELD(spec, test, TEXT, .rule = value_lines),
};
static const struct form spec_form = FORM(spec, spec_fields, "name: VALUE");

static int read_fields(struct reader *r, const struct form *form, const char *parent, void *to);

static int take_value(struct reader *r, const char *text, value_rule *rule, struct spec_text *to)
{
    int rc = rule(text, r->err);

    if (rc < 0)
        return reader_blame(r, rc);
    *to = (struct spec_text){copy(text), (unsigned int)r->event.start_mark.line + 1,
                             (unsigned int)r->event.start_mark.column + 1};
    return 0;
}

/* Looks at a value. */
static int read_value(struct reader *r, value_rule *rule, struct spec_text *to)
{
    const char *text;
    int rc = reader_scalar(r, &text);

    return rc < 0 ? rc : take_value(r, text, rule, to);
}

/* Whether there is room for one more item behind `count`. */
static int check_room(struct reader *r, const struct field *field, size_t count)
{
    size_t most = field->most ? field->most : MAX_ITEMS;

    return count < most ? 0 : reader_wrong(r, "is too long (at most %zu items)", most);
}

/* Splits the scalar that the reader looks at into words. */
static int read_words(struct reader *r, const struct field *field, struct spec_list *list)
{
    const char *text;
    int rc = reader_scalar(r, &text);
    char *rest, *word;

    if (rc < 0)
        return rc;
    if (strpbrk(text, "\"'\\$"))
        return reader_wrong(r,
                            "\"%s\" has quotes or variables in it, which no shell will see "
                            "(write a list: [PROGRAM, ARGUMENT, ...])",
                            SHOW(text));
    rest = copy(text);
    while ((word = strsep(&rest, " \t\n"))) {
        struct spec_text item;

        if (!*word)
            continue;
        rc = check_room(r, field, list->count);
        if (!rc)
            rc = take_value(r, word, field->rule, &item);
        if (rc < 0)
            return rc;
        list_add(list, item);
    }
    return 0;
}

/* Looks at the value of a LIST or WORDS. */
static int read_list(struct reader *r, const struct field *field, struct spec_list *list)
{
    struct spec_text item;
    int rc;

    if (r->event.type == YAML_SEQUENCE_START_EVENT) {
        while (!(rc = reader_next(r)) && r->event.type != YAML_SEQUENCE_END_EVENT) {
            rc = check_room(r, field, list->count);
            if (!rc)
                rc = read_value(r, field->rule, &item);
            if (rc < 0)
                return rc;
            list_add(list, item);
        }
        return rc;
    }
    if (field->kind == WORDS)
        return read_words(r, field, list);
    rc = read_value(r, field->rule, &item);
    if (rc < 0)
        return rc;
    list_add(list, item);
    return 0;
}

static int read_pairs(struct reader *r, const struct field *field, struct spec_list *list)
{
    char name[TEXT_BUF];
    int rc;

    if (r->event.type != YAML_MAPPING_START_EVENT)
        return reader_wrong(r, "is not a mapping (write %s: {KEY: VALUE})", field->name);
    while ((rc = reader_key(r, "", name, sizeof(name))) > 0) {
        struct spec_text item;

        rc = check_room(r, field, list->count);
        if (rc < 0)
            return rc;
        rc = value_variable(name, r->err);
        if (rc < 0)
            return reader_blame(r, rc);
        for (size_t i = 0; i < list->count; i++) {
            if (!strncmp(list->items[i].text, name, strlen(name)) &&
                list->items[i].text[strlen(name)] == '=')
                return reader_wrong(r, "%s is given twice (first in line %u)", name,
                                    list->items[i].line);
        }
        rc = reader_next(r);
        if (!rc)
            rc = read_value(r, field->rule, &item);
        if (rc < 0)
            return rc;
        item.text = format("%s=%s", name, item.text);
        list_add(list, item);
    }
    return rc;
}

static int read_items(struct reader *r, const struct field *field, struct spec_items *list)
{
    char name[40];
    int rc;

    if (r->event.type != YAML_SEQUENCE_START_EVENT)
        return reader_wrong(r, "is not a list (write - %s, one line or more for each)",
                            field->form->example);
    while (!(rc = reader_next(r)) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        rc = check_room(r, field, list->count);
        if (rc < 0)
            return rc;
        snprintf(name, sizeof(name), "%s[%zu]", field->name, list->count);
        r->key = name;
        if (r->event.type != YAML_MAPPING_START_EVENT)
            return reader_wrong(r, "is not a mapping (write - %s)", field->form->example);
        list->items = list_grow(list->items, list->count, &list->room, field->form->size);
        rc = read_fields(r, field->form, name,
                         (char *)list->items + list->count++ * field->form->size);
        r->key = field->name;
        if (rc < 0)
            break;
    }
    return rc;
}

/* Looks at a key; takes its value. */
static int read_field(struct reader *r, const struct field *field, void *to)
{
    int rc = reader_next(r);

    if (rc < 0)
        return rc;
    switch (field->kind) {
    case TEXT:
        return read_value(r, field->rule, to);
    case LIST:
    case WORDS:
        return read_list(r, field, to);
    case PAIRS:
        return read_pairs(r, field, to);
    case ITEMS:
        return read_items(r, field, to);
    case MAPPING:
        if (r->event.type == YAML_MAPPING_START_EVENT)
            return read_fields(r, field->form, field->name, to);
        return read_value(r, field->form->fields[0].rule, to);
    }
    return -EINVAL;
}

static int unknown(struct reader *r, const struct form *form, const char *name)
{
    const char *names[ARRAY_SIZE(spec_fields)], *guess;
    char *all = "";

    for (size_t i = 0; i < form->count; i++) {
        names[i] = form->fields[i].name;
        all = format("%s%s%s", all, !i ? "" : i + 1 == form->count ? " and " : ", ", names[i]);
    }
    guess = text_guess(name, names, form->count);
    if (guess)
        return reader_wrong(r, "\"%s\": unknown key (did you mean %s?)", SHOW(name), guess);
    return reader_wrong(r, "\"%s\": unknown key (there are %s)", SHOW(name), all);
}

/* Looks at a mapping's start; takes the mapping. `parent`: its key; "" for the file's own. */
static int read_fields(struct reader *r, const struct form *form, const char *parent, void *to)
{
    unsigned int lines[ARRAY_SIZE(spec_fields)] = {0};
    char name[TEXT_BUF], *full;
    int rc;

    while (r->key = *parent ? parent : NULL, (rc = reader_key(r, "", name, sizeof(name))) > 0) {
        size_t i = 0;

        while (i < form->count && strcmp(form->fields[i].name, name))
            i++;
        if (i == form->count)
            return unknown(r, form, name);
        full = *parent ? format("%s.%s", parent, name) : copy(name);
        r->key = full;
        if (lines[i])
            return reader_wrong(r, "given twice (first in line %u)", lines[i]);
        lines[i] = (unsigned int)r->event.start_mark.line + 1;
        rc = read_field(r, &form->fields[i], (char *)to + form->fields[i].offset);
        if (rc < 0)
            return rc;
    }
    return rc;
}

int spec_read(struct reader *r, struct spec *out)
{
    int rc = reader_begin(r, "name, and package, binary or directory are needed");

    if (!rc)
        rc = read_fields(r, &spec_form, "", out);
    return rc < 0 ? rc : reader_end(r, "specification");
}
