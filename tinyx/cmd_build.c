/* SPDX-License-Identifier: BSD-3-Clause */
/* tinyx build: a specification in, an image out. */
#include "arena.h"
#include "cmd.h"
#include "image.h"
#include "kernel.h"
#include "output.h"
#include "process.h"
#include "replace.h"
#include "base/util.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* All images add them in this order, so that images with the same wishes share a kernel. */
static int add_own(const struct spec *spec, const char **out, size_t *count, chaos_error *err)
{
    static const char *const platforms[] = {"xen-pv", "xen-pvh"};
    const char *net = spec->network.mode.text;
    int rc = kernel_fragment("base", &out[(*count)++], err);

    if (!rc)
        rc = kernel_fragment("xen", &out[(*count)++], err);
    for (size_t i = 0; i < ARRAY_SIZE(platforms); i++) {
        for (size_t j = 0; j < spec->platform.count && !rc; j++) {
            if (!strcmp(spec->platform.items[j].text, platforms[i]))
                rc = kernel_fragment(platforms[i], &out[(*count)++], err);
        }
    }
    if (!rc && strcmp(net, "none"))
        rc = kernel_fragment("net", &out[(*count)++], err);
    if (!rc && !strcmp(net, "dhcp"))
        rc = kernel_fragment("dhcp", &out[(*count)++], err);
    return rc;
}

static int get_kernel(const struct spec *spec, struct kernel *out, chaos_error *err)
{
    const char **fragments = take((spec->kernel.count + 8) * sizeof(*fragments));
    struct kernel_request request = {fragments};
    size_t count = 0;
    int rc = add_own(spec, fragments, &count, err);

    for (size_t i = 0; i < spec->kernel.count && !rc; i++) {
        const char *name = spec->kernel.items[i].text, **to = &fragments[count++];

        if (strpbrk(name, "/.")) {
            *to = *name == '/' || !spec->base ? name : format("%s/%s", spec->base, name);
            if (access(*to, R_OK) < 0)
                rc = error_errno(err, CHAOS_E_NOT_FOUND, errno, "%s", name);
        } else {
            rc = kernel_fragment(name, to, err);
        }
        if (rc < 0)
            return spec_blame(spec, &spec->kernel.items[i], "kernel", rc, err);
    }
    return rc < 0 ? rc : kernel_get(&request, out, err);
}

static int build(const char *path, const char *dir, bool update, chaos_error *err)
{
    struct kernel kernel;
    struct image image;
    struct spec spec;
    int rc = spec_load(path, &spec, err);

    if (!rc)
        rc = replace_check(dir, &spec, err);
    if (!rc)
        rc = image_make(&spec, update, &image, err);
    if (!rc)
        rc = get_kernel(&spec, &kernel, err);
    if (!rc)
        rc = output_write(&image, &kernel, dir, err);
    return rc < 0 ? rc : sizes_print(stdout, &image, dir, err);
}

int cmd_build(int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'}, {"update", no_argument, NULL, 'u'}, COMMON_LONG};
    const char *dir = NULL;
    bool update = false;
    chaos_error err = {0};
    int opt, status;

    while ((opt = verb_option(argc, argv, "o:u" COMMON_SHORT, options, &status)) != -1) {
        if (opt == 'o')
            dir = optarg;
        else
            update = true;
    }
    if (status != GO_ON)
        return status;
    if (optind + 1 != argc)
        return usage_error("which specification?");
    if (!dir || !*dir)
        return usage_error("where to? (-o DIR)");
    umask(022); /* the modes of files in the cache become those of files in images */
    return build(argv[optind], dir, update, &err) < 0 ? fail(&err) : CHAOS_OK;
}
