/* SPDX-License-Identifier: BSD-3-Clause */
/* tinyx run: boots an image, here where this is Xen's Dom0, else in the lab. */
#include "arena.h"
#include "cmd.h"
#include "data.h"
#include "loaded.h"
#include "process.h"
#include "base/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_dom0(void)
{
    FILE *file = fopen("/proc/xen/capabilities", "re");
    char text[64] = "";
    bool dom0 = file && fgets(text, sizeof(text), file) && strstr(text, "control_d");

    if (file)
        fclose(file);
    return dom0;
}

/* Xen describes the first platform in vm.yaml, another one in vm-TYPE.yaml. */
static int choose(const char *dir, const char *type, const char **file, chaos_error *err)
{
    struct loaded image;
    int rc = loaded_open(dir, &image, err);
    const char *first;

    if (rc < 0)
        return rc;
    first = json_string_value(json_array_get(json_object_get(image.root, "platforms"), 0));
    *file = !type || (first && !strcmp(first + strcspn(first, "-") + 1, type))
                ? "vm.yaml"
                : format("vm-%s.yaml", type);
    loaded_close(&image);
    if (access(format("%s/%s", dir, *file), R_OK) < 0)
        return error_errno(err, CHAOS_E_NOT_FOUND, errno, "%s is not for %s", dir, type);
    return 0;
}

static int run(const char *dir, const char *file, chaos_error *err)
{
    const char *lab = data_path(DATA_LAB), *full = realpath(dir, NULL);
    const char *const in_lab[] = {lab,  "run", "--xen",          "noxs",   "--share", full,
                                  "--", "sh",  "/src/tinyx/try", "/share", file,      NULL};
    const char *const here[] = {"sh", data_path("tinyx/try"), full, file, NULL};
    bool dom0 = is_dom0();
    struct process process = {.argv = dom0 ? here : in_lab};
    int status = 0, rc;

    if (!full)
        return error_errno(err, CHAOS_E_IO, errno, "%s", dir);
    rc = dom0 ? 0 : data_need_lab(err);
    if (rc < 0)
        return error_prefix(err, rc, "this is no Dom0 of Xen's");
    rc = process_run(&process, &status, err);
    return rc < 0 && status == 1 ? error_set(err, CHAOS_E_FAILED, EIO, "%s does not work", dir)
                                 : rc;
}

int cmd_run(int argc, char **argv)
{
    static const struct option options[] = {{"type", required_argument, NULL, 't'}, COMMON_LONG};
    const char *type = NULL, *file;
    chaos_error err = {0};
    int status;

    while (verb_option(argc, argv, "t:" COMMON_SHORT, options, &status) == 't')
        type = optarg;
    if (status != GO_ON)
        return status;
    if (optind + 1 != argc)
        return usage_error("which image?");
    if (type && strcmp(type, "pv") && strcmp(type, "pvh"))
        return usage_error("\"%s\" is neither pv nor pvh", type);
    if (choose(argv[optind], type, &file, &err) < 0 || run(argv[optind], file, &err) < 0)
        return fail(&err);
    return CHAOS_OK;
}
