/* SPDX-License-Identifier: BSD-3-Clause */
#include "loaded.h"

#include "arena.h"
#include "output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int loaded_open(const char *dir, struct loaded *out, chaos_error *err)
{
    const char *path = format("%s/" OUT_MANIFEST, dir);
    json_error_t json;

    *out = (struct loaded){.dir = dir};
    if (access(path, R_OK) < 0)
        return error_errno(err, CHAOS_E_NOT_FOUND, errno, "%s is no image (%s)", dir, path);
    out->root = json_load_file(path, 0, &json);
    if (!out->root)
        return error_set(err, CHAOS_E_IMAGE, EBADMSG, "%s:%d:%d: %s", path, json.line, json.column,
                         json.text);
    if (json_integer_value(json_object_get(out->root, "manifest")) != 1) {
        loaded_close(out);
        return error_set(err, CHAOS_E_IMAGE, EBADMSG, "%s: is no manifest of this version", path);
    }
    return 0;
}

void loaded_close(struct loaded *loaded)
{
    json_decref(loaded->root);
    loaded->root = NULL;
}

const json_t *loaded_list(const struct loaded *loaded, const char *name)
{
    static json_t *empty;
    const json_t *from = loaded->root, *list;

    if (!strcmp(name, "options"))
        from = json_object_get(from, "kernel");
    list = json_object_get(from, name);
    if (!empty)
        empty = json_array();
    return json_is_array(list) ? list : empty;
}

const char *loaded_text(const json_t *item, const char *key)
{
    const char *text = json_string_value(json_object_get(item, key));

    return text ? text : "";
}

size_t loaded_size(const json_t *item, const char *key)
{
    return (size_t)json_integer_value(json_object_get(item, key));
}
