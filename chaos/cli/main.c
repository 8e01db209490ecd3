/* SPDX-License-Identifier: BSD-3-Clause */
/* chaos: the command. Each verb is a file; the table of them is here. */
#include <malloc.h>

#include "cli/cmd.h"

static const struct verb verbs[] = {
    {"create", cmd_create, "[-n COUNT] [-c [-e CHAR]] [--name NAME] [--set KEY=VALUE]... FILE",
     "create and start VMs",
     "  -n, --count COUNT    create COUNT VMs, named NAME-1 to NAME-COUNT\n"
     "  -c, --console        stay, with the VM's console; follow its restart policy\n"
     "  -e, --escape CHAR    what leaves that console, as in console\n"
     "      --name NAME      the VM's name, instead of the file's\n"
     "      --set KEY=VALUE  a value instead of the file's; may be repeated\n"
     "  -p, --paused         leave it paused before its first instruction\n"
     "      --dry-run        check and print the configuration, create nothing\n"},
    {"convert", cmd_convert, "FILE", "print a file of xl's as one of chaos'", NULL},
    {"list", cmd_list, "[--format table|json] [-aq]", "list domains",
     "      --format FORMAT  table (default) or json\n"
     "  -a, --all            with the shells of chaosd's pool\n"
     "  -q, --quiet          domain ids of VMs made by chaos only, one a line\n"},
    {"info", cmd_info, "[--format text|json] ID|NAME", "show all about a domain",
     "      --format FORMAT  text (default) or json\n"},
    {"console", cmd_console,
     "[--log FILE] [-e CHAR] [--read-only | --force | --dump] [--foreign] ID|NAME",
     "attach to a VM's console",
     "      --log FILE       append what the VM writes to FILE, too\n"
     "  -r, --read-only      show the console, type nothing\n"
     "  -f, --force          type, even if somebody else does; they are told\n"
     "      --dump           print what the VM wrote so far and leave\n"
     "      --foreign        by id, also a domain that another toolstack made\n"
     "  -e, --escape CHAR    what leaves on a terminal: a character, ^ and one for Ctrl, or none "
     "(^])\n"
     "Typed once, it leaves the console, and the VM runs on; typed twice, the VM gets it once. "
     "What\n"
     "comes from a pipe all goes to the VM.\n"},
    {"pause", cmd_pause, "ID|NAME...", "stop VMs from running, keep them in memory", NULL},
    {"unpause", cmd_unpause, "ID|NAME...", "let paused VMs run again", NULL},
    {"destroy", cmd_destroy, "[--foreign] ID|NAME... | --all", "end VMs at once",
     "  -a, --all            all VMs that chaos made\n"
     "      --foreign        by id, also domains that another toolstack made\n"},
    {"sweep", cmd_sweep, "", "remove what VMs that are gone left behind", NULL},
    {"wait", cmd_wait, "[--timeout SECONDS] ID|NAME...",
     "wait until VMs have ended; follow their restart policies",
     "      --timeout SECONDS  give up after so long (exit code 124)\n"},
    {"shutdown", cmd_shutdown, "[--timeout SECONDS] [--foreign] ID|NAME...", "ask VMs to power off",
     "      --timeout SECONDS  how long to wait for the answer (60)\n"
     "      --foreign          by id, also domains that another toolstack made\n"},
    {"reboot", cmd_reboot, "[--timeout SECONDS] ID|NAME...", "ask VMs to reboot",
     "      --timeout SECONDS  how long to wait for the answer (60)\n"},
    {"suspend", cmd_suspend, "[--timeout SECONDS] ID|NAME...",
     "ask VMs to suspend themselves, in memory",
     "      --timeout SECONDS  how long to wait for the answer (60)\n"},
    {"resume", cmd_resume, "ID|NAME...", "let suspended VMs go on", NULL},
    {"device", cmd_device,
     "add ID|NAME vif|vbd SPEC | remove [--force] ID|NAME vif|vbd INDEX | list ID|NAME",
     "add, remove and list the devices of a running VM",
     "SPEC is KEY=VALUE[,KEY=VALUE...] with the keys of chaos.yaml(5):\n"
     "  bridge=br0,ip=10.0.0.2/24    target=disk.img,vdev=xvdb,mode=ro\n"
     "  -f, --force            remove it even if the VM does not release it\n"
     "      --timeout SECONDS  how long the VM has to release it (10)\n"
     "      --format FORMAT    table (default) or json\n"},
    {"pool", cmd_pool, "status|list|metrics|drain|fill|resize [FLAVOUR] [TARGET]",
     "show and change chaosd's pool of shells",
     "status [--format text|json]   chaosd, and each flavour with its numbers\n"
     "list [--format table|json]    the flavours\n"
     "metrics                       all numbers, in Prometheus' text format\n"
     "drain [FLAVOUR]               destroy the idle shells and make no more\n"
     "fill [FLAVOUR]                go back to the target of the configuration\n"
     "resize FLAVOUR TARGET         keep TARGET shells ready\n\n"
     "      --format FORMAT  for people (default) or json\n"},
    {"version", cmd_version, "", "print the versions of chaos and of Xen", NULL},
    {"help", command_help, "[VERB]", "explain chaos, or one verb", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static const struct option leading[] = {{"version", no_argument, NULL, 'V'}, COMMON_LONG};

static const struct command chaos = {
    .name = "chaos",
    .about = "Xen virtual machines as cheap as processes",
    .synopsis = "[OPTION...] COMMAND [ARG...]",
    .closing =
        "'chaos help COMMAND' explains one. Manual pages: chaos(1), chaos.yaml(5).\n\n"
        "Exit codes: 0 ok, 1 failed, 2 usage, 3 configuration, 4 not found, 5 name in use,\n"
        "6 no memory, 7 hypervisor refused, 8 not a Xen control domain, 9 kernel or ramdisk,\n"
        "10 file of the host, 11 busy, 12 permission, 124 timeout, 130 interrupted.\n",
    .options = "  -v, --verbose        show each step with its microseconds\n"
               "      --log-format F   messages as text (default) or json, a line each\n"
               "      --run-dir DIR    the registry's folder (/run/chaos)\n"
               "  -h, --help           this text\n",
    .verbs = verbs,
    .shorts = "+V" COMMON_SHORT,
    .longs = leading,
    .option = common_option,
    .message = message_json,
};

int main(int argc, char **argv)
{
    /* No mappings beside the heap (heap.c): with a new page table each, they would be a good part
     * of what a command costs. */
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    return command_main(&chaos, argc, argv);
}
