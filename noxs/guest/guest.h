/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A freestanding Xen guest: what a unikernel needs to start, talk and stop.
 *
 * There are no interrupts and no event upcalls: all event channels stay masked and a guest sleeps
 * in guest_wait(), which Xen ends when one of the given ports becomes pending. One CPU, one thread.
 */
#ifndef NOXS_GUEST_H
#define NOXS_GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>

#define GUEST_PAGE_SIZE  4096
#define GUEST_PAGE_SHIFT 12

/* Deadlines are guest_clock_ns() values; this one never comes. */
#define GUEST_FOREVER 0

/* A page that a shared frame gets mapped over; its memory is lost to the guest. */
#define GUEST_PAGE_HOLE __attribute__((noinit, aligned(GUEST_PAGE_SIZE)))

/* Large memory that need not be zero at the start. */
#define GUEST_NOINIT __attribute__((noinit))

#define barrier() __asm__ volatile("" ::: "memory")
#define ACCESS(x) (*(volatile __typeof__(x) *)&(x))
/* x86 keeps loads among loads and stores among stores; only the full barrier costs something. */
#ifndef guest_rmb /* tests on the host let the other side write there */
#define guest_rmb() barrier()
#endif
#define guest_wmb() barrier()
#define guest_mb()  __asm__ volatile("mfence" ::: "memory")

/* The guest's own program; powers the guest off when it returns. */
void guest_main(void);

/* start.S */
long guest_hypercall(long nr, long a, long b, long c, long d, long e);
#define HYPERCALL(nr, ...) guest_hypercall_args(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0)
#define guest_hypercall_args(nr, a, b, c, d, e, ...)                                               \
    guest_hypercall(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

/* platform.c: what the loader handed over. */
bool guest_is_pv(void);
const char *guest_cmdline(void);

/* Returns the text behind "KEY=" on the command line, or NULL; it ends at a space or NUL. */
const char *guest_option(const char *key);
/* Returns true where WORD stands alone on the command line. */
bool guest_flag(const char *word);

/* memory.c: frames. A "frame" is an MFN for PV and a guest frame number for PVH. */
uint64_t guest_memory_kib(void);
/* Returns the frame that holds an address of the guest's own memory. */
xen_pfn_t guest_frame_of(const void *address);
/* Returns an address for a frame that belongs to the guest (a console ring, a device page). */
void *guest_map_own_frame(xen_pfn_t frame);
struct shared_info *guest_shared_info(void);
/* Maps a machine frame that is not the guest's own memory over a hole; PV only. */
int guest_map_foreign_frame(void *hole, xen_pfn_t frame, bool writable);

/* event.c */
bool guest_event_pending(evtchn_port_t port);
void guest_event_clear(evtchn_port_t port);
int guest_event_notify(evtchn_port_t port);
/* Sleeps until one of the ports is pending or the deadline is past; does not clear any port. */
void guest_wait(const evtchn_port_t *ports, unsigned int count, uint64_t deadline_ns);
/* Both return a local port or a negative errno. */
int guest_event_bind(domid_t remote, evtchn_port_t remote_port);
int guest_event_offer(domid_t remote);
int guest_event_bind_virq(unsigned int virq);
void guest_event_close(evtchn_port_t port);
/* Sleeps for ever; no event wakes the guest. */
void guest_idle(void) __attribute__((noreturn));

/* dispatch.c: one handler a port. */
typedef void guest_event_handler(void *data);
int guest_event_handle(evtchn_port_t port, guest_event_handler *handler, void *data);
void guest_event_forget(evtchn_port_t port);
/* Runs the handlers of the pending ports; with none pending, sleeps first, up to the deadline. */
void guest_events_run(uint64_t deadline_ns);

/* grant.c: grant table version 1, one page of entries. */
#define GUEST_NO_GRANT 0 /* the first references are the loader's */
/* Lets a domain use the page of ADDRESS; returns the reference or GUEST_NO_GRANT. */
grant_ref_t guest_grant(domid_t domid, const void *address, bool readonly);
/* Takes the page back; false while the other side has it mapped: it stays granted then. */
bool guest_grant_end(grant_ref_t ref);
/* Maps another domain's page over a hole; returns 0 and the handle, or a negative errno. */
int guest_grant_map(void *hole, domid_t domid, grant_ref_t ref, grant_handle_t *handle);
void guest_grant_unmap(void *hole, grant_handle_t handle);

/* clock.c */
uint64_t guest_clock_ns(void);      /* since this host's start */
uint64_t guest_wall_clock_ns(void); /* since 1970 */

/* power.c: REASON is a SHUTDOWN_* of xen/sched.h. */
void guest_shutdown(unsigned int reason) __attribute__((noreturn));
/* Returns when the domain is resumed. */
void guest_suspend(void);
/* A PV guest starts with a 100 Hz timer that a waiting guest has no use for. */
void guest_stop_periodic_timer(void);

/* console.c: Xen's console ring. Both return the bytes taken, at once. */
size_t console_try_write(const char *text, size_t length);
size_t console_try_read(char *text, size_t size);
evtchn_port_t console_port(void);
/* The ring itself, for tests of the reader; NULL: there is none. */
struct xencons_interface *console_ring(void);

/* console_wait.c */
/*
 * Writes all of it, waiting for room. A reader that takes nothing for PATIENCE_NS (GUEST_FOREVER:
 * no limit) makes this and later writes drop what does not fit, until room appears again.
 * Returns the bytes written.
 */
size_t console_write(const char *text, size_t length, uint64_t patience_ns);
int console_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Waits for input; returns the bytes read, or 0 at the deadline. */
size_t console_read(char *text, size_t size, uint64_t deadline_ns);

/* text.c: the subset %s %c %d %u %x %p with l, ll, z, width, '0' and '-'. */
int guest_vsnprintf(char *out, size_t size, const char *format, va_list args);
int guest_snprintf(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
uint64_t guest_number(const char *text, const char **end);

/* string.c: also what the compiler itself calls. */
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strncmp(const char *a, const char *b, size_t n);

#endif
