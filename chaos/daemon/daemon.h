/* SPDX-License-Identifier: BSD-3-Clause */
/* chaosd: what its files share. One process, one event loop, one thread. */
#ifndef CHAOSD_H
#define CHAOSD_H

#include <sys/socket.h>
#include <uv.h>

#include <chaos.h>
#include <chaos/daemon.h>

/* A shell that somebody took: until it is a VM, is given back, or its taker is gone. */
struct lease {
    struct lease *next;
    struct flavour *flavour; /* NULL: the configuration has it no more */
    chaos_shell *shell;
    char uuid[CHAOS_UUID_TEXT];
    pid_t pid;         /* the taker */
    uint64_t taken_ms; /* since boot */
    unsigned int slot; /* chaosd_journal.c: its record */
    bool left;         /* whether the taker lives or not, it has hung up */
};

/* One kind of shell that is kept ready. */
struct flavour {
    struct flavour *next;
    char name[CHAOS_POOL_FLAVOUR_MAX + 1];
    chaos_config *cfg;
    struct chaos_pool_shape *shape;
    bool warm;
    struct chaos_pool_image image; /* what the idle warm shells were built from */

    unsigned int configured, target; /* `target` may have been resized */
    unsigned int low;                /* refilling begins below this */
    unsigned int rate;               /* shells a second at most */
    unsigned int cpu_percent;        /* of one CPU, that refilling may use */

    chaos_shell **idle; /* the last one is handed out first */
    unsigned int nr_idle, room;
    bool filling;
    bool loading;        /* its kernel is being read */
    uint64_t not_before; /* uv_hrtime() when refilling may go on */
    unsigned int backoff_ms;
    char error[256]; /* why it does not fill; "": it does */
    uint64_t hits, misses, refills, failures, prepare_ns;
};

/* Consoles, where a VM's own configuration says nothing else. */
struct console_settings {
    bool server;
    char log_dir[512]; /* "": none */
    uint64_t log_kib;  /* at which a log is rotated */
    unsigned int log_keep;
    uint64_t rate_kib;   /* output a second that is taken from one VM */
    uint64_t buffer_kib; /* of its last output that is kept for readers */
};

struct settings {
    struct console_settings console;
    struct flavour *flavours;
    char group[64];
    uint64_t keep_free_kib;
    bool policies; /* follow on_poweroff, on_reboot and on_crash */
};

/* A VM's console in our hands. */
struct console {
    struct daemon *d;
    chaos_console *con; /* NULL: the VM is gone, some reader has not read all yet */
    uv_poll_t poll;
    struct chaos_domain dom;
    struct chaos_console_settings own;
    enum chaos_reason reason; /* where it has ended */
    bool ended;               /* it will write no more, unless somebody lets it go on */
    unsigned int seen;        /* the pass of consoles_look that saw the VM */

    /* The last `used` bytes that it wrote, which end before position `end`. */
    char *bytes;
    size_t room, start, used;
    uint32_t end;

    chaos_log *log;
    uint64_t log_again; /* uv_now() before which a log that failed is not tried again */

    int64_t tokens;     /* bytes that may be taken now; below 1: it waits its turn */
    uint64_t tokens_at; /* uv_now() */
    bool throttled;
    struct console *next_throttled;

    struct conn *readers;
    struct conn *writer; /* the one whose input counts; NULL: whoever is next */
    unsigned int nr_readers;
};

/* The console server as a whole. */
struct consoles {
    struct console **by_domid;
    uint32_t room; /* of by_domid */
    unsigned int nr, nr_logs, nr_readers, max;
    unsigned int pass;
    struct console *throttled, **throttled_end;
    uv_timer_t tick;
    uint64_t window, spent_ns; /* time spent in this window, uv_now() its begin */

    /* VMs that were heard of and not looked at yet. */
    char (*names)[CHAOS_NAME_MAX + 1];
    unsigned int nr_names, names_room;
    bool scan; /* all of them are to be looked at */
    bool told_failure;
    uint64_t again_at; /* uv_hrtime() when what failed is tried again; 0: nothing did */
    int inotify;
    uv_poll_t heard;
    uv_timer_t later;
    uint64_t later_since; /* uv_hrtime() of the first thing that waits; 0: none */

    uint64_t bytes, lost_bytes, throttles, log_errors;
};

struct conn {
    struct conn *next;
    uv_poll_t poll;
    int fd;
    struct ucred peer;
    struct lease *leases;
    uint64_t last; /* uv_now() of its last message */

    /* Where it reads a console. */
    struct console *console;
    struct conn *next_reader;
    unsigned int flags;
    uint32_t position; /* of the next byte that it gets */
    bool blocked;      /* it does not read what it is sent */
    int events;        /* waited for: conn_wait */
    bool told_writer, told_ended;
    bool left;   /* the client hung up, or was silent for too long */
    char *input; /* typed, and not yet taken by the VM */
    size_t nr_input;

    bool closing;
};

struct daemon {
    uv_loop_t loop;
    bool looping;
    unsigned int max_fds;
    chaos_host *host;
    chaos_error *err; /* of the operation under way */
    const char *run_dir, *config_path;
    struct settings settings;

    int lock, listener, reserve;
    uv_poll_t accepting;
    struct conn *conns;
    unsigned int nr_conns;
    uv_timer_t patience; /* runs while there are connections, or orphans */
    uv_timer_t refill;
    uint64_t last_take, no_refill_before; /* uv_hrtime() */

    struct lease *orphans;     /* taken from the chaosd before this one, by processes that live */
    int shells_dir, leases_fd; /* chaosd_journal.c */
    struct record *leases;     /* what leases_fd holds */
    unsigned int nr_leases, next_lease; /* none is free before next_lease */

    bool inherited, published; /* the listener: systemd made it; it is where clients look */
    bool follows;              /* policies */
    uv_poll_t watch;
    int watch_fd;
    uv_timer_t sweep;
    uv_timer_t policy; /* restarts that failed are tried again */
    struct chaos_pool_times takes, executes;
    uint64_t restarts, ended;
    struct restart *restarted;
    struct load *loading;
    uv_async_t loaded;
    char *failed_kernel; /* that could not be loaded last; NULL: none */
    struct consoles consoles;
    uv_signal_t on_term, on_int, on_hup, on_usr1;
    bool restarts_soon; /* the next chaosd is to have the idle shells */
    uint8_t *in, *out;  /* CHAOS_POOL_MAX bytes each */
};

#define DAEMON_INIT                                                                                \
    {                                                                                              \
        .lock = -1, .listener = -1, .reserve = -1, .shells_dir = -1, .leases_fd = -1,              \
        .watch_fd = -1, .consoles.inotify = -1                                                     \
    }

/* chaosd.c */
/* Everything up to the loop: an exit code, after a message where that is not CHAOS_OK. */
int daemon_start(struct daemon *d);
/* Ends what was started, however far that came; idle shells are destroyed, or left for the next
 * chaosd. */
void daemon_stop(struct daemon *d);

/* chaosd_loop.c: -errno */
int loop_open(struct daemon *d);
void loop_close(struct daemon *d);

/* chaosd_log.c */
enum { LOG_ERR = 3, LOG_WARN = 4, LOG_NOTE = 5 };
void log_json_lines(void);
void log_line(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* chaosd_config.c: reads the file; the message of what is wrong with it is in `why`. */
int settings_load(const char *path, struct settings *out, char *why, size_t room);
void settings_free(struct settings *settings);
void flavour_free(struct flavour *flavour);

/* chaosd_socket.c: negative after a message in the log */
int lock_take(struct daemon *d);
int listener_open(struct daemon *d);
/* Shows the socket: from now on clients are answered. */
int listener_publish(struct daemon *d);
void listener_close(struct daemon *d);

/* chaosd_notify.c */
void notify_systemd(const char *state);

/* chaosd_conn.c */
int conns_start(struct daemon *d);
void conn_close(struct daemon *d, struct conn *conn);
bool conn_send(struct daemon *d, struct conn *conn, struct chaos_pool_writer *w);
bool conn_ok(struct daemon *d, struct conn *conn);
bool conn_error(struct daemon *d, struct conn *conn, enum chaos_status status, int errnum,
                const char *text);

/* Looks once a second at who is silent and who is gone, while there is anybody. */
void patience(struct daemon *d);
/* What to wait for on a connection, after that has changed. */
void conn_wait(struct conn *conn);
/* Sends one NOTICE; false where the connection is to be closed. */
bool conn_notice(struct daemon *d, struct conn *conn, uint32_t what, uint32_t arg);

/* chaosd_console.c */
void consoles_start(struct daemon *d);
void consoles_stop(struct daemon *d);
/* The settings have changed. */
void consoles_reload(struct daemon *d);
struct console *console_find(struct daemon *d, const struct chaos_domain *dom);
/* Attaches to a console. 0, or -errno with d->err: -ENOENT where it is not to be served. */
int console_new(struct daemon *d, const struct chaos_domain *dom, struct console **out);
/* All VMs: those that ended say their last words, those that are gone are let go of. */
void consoles_look(struct daemon *d, const struct chaos_domain *doms, size_t count);
/* Pushes what the writer typed. */
void console_input(struct console *c);
/* Frees one whose VM is gone, when nobody reads it. */
void console_put(struct console *c);

/* Its turn has come. */
void console_resume(struct console *c);

/* chaosd_console_flow.c */
void flow_start(struct daemon *d);
/* Whether something may be taken from it now. */
bool flow_may(struct console *c);
/* It is taken out of the loop until its turn comes, and by flow_leave for good. */
void flow_wait(struct console *c);
void flow_leave(struct console *c);

/* chaosd_console_log.c */
void console_keep(struct console *c, const char *buf, size_t len);
void console_log(struct console *c, const char *buf, size_t len);
void console_log_close(struct console *c);
/* Copies what is kept from `position` on; how many bytes. */
size_t console_copy(const struct console *c, uint32_t position, void *buf, size_t room);

/* chaosd_reader.c: false where the connection is to be closed */
bool reader_attach(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r);
bool reader_input(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r);
/* Sends what it has not got yet, as far as it takes it. */
bool reader_feed(struct daemon *d, struct conn *conn);
void reader_feed_all(struct console *c);
void reader_tell_all(struct console *c, uint32_t what);
void reader_detach(struct conn *conn);

/* chaosd_names.c: hears of new VMs, and attaches to their consoles when there is time */
void names_start(struct daemon *d);
void names_stop(struct daemon *d);
/* A take has begun: what is heard of the VM can wait. */
void names_quiet(struct daemon *d);
void names_scan(struct daemon *d);
/* The same, in a while. */
void names_again(struct daemon *d);

/* chaosd_requests.c: false where the connection is to be closed */
bool request(struct daemon *d, struct conn *conn, int type, struct chaos_pool_reader *r);

/* chaosd_pool.c */
bool stock_take(struct daemon *d, struct conn *conn, const struct chaos_pool_take *take);
void stock_give_back(struct daemon *d, struct flavour *flavour, chaos_shell *shell);
uint64_t stock_reclaim(struct daemon *d, uint64_t kib);
/* Destroys the shell, and then its entry in the journal. */
void stock_destroy(struct daemon *d, chaos_shell *shell);
/* Frees idle shells beyond the target. */
void stock_trim(struct daemon *d, struct flavour *flavour);
void stock_resize(struct daemon *d, struct flavour *flavour, unsigned int target);
bool stock_add(struct flavour *flavour, chaos_shell *shell);
void stock_empty(struct daemon *d);
struct flavour *flavour_find(struct flavour *list, const char *name);

/* chaosd_refill.c */
void refill_start(struct daemon *d);
void refill_soon(struct daemon *d);
/* After a take: costs nothing now. */
void refill_later(struct daemon *d);

/* It could not make a shell: it waits, each time longer. */
void flavour_failed(struct flavour *fl, const char *why);

/* chaosd_kernel.c */
/* True where this kernel is being loaded, or another one before it: come again. False where it is
 * there, or nothing is to be gained by waiting. */
bool kernel_wait(struct daemon *d, const char *path);
/* True, once, where loading it has failed: the caller finds out why. */
bool kernel_failed(struct daemon *d, const char *path);
int kernels_start(struct daemon *d);
/* Waits for one that is being loaded. */
void kernels_stop(struct daemon *d);

/* chaosd_lease.c */
void lease_add(struct lease **list, struct lease *lease);
/* Ends the leases of a taker that is gone: VMs stay, the rest is destroyed. */
void leases_end(struct daemon *d, struct lease **list);
/* Of a taker that we have hung up on: it keeps its shells for as long as it lives. */
void leases_leave(struct daemon *d, struct lease **list);
/* Forgets the leases whose shell is a VM by now. */
void leases_settle(struct daemon *d, struct lease **list);
bool lease_give_back(struct daemon *d, struct lease **list, const char *uuid);
/* Looks at the takers of the chaosd before this one. */
void orphans_look(struct daemon *d);
/* At the end: who has a shell keeps it, and the next chaosd finds it in the journal. */
void leases_forget(struct lease **list);
/* A shell that could not be destroyed: it is tried again, as what a taker left. */
void orphan_add(struct daemon *d, chaos_shell *shell);
bool taker_lives(const struct lease *lease);

/* chaosd_journal.c: negative errno */
int journal_open(struct daemon *d);
void journal_close(struct daemon *d);
int journal_add(struct daemon *d, const struct flavour *flavour, const chaos_shell *shell);
/* Finds the lease a record of its own. */
int journal_taken(struct daemon *d, struct lease *lease);
int journal_idle(struct daemon *d, const struct lease *lease);
void journal_drop_idle(struct daemon *d, const char *uuid);
void journal_drop_taken(struct daemon *d, const struct lease *lease);
typedef void journal_fn(struct daemon *d, const char *flavour, const void *shape,
                        uint32_t shape_len, struct lease *lease);
/* Calls fn for each entry of idle or taken; fn takes over the lease and its shell. */
int journal_each(struct daemon *d, bool taken, journal_fn *fn);
/* Forgets who took what is not there any more. */
void journal_clean(struct daemon *d);

/* chaosd_adopt.c */
int adopt(struct daemon *d);

/* chaosd_watch.c */
void watch_start(struct daemon *d);
/* Hears of ends from now on, if somebody wants to know and nobody did before. */
void watch_open(struct daemon *d);
void watch_look(struct daemon *d);

/* chaosd_restart.c: how long the VM of this name has to wait for its next life; 0: not at all */
uint64_t restart_wait(struct daemon *d, const char *name);
void restart_done(struct daemon *d, const char *name);
/* Forgets those that live; true while there are more. */
bool restart_sweep(struct daemon *d, bool all);

/* chaosd_status.c, chaosd_metrics.c: text that the caller frees; NULL without memory */
char *status_text(struct daemon *d);
char *metrics_text(struct daemon *d);

#endif
