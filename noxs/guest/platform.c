/* SPDX-License-Identifier: BSD-3-Clause */
/* What the loader handed over: mode and command line. */
#include "internal.h"

#include <xen/arch-x86/hvm/start_info.h>

#define MODE_PV 0

bool guest_is_pv(void)
{
    return guest_mode == MODE_PV;
}

const char *guest_cmdline(void)
{
    const struct hvm_start_info *hvm = guest_start_info;
    struct start_info *pv = guest_start_info;

    if (guest_is_pv()) {
        pv->cmd_line[MAX_GUEST_CMDLINE - 1] = '\0';
        return (const char *)pv->cmd_line;
    }
    return hvm->cmdline_paddr ? (const char *)hvm->cmdline_paddr : "";
}

/* Finds WORD at the start of a word; returns what follows it. */
static const char *find(const char *word, const char *from)
{
    size_t n = strlen(word);

    for (; *from; from++) {
        if ((from == guest_cmdline() || from[-1] == ' ') && !strncmp(from, word, n))
            return from + n;
    }
    return NULL;
}

const char *guest_option(const char *key)
{
    const char *at = guest_cmdline();

    while ((at = find(key, at))) {
        if (*at == '=')
            return at + 1;
    }
    return NULL;
}

bool guest_flag(const char *word)
{
    const char *at = guest_cmdline();

    while ((at = find(word, at))) {
        if (!*at || *at == ' ')
            return true;
    }
    return false;
}
