/* SPDX-License-Identifier: BSD-3-Clause */
/* The checked configuration of one VM; chaos.yaml(5) says what each key means. */
#ifndef CHAOS_CONFIG_H
#define CHAOS_CONFIG_H

#include <chaos/config.h>

#define CONFIG_MAX_CPUS    1024
#define CONFIG_MAX_VCPUS   128
#define CONFIG_MIN_PORTS   16
#define CONFIG_MAX_WEIGHT  65535
#define CONFIG_MAX_CAP     (100 * CONFIG_MAX_VCPUS)
#define CONFIG_MAX_PORTS   131071 /* of the FIFO ABI; the older one of 64-bit guests has 4095 */
#define CONFIG_MAX_FRAMES  65536  /* of grants and of mappings; the host's own limits are lower */
#define CONFIG_MAX_CMDLINE 1023   /* start_info's cmd_line, without its NUL */
#define CONFIG_MAX_VIFS    16
#define CONFIG_MAX_VBDS    16
#define CONFIG_MIN_KIB     256ULL /* the builder knows the precise floor of each image */
#define CONFIG_MAX_KIB     (16ULL << 30)

/* In the order of the canonical dump. */
enum config_key {
    KEY_NAME,
    KEY_TYPE,
    KEY_KERNEL,
    KEY_RAMDISK,
    KEY_CMDLINE,
    KEY_MEMORY,
    KEY_VCPUS,
    KEY_CPUS,
    KEY_CPU_WEIGHT,
    KEY_CPU_CAP,
    KEY_TSC_MODE,
    KEY_MAX_EVENT_CHANNELS,
    KEY_MAX_GRANT_FRAMES,
    KEY_MAX_MAPTRACK_FRAMES,
    KEY_DEVICES,
    KEY_ON_POWEROFF,
    KEY_ON_REBOOT,
    KEY_ON_CRASH,
    KEY_CONSOLE_LOG,
    KEY_CONSOLE_LOG_SIZE,
    KEY_CONSOLE_LOG_KEEP,
    KEY_CONSOLE_RATE,
    KEY_CONSOLE_SERVER,
    CONFIG_KEYS,
};

/* The keys of the items of each list, in the order of the canonical dump. */
enum config_vif_key { VIF_BRIDGE, VIF_MAC, VIF_IP, VIF_GATEWAY, VIF_MTU, VIF_RATE, VIF_KEYS };
enum config_vbd_key { VBD_TARGET, VBD_VDEV, VBD_MODE, VBD_FORMAT, VBD_KEYS };
#define CONFIG_DEVICE_KEYS VIF_KEYS /* the greater of the two */

/* A place in the file, counted from 1; line 0: not from a file. */
struct config_where {
    unsigned int line, column;
};

/* For messages: where the value of each of an item's keys is. For a key that is not given it is
 * where the item begins. */
struct config_item_where {
    struct config_where keys[CONFIG_DEVICE_KEYS];
};

/* A network interface. */
struct config_vif {
    char bridge[16]; /* interface name of a Linux bridge; "": none */
    bool has_mac;
    uint8_t mac[6];      /* if has_mac; else it is made from the VM's name, always the same */
    uint8_t ip[4];       /* told to the guest; 0.0.0.0: none */
    uint8_t gateway[4];  /* the same */
    uint8_t prefix;      /* of ip's network */
    uint16_t mtu;        /* 1500 by default */
    uint64_t rate_bytes; /* how much the guest may send a second; 0: no limit */
    struct config_item_where where;
};

/* A disk. */
struct config_vbd {
    char *target;  /* absolute path of a file or block device; "" until given, never NULL */
    uint32_t vdev; /* as in Xen's vbd interface: xvda is 202 << 8, xvdb 202 << 8 | 16 ... */
    bool has_vdev; /* it was given; else vdev is the first that no other disk has */
    bool readonly;
    bool shared; /* other VMs may use it at the same time; then not readonly */
    bool raw;    /* the file is given to the guest as it is, whatever it looks like */
    struct config_item_where where;
};

#define CONSOLE_LOG_MIN_KIB  16
#define CONSOLE_LOG_MAX_KIB  (1ULL << 30)
#define CONSOLE_KEEP_MAX     100
#define CONSOLE_RATE_MAX_KIB (1ULL << 20)

/* The keys of the console, without the log's name. chaosd has the values of those not given. */
struct config_console {
    enum { CONSOLE_DEFAULT, CONSOLE_ON, CONSOLE_OFF } server;
    bool log_off;               /* not even one that chaosd keeps of all VMs */
    uint64_t log_kib, rate_kib; /* 0: not given */
    int log_keep;               /* -1: not given */
};

/* How the guest reads the processor's time stamp counter; the numbers are Xen's own. */
enum config_tsc { TSC_DEFAULT, TSC_ALWAYS_EMULATE, TSC_NATIVE };

/* How the guest learns of its devices. DEVICES_DEFAULT: not given, the host decides. */
enum config_devices { DEVICES_DEFAULT, DEVICES_AUTO, DEVICES_NOXS, DEVICES_XENSTORE };

struct chaos_config {
    char *name; /* NULL where none is given */
    enum chaos_type type;
    char *kernel;        /* absolute, as all paths here; NULL until given */
    char *ramdisk;       /* NULL: none */
    char *cmdline;       /* never NULL */
    uint64_t memory_kib; /* a multiple of 4; 0 until given */
    unsigned int vcpus;
    bool pinned;                         /* cpus: not all of them may run all of it */
    uint64_t cpus[CONFIG_MAX_CPUS / 64]; /* bit n: physical CPU n may run it */
    struct config_pin {
        uint64_t cpus[CONFIG_MAX_CPUS / 64];
    } * pins;                /* instead, where there is a list: of each vCPU */
    unsigned int nr_pins;    /* the vCPUs behind these run anywhere; 0: no list */
    unsigned int cpu_weight; /* 0: the scheduler's default */
    unsigned int cpu_cap;    /* in percent of one CPU; 0: none */
    enum config_tsc tsc_mode;
    unsigned int max_event_channels; /* 0: not given, see config_event_channels */
    unsigned int max_grant_frames;   /* 0: not given */
    int max_maptrack_frames;         /* -1: not given */
    enum config_devices devices;
    enum chaos_action on_poweroff, on_reboot, on_crash;
    char *console_log; /* as it was written, with %n; NULL: none */
    struct config_console console;
    unsigned int nr_vifs, nr_vbds;
    struct config_vif vifs[CONFIG_MAX_VIFS];
    struct config_vbd vbds[CONFIG_MAX_VBDS];

    /* What config_text made; NULL after each change. It is no part of the value: threads that share
     * a const configuration may fill it. */
    struct config_cache {
        char *text;
    } * cache;

    char *notes; /* see chaos_config_notes */

    /* For messages. */
    char *label;
    struct config_where root, where[CONFIG_KEYS];
};

/* Makes a configuration with all defaults, without a kernel and memory. */
int config_new(const char *label, chaos_config **out, chaos_error *err);

/* Reads YAML; relative paths in it begin at `base`, an absolute directory (NULL: the working one).
 */
int config_read_yaml(const char *label, const char *base, const char *text, size_t len,
                     chaos_config **out, chaos_error *err);

/* The canonical YAML. It is made once and kept, because a mass creation writes the same text for
 * each VM. It belongs to the configuration. */
int config_text(const chaos_config *cfg, const char **out, chaos_error *err);

/* How many event channels the VM may have: as given, or enough for its vCPUs and devices. */
unsigned int config_event_channels(const chaos_config *cfg);
/* True for a small VM without devices, which is not expected to map grants of others. */
bool config_is_bare(const chaos_config *cfg);

/* cpus as text is for all vCPUs; each text that is added is the next vCPU's. */
int config_cpus_set(chaos_config *cfg, const char *text, chaos_error *err);
int config_cpus_add(chaos_config *cfg, const char *text, chaos_error *err);
void config_cpus_clear(chaos_config *cfg);
/* The CPUs that may run a vCPU, as in cfg->cpus; NULL: all. */
const uint64_t *config_vcpu_cpus(const chaos_config *cfg, unsigned int vcpu);
/* Fails if the list is longer than there are vCPUs. */
int config_cpus_check(const chaos_config *cfg, chaos_error *err);

/* The key's full name ("console.log"). */
const char *config_key_name(enum config_key key);
/* Finds a key by its full name; CONFIG_KEYS if there is none. */
enum config_key config_key_find(const char *name);
/* Says what is wrong with a name that config_key_find did not find. */
int config_key_unknown(const char *name, chaos_error *err);

/* Sets one key from text. Changes nothing on failure; messages name neither key nor place. */
int config_key_set(chaos_config *cfg, enum config_key key, const char *base, const char *text,
                   chaos_error *err);
/* Puts one key back to its default. Fails only for want of memory. */
int config_key_reset(chaos_config *cfg, enum config_key key, chaos_error *err);
/* Checks that the ramdisk and the disks are there and can be opened, once more for a VM that was
 * created before; messages do not name the configuration's file. */
int config_check_files(const chaos_config *cfg, chaos_error *err);

/* Drops the text that config_text made. To be called after each change. */
void config_changed(chaos_config *cfg);

/* console.log. */
int config_log_set(chaos_config *cfg, const char *base, const char *text, chaos_error *err);
void config_log_reset(chaos_config *cfg);
/* True where each VM has a file of its own: there is a %n in the path. */
bool config_log_named(const chaos_config *cfg);
/* The path for the VM `name`; *out is NULL where there is no log, else the caller frees it. */
int config_log_path(const chaos_config *cfg, const char *name, char **out, chaos_error *err);

/* The other keys of struct config_console; the text is NULL where none is given. */
#define CONSOLE_BUF 32
int config_console_set(chaos_config *cfg, enum config_key key, const char *text, chaos_error *err);
void config_console_reset(chaos_config *cfg, enum config_key key);
const char *config_console_text(const chaos_config *cfg, enum config_key key,
                                char buf[CONSOLE_BUF]);

/* Sets one path. A failure leaves it as it was. */
int config_set_path(char **field, const char *base, const char *text, chaos_error *err);

/* Finds a value of the key devices; false if `text` is none. */
bool config_devices_find(const char *text, enum config_devices *out);

/* Names of the values of type, tsc_mode, devices and on_*. */
const char *config_type_name(enum chaos_type type);
const char *config_tsc_name(enum config_tsc mode);
const char *config_devices_name(enum config_devices devices);
const char *config_action_name(enum chaos_action action);

#endif
