/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of xl.cfg(5) that have no counterpart. */
#include "config/xl.h"

#include "base/util.h"

#include <string.h>

enum what {
    CHANGES, /* what the guest is, or sees: an error, unless it is off */
    LOST,    /* a note, unless it is off */
    USUAL,   /* on by default: a note where it is off */
};

#define NO_HVM "it is for the device model of HVM guests"

static const struct {
    const char *name;
    enum what what;
    const char *why; /* behind "has no counterpart" */
} others[] = {
    {"uuid", LOST, "chaos knows its VMs by uuids of its own making; the name stays"},
    {"cpus_soft", LOST, "cpus is the only affinity"},
    {"pool", LOST, "VMs are in Xen's first CPU pool"},
    {"period", LOST, "each VM has the scheduler's default"},
    {"slice", LOST, "each VM has the scheduler's default"},
    {"latency", LOST, "each VM has the scheduler's default"},
    {"extratime", LOST, "each VM has the scheduler's default"},
    {"on_watchdog", LOST, "on_crash is for that, too"},
    {"on_soft_reset", LOST, "there is no soft reset"},
    {"max_grant_version", LOST, "it is 2"},
    {"nomigrate", LOST, "there is no migration"},
    {"localtime", LOST, "the clock runs in UTC"},
    {"rtc_timeoffset", LOST, "the clock runs in UTC"},
    {"vpmu", LOST, NULL},
    {"vmtrace_buf_kb", LOST, NULL},
    {"msr_relaxed", LOST, NULL},
    {"shadow_memory", LOST, "it is calculated"},
    {"oos", USUAL, NULL},
    {"hap", USUAL, "PVH guests have it"},
    {"acpi", USUAL, "PVH guests have it"},
    {"apic", USUAL, "PVH guests have it"},
    {"pae", USUAL, NULL},
    {"nx", USUAL, NULL},
    {"vfb", LOST, "there is a console only"},
    {"vkb", LOST, "there is a console only"},
    {"vkb_device", LOST, "there is a console only"},
    {"bootloader_args", LOST, "see bootloader"},
    {"xend_suspend_evtchn_compat", LOST, NULL},
    {"timer_mode", LOST, NULL},
    {"seclabel", CHANGES, "it would not be protected as the file says"},
    {"init_seclabel", CHANGES, "it would not be protected as the file says"},
    {"pci", CHANGES, "there is no passthrough"},
    {"pci_permissive", LOST, "there is no passthrough"},
    {"pci_msitranslate", LOST, "there is no passthrough"},
    {"pci_seize", LOST, "there is no passthrough"},
    {"pci_power_mgmt", LOST, "there is no passthrough"},
    {"gfx_passthru", CHANGES, "there is no passthrough"},
    {"rdm", CHANGES, "there is no passthrough"},
    {"rdm_mem_boundary", LOST, "there is no passthrough"},
    {"passthrough", CHANGES, "there is no passthrough"},
    {"dtdev", CHANGES, "there is no passthrough"},
    {"ioports", CHANGES, "there is no passthrough"},
    {"iomem", CHANGES, "there is no passthrough"},
    {"irqs", CHANGES, "there is no passthrough"},
    {"e820_host", CHANGES, "there is no passthrough"},
    {"vnuma", CHANGES, NULL},
    {"vtpm", CHANGES, NULL},
    {"p9", CHANGES, NULL},
    {"pvcalls", CHANGES, NULL},
    {"vif2", CHANGES, NULL},
    {"usbctrl", CHANGES, NULL},
    {"usbdev", CHANGES, NULL},
    {"channel", CHANGES, NULL},
    {"vdispl", CHANGES, NULL},
    {"vsnd", CHANGES, NULL},
    {"cpuid", CHANGES, "it has the CPU's features that Xen's default gives it"},
    {"mca_caps", CHANGES, NULL},
    {"nestedhvm", CHANGES, NULL},
    {"altp2m", CHANGES, NULL},
    {"altp2mhvm", CHANGES, NULL},
    {"driver_domain", CHANGES, "back ends are in Dom0"},
    {"pvshim", CHANGES, "type = \"pv\" starts it without"},
    {"pvshim_path", LOST, "see pvshim"},
    {"pvshim_cmdline", LOST, "see pvshim"},
    {"pvshim_extra", LOST, "see pvshim"},
    {"device_tree", CHANGES, "it is for Arm"},
    {"gic_version", LOST, "it is for Arm"},
    {"tee", CHANGES, "it is for Arm"},
    {"vuart", LOST, "it is for Arm"},
    {"acpi_firmware", LOST, NO_HVM},
    {"acpi_laptop_slate", LOST, NO_HVM},
    {"acpi_s3", LOST, NO_HVM},
    {"acpi_s4", LOST, NO_HVM},
    {"bios", LOST, NO_HVM},
    {"bios_path_override", LOST, NO_HVM},
    {"boot", LOST, NO_HVM},
    {"device_model", LOST, NO_HVM},
    {"device_model_args", LOST, NO_HVM},
    {"device_model_args_hvm", LOST, NO_HVM},
    {"device_model_args_pv", LOST, NO_HVM},
    {"device_model_override", LOST, NO_HVM},
    {"device_model_stubdomain_override", LOST, NO_HVM},
    {"device_model_stubdomain_seclabel", LOST, NO_HVM},
    {"device_model_user", LOST, NO_HVM},
    {"device_model_version", LOST, NO_HVM},
    {"display", LOST, NO_HVM},
    {"dm_restrict", LOST, NO_HVM},
    {"firmware_override", LOST, NO_HVM},
    {"hdtype", LOST, NO_HVM},
    {"hpet", LOST, NO_HVM},
    {"keymap", LOST, NO_HVM},
    {"mmio_hole", LOST, NO_HVM},
    {"ms_vm_genid", LOST, NO_HVM},
    {"nographic", LOST, NO_HVM},
    {"opengl", LOST, NO_HVM},
    {"sdl", LOST, NO_HVM},
    {"serial", LOST, NO_HVM},
    {"smbios_firmware", LOST, NO_HVM},
    {"soundhw", LOST, NO_HVM},
    {"spice", LOST, NO_HVM},
    {"spice_clipboard_sharing", LOST, NO_HVM},
    {"spice_image_compression", LOST, NO_HVM},
    {"spice_streaming_video", LOST, NO_HVM},
    {"spiceagent_mouse", LOST, NO_HVM},
    {"spicedisable_ticketing", LOST, NO_HVM},
    {"spicehost", LOST, NO_HVM},
    {"spicepasswd", LOST, NO_HVM},
    {"spiceport", LOST, NO_HVM},
    {"spicetls_port", LOST, NO_HVM},
    {"spiceusbredirection", LOST, NO_HVM},
    {"spicevdagent", LOST, NO_HVM},
    {"stdvga", LOST, NO_HVM},
    {"stubdomain_cmdline", LOST, NO_HVM},
    {"stubdomain_kernel", LOST, NO_HVM},
    {"stubdomain_memory", LOST, NO_HVM},
    {"stubdomain_ramdisk", LOST, NO_HVM},
    {"usb", LOST, NO_HVM},
    {"usbdevice", LOST, NO_HVM},
    {"usbversion", LOST, NO_HVM},
    {"vendor_device", LOST, NO_HVM},
    {"vga", LOST, NO_HVM},
    {"videoram", LOST, NO_HVM},
    {"viridian", LOST, NO_HVM},
    {"vnc", LOST, NO_HVM},
    {"vncdisplay", LOST, NO_HVM},
    {"vnclisten", LOST, NO_HVM},
    {"vncpasswd", LOST, NO_HVM},
    {"vncunused", LOST, NO_HVM},
    {"vncviewer", LOST, NO_HVM},
    {"vpt_align", LOST, NO_HVM},
    {"xauthority", LOST, NO_HVM},
    {"xen_platform_pci", LOST, NO_HVM},
};

/* Values by which a key says what is so without it. */
static bool says_nothing(const struct xl_pair *pair, enum what what)
{
    static const char *const same[][2] = {
        {"passthrough", "disabled"},
        {"on_watchdog", "destroy"},
        {"on_soft_reset", "soft-reset"},
        {"altp2m", "disabled"},
        {"tee", "none"},
        {"pool", "Pool-0"},
        {"max_grant_version", "2"},
        {"timer_mode", "no_delay_for_missed_ticks"},
    };
    bool off = xl_is_off(&pair->value);

    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        if (pair->value.text && !strcmp(pair->name, same[i][0]) &&
            !strcmp(pair->value.text, same[i][1]))
            return true;
    }
    return what == USUAL ? !off : off;
}

bool xl_apply_other(struct xl_reader *x, const struct xl_pair *pair, int *rc)
{
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        const char *why = others[i].why;

        if (strcmp(pair->name, others[i].name))
            continue;
        if (says_nothing(pair, others[i].what))
            *rc = 0;
        else if (others[i].what == CHANGES)
            *rc = xl_refuse(x, pair->where, pair->name, "has no counterpart%s%s%s", why ? " (" : "",
                            why ? why : "", why ? ")" : "");
        else
            *rc = xl_note(x, pair->where, pair->name, "has no counterpart%s%s%s", why ? " (" : "",
                          why ? why : "", why ? ")" : "");
        return true;
    }
    return false;
}
