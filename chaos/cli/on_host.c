/* SPDX-License-Identifier: BSD-3-Clause */
/* The host that a verb works on. */
#include "cli/cmd.h"

chaos_host *open_host(chaos_error *err, int *status)
{
    chaos_host *host;

    if (chaos_host_open(common.run_dir, &host, err) < 0) {
        *status = failed(err);
        return NULL;
    }
    if (common.verbose)
        chaos_host_on_step(host, message_step, NULL);
    if (common.verbose)
        chaos_host_on_note(host, message_note, NULL);
    return host;
}

int find_domain(chaos_host *host, const char *ref, bool foreign, struct chaos_domain *out,
                chaos_error *err)
{
    return foreign ? chaos_find_foreign(host, ref, out, err) : chaos_find(host, ref, out, err);
}

int each_domain(chaos_host *host, char **refs, int count, bool foreign, domain_fn *act,
                void *request, chaos_error *err)
{
    int status = CHAOS_OK;

    for (int i = 0; i < count; i++) {
        struct chaos_domain dom;

        if (find_domain(host, refs[i], foreign, &dom, err) < 0 ||
            act(host, &dom, request, err) < 0) {
            int code = failed(err);

            if (status == CHAOS_OK)
                status = code;
        }
    }
    return status;
}

int on_host(host_fn *act, void *request)
{
    chaos_error *err = chaos_error_new();
    chaos_host *host;
    int status;

    if (!err) {
        report("out of memory");
        return CHAOS_E_NO_MEMORY;
    }
    host = open_host(err, &status);
    if (host)
        status = act(host, request, err);
    chaos_host_close(host);
    chaos_error_free(err);
    return status;
}
