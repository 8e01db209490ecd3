/* SPDX-License-Identifier: BSD-3-Clause */
/* The image as a virtual machine: chaos.yaml(5). */
#include "output.h"

#include "arena.h"
#include "base/util.h"

#include <errno.h>
#include <string.h>

/* Quotes a text for YAML. */
static char *quoted(const char *text)
{
    char *out = take(2 * strlen(text) + 3), *to = out;

    *to++ = '\'';
    for (; *text; text++) {
        if (*text == '\'')
            *to++ = '\'';
        *to++ = *text;
    }
    *to = '\'';
    return out;
}

static void print_vif(FILE *file, const struct spec_network *net)
{
    if (!strcmp(net->mode.text, "none"))
        return;
    fputs("vifs:\n", file);
    if (net->bridge.text)
        fprintf(file, "  - bridge: %s\n", quoted(net->bridge.text));
    else
        fputs("  - bridge: br0\n", file);
    if (net->ip.text)
        fprintf(file, "    ip: %s\n", net->ip.text);
    if (net->gateway.text)
        fprintf(file, "    gateway: %s\n", net->gateway.text);
}

static int write_vm(const struct spec *spec, const char *platform, const char *path,
                    chaos_error *err)
{
    bool dhcp = !strcmp(spec->network.mode.text, "dhcp");
    FILE *file = fopen(path, "we");
    const char *cmdline = spec->cmdline.text;
    bool bad;

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    fprintf(file, "# Made by tinyx build.\nname: %s\ntype: %s\n", quoted(spec->name.text),
            platform + strlen("xen-"));
    fputs("kernel: " OUT_KERNEL "\nramdisk: " OUT_FILES "\ndevices: noxs\n", file);
    /* The watchdog would compare Xen's clock with Xen's clock, twice a second. */
    fprintf(file, "cmdline: %s\n",
            quoted(format("console=hvc0 quiet tsc=nowatchdog%s%s%s", dhcp ? " ip=dhcp" : "",
                          *cmdline ? " " : "", cmdline)));
    fprintf(file, "memory: %s\n", spec->memory.text);
    fputs("# The time comes from Xen's clock page: no reading of the TSC need be an exit to Xen.\n"
          "tsc_mode: native\n",
          file);
    print_vif(file, &spec->network);
    bad = ferror(file);
    bad |= fclose(file) != 0;
    return bad ? error_errno(err, CHAOS_E_IO, errno, "%s", path) : 0;
}

/* Writes the test for Dom0's shell, with the guest's address in $IP. */
static int write_test(const struct spec *spec, const char *path, chaos_error *err)
{
    FILE *file = fopen(path, "we");
    const char *ip = spec->network.ip.text;
    bool bad;

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    fputs("#!/bin/sh\n", file);
    if (ip)
        fprintf(file, "IP=${IP:-%.*s}\n", (int)strcspn(ip, "/"), ip);
    fprintf(file, "%s\n", spec->test.text);
    bad = ferror(file);
    bad |= fclose(file) != 0;
    return bad ? error_errno(err, CHAOS_E_IO, errno, "%s", path) : 0;
}

int output_vm(const struct spec *spec, const char *dir, chaos_error *err)
{
    const struct spec_list *list = &spec->platform;
    int rc = write_vm(spec, list->items[0].text, format("%s/" OUT_VM, dir), err);

    for (size_t i = 1; i < list->count && !rc; i++)
        rc = write_vm(spec, list->items[i].text,
                      format("%s/" OUT_VM_OTHER, dir, list->items[i].text + strlen("xen-")), err);
    if (!rc && spec->test.text)
        rc = write_test(spec, format("%s/" OUT_TEST, dir), err);
    return rc;
}
