/* SPDX-License-Identifier: BSD-3-Clause */
#include "spec_value.h"

#include "config/config_device.h"
#include "base/size.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define bad(err, ...) error_set(err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__)

#define MODE_MAX 07777
#define ID_MAX   65533 /* 65534 is nobody */

static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char digits[] = "0123456789";

int value_line(const char *text, chaos_error *err)
{
    const char *fault = text_fault(text);

    return fault ? bad(err, "\"%s\" %s", SHOW(text), fault) : 0;
}

int value_lines(const char *text, chaos_error *err)
{
    for (size_t len; *text; text += len) {
        uint32_t c;

        len = text_decode(text, &c);
        if (!len)
            return bad(err, "is not UTF-8 text");
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            return bad(err, "holds a control character");
    }
    return 0;
}

int value_name(const char *text, chaos_error *err)
{
    if (!chaos_name_valid(text))
        return bad(
            err,
            "\"%s\" is not a VM's name (letters, digits, \"-\", \"_\" and \".\", the first a "
            "letter or digit, at most %d, and not a number)",
            SHOW(text), CHAOS_NAME_MAX);
    return 0;
}

int value_package(const char *text, chaos_error *err)
{
    size_t len = strlen(text);

    if (len < 2 || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+-.") != len ||
        strspn(text, "+-."))
        return bad(err,
                   "\"%s\" is not a package's name (lower-case letters, digits, \"+\", \"-\" and "
                   "\".\")",
                   SHOW(text));
    return 0;
}

int value_path(const char *text, chaos_error *err)
{
    if (value_line(text, err) < 0)
        return -EINVAL;
    if (*text != '/')
        return bad(err, "\"%s\" is not a path in the image (begin it with /)", SHOW(text));
    if (strlen(text) >= PATH_MAX)
        return bad(err, "\"%s\" is too long for a path", SHOW(text));
    for (const char *part = text; *part; part += strcspn(part, "/")) {
        size_t len = strcspn(++part, "/");

        if ((!len && part > text + 1) || (len == 1 && *part == '.') ||
            (len == 2 && part[0] == '.' && part[1] == '.') || (len > NAME_MAX))
            return bad(err,
                       "\"%s\" is not a plain path (no //, /. or /.. in it, nor a / behind it)",
                       SHOW(text));
    }
    return 0;
}

int value_pattern(const char *text, chaos_error *err)
{
    return value_path(text, err);
}

int value_host(const char *text, chaos_error *err)
{
    if (!*text)
        return bad(err, "is empty (give the path of a file)");
    return value_line(text, err);
}

int value_library(const char *text, chaos_error *err)
{
    if (*text == '/')
        return value_path(text, err);
    if (!*text || strchr(text, '/') || text_fault(text))
        return bad(err,
                   "\"%s\" is neither a library's name (libnss_files.so.2) nor a path that begins "
                   "with /",
                   SHOW(text));
    return 0;
}

unsigned int value_octal(const char *text)
{
    unsigned int mode = 0;

    for (; *text; text++)
        mode = mode * 8 + (unsigned int)(*text - '0');
    return mode;
}

int value_mode(const char *text, chaos_error *err)
{
    size_t len = strlen(text);

    if (len < 3 || len > 5 || strspn(text, "01234567") != len || value_octal(text) > MODE_MAX)
        return bad(err, "\"%s\" is not a file's mode (try 0644)", SHOW(text));
    return 0;
}

int value_user(const char *text, chaos_error *err)
{
    size_t len = strlen(text), plain = strspn(text, lower);

    while (plain && plain < len &&
           (strchr(lower, text[plain]) || strchr(digits, text[plain]) || text[plain] == '-' ||
            text[plain] == '_'))
        plain++;
    if (!len || len > 31 || plain != len)
        return bad(err,
                   "\"%s\" is not a user's name (a lower-case letter, then letters, digits, \"-\" "
                   "and \"_\", at most 31)",
                   SHOW(text));
    return 0;
}

int value_id(const char *text, chaos_error *err)
{
    const char *p = text;
    uint64_t number;

    if (!text_number(&p, &number) || *p || number > ID_MAX)
        return bad(err, "\"%s\" is not a user's number (0 to %d)", SHOW(text), ID_MAX);
    return 0;
}

int value_variable(const char *text, chaos_error *err)
{
    size_t len = strlen(text);

    if (!len || strspn(text, digits) ||
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                     "0123456789") != len)
        return bad(err, "\"%s\" is not a variable's name (letters, digits and \"_\")", SHOW(text));
    return 0;
}

int value_platform(const char *text, chaos_error *err)
{
    if (strcmp(text, "xen-pv") && strcmp(text, "xen-pvh"))
        return bad(err, "\"%s\" is not a platform (xen-pv or xen-pvh)", SHOW(text));
    return 0;
}

uint64_t value_kib(const char *text)
{
    uint64_t kib = 0;

    return size_parse_kib(text, &kib) ? 0 : kib;
}

int value_memory(const char *text, chaos_error *err)
{
    char buf[SIZE_BUF];
    uint64_t kib;

    if (size_parse_kib(text, &kib))
        return bad(err, "\"%s\" is not a size (try %s)", SHOW(text), size_guess(text, buf));
    if (kib < 1024 || kib > CONFIG_MAX_KIB || kib % 4)
        return bad(err, "\"%s\" is not what a VM may have (1MiB to 16TiB)", SHOW(text));
    return 0;
}

int value_network(const char *text, chaos_error *err)
{
    static const char *const modes[] = {"none", "dhcp", "noxs", "static"};

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        if (!strcmp(text, modes[i]))
            return 0;
    }
    return bad(err, "\"%s\" is not a kind of network (none, dhcp, noxs or static)", SHOW(text));
}

static int vif_rule(enum config_vif_key key, const char *text, chaos_error *err)
{
    struct config_vif vif;

    config_vif_init(&vif);
    return config_vif_set(&vif, key, text, err);
}

int value_bridge(const char *text, chaos_error *err)
{
    return vif_rule(VIF_BRIDGE, text, err);
}

int value_ip(const char *text, chaos_error *err)
{
    return vif_rule(VIF_IP, text, err);
}

int value_gateway(const char *text, chaos_error *err)
{
    return vif_rule(VIF_GATEWAY, text, err);
}
