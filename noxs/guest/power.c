/* SPDX-License-Identifier: BSD-3-Clause */
/* The ways to stop. */
#include "internal.h"

#include <xen/sched.h>
#include <xen/vcpu.h>

void guest_shutdown(unsigned int reason)
{
    struct sched_shutdown shutdown = {.reason = reason};

    for (;;)
        HYPERCALL(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &shutdown);
}

void guest_suspend(void)
{
    struct sched_shutdown shutdown = {.reason = SHUTDOWN_suspend};

    /* For PV the frame of start_info goes along, which a saver reads and corrects. */
    HYPERCALL(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &shutdown,
              guest_is_pv() ? guest_frame_of(guest_start_info) : 0);
}

void guest_stop_periodic_timer(void)
{
    if (guest_is_pv()) /* the others have none, and no such call */
        HYPERCALL(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, NULL);
}
