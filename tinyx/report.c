/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd.h"

int fail(const chaos_error *err)
{
    report("%s", err->text);
    return err->status;
}
