/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a specification of Tinyx: either refused with a message of one line that names a
 * place, or accepted, and then whole: what the builder takes for given is there.
 */
#include "spec.h"

#include "arena.h"
#include "must.h"

#include <chaos/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must_be_lines(const struct spec_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        MUST(list->items[i].text);
}

static void must_be_whole(const struct spec *spec)
{
    const struct spec_file *files = spec->files.items;
    const struct spec_mount *mounts = spec->mounts.items;
    const struct spec_user *users = spec->users.items;

    MUST(spec->name.text && chaos_name_valid(spec->name.text));
    MUST(!!spec->package.text + !!spec->binary.text + !!spec->directory.text == 1);
    MUST(spec->binary.text || spec->command.count);
    MUST(spec->user.text && spec->memory.text && spec->workdir.text && spec->cmdline.text);
    MUST(spec->network.mode.text && spec->platform.count);
    must_be_lines(&spec->command);
    must_be_lines(&spec->platform);
    for (size_t i = 0; i < spec->env.count; i++)
        MUST(strchr(spec->env.items[i].text, '='));
    for (size_t i = 0; i < spec->files.count; i++)
        MUST(files[i].path.text[0] == '/' && !strstr(files[i].path.text, "/../"));
    for (size_t i = 0; i < spec->mounts.count; i++)
        MUST(mounts[i].path.text && mounts[i].type.text && mounts[i].source.text);
    for (size_t i = 0; i < spec->users.count; i++)
        MUST(users[i].name.text && users[i].uid.text && users[i].gid.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    chaos_error err = {0};
    struct spec spec;

    if (spec_parse("fuzz", NULL, (const char *)data, size, &spec, &err) < 0) {
        MUST(err.status == CHAOS_E_CONFIG);
        MUST(!strncmp(err.text, "fuzz:", 5) && !strpbrk(err.text, "\n\r\t\x1b"));
    } else {
        must_be_whole(&spec);
    }
    arena_release();
    return 0;
}
