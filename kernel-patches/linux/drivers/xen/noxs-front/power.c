// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control device: power requests from the toolstack; and the guest's own wish to suspend, which
 * is "mem" in /sys/power/state as on any machine.
 *
 * Suspending is in memory: the domain stops and goes on as the same one, so that grants, event
 * channels and rings stay what they are, and no driver need know.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/kernel.h>
#include <linux/nmi.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/suspend.h>
#include <xen/events.h>
#include <xen/interface/xen.h>
#include <xen/interface/sched.h>
#include <asm/xen/hypercall.h>

#include "front.h"

#define XEN_EOPNOTSUPP 95	/* as Xen numbers errors */

static const u32 known = 1 << NOXS_POWER_POWEROFF | 1 << NOXS_POWER_REBOOT |
			 1 << NOXS_POWER_SUSPEND | 1 << NOXS_POWER_CRASH;

void noxs_power_start(struct noxs_front *front)
{
	const struct noxs_control_back *back = front->page;

	front->sequence = READ_ONCE(back->sequence);
	noxs_front_set_state(front, NOXS_STATE_INITIALISING);
	noxs_half(front)->features = known;
	noxs_front_set_state(front, NOXS_STATE_CONNECTED);
}

/*
 * With interrupts off, on the first vCPU, whose registers the toolstack may change to tell of the
 * resumption.
 */
static int stop(suspend_state_t unused)
{
	struct sched_shutdown shutdown = { .reason = SHUTDOWN_suspend };
	int rc = HYPERVISOR_sched_op(SCHEDOP_shutdown, &shutdown);

	touch_softlockup_watchdog();
	return rc < 0 ? rc : 0;
}

static long suspend(void *unused)
{
	unsigned long flags;
	long rc;

	local_irq_save(flags);
	rc = stop(PM_SUSPEND_MEM);
	local_irq_restore(flags);
	return rc;
}

static const struct platform_suspend_ops suspend_ops = {
	.valid = suspend_valid_only_mem,
	.enter = stop,
};

void noxs_power_init(void)
{
	suspend_set_ops(&suspend_ops);
}

void noxs_power_exit(void)
{
	suspend_set_ops(NULL);
}

static void obey(u32 request)
{
	switch (request) {
	case NOXS_POWER_POWEROFF:
		orderly_poweroff(true);
		break;
	case NOXS_POWER_REBOOT:
		orderly_reboot();
		break;
	case NOXS_POWER_SUSPEND:
		if (work_on_cpu(0, suspend, NULL) < 0)
			pr_err("noxs: cannot suspend\n");
		break;
	case NOXS_POWER_CRASH:
		panic("noxs: the control domain asked for a crash");
	}
}

void noxs_power_event(struct noxs_front *front)
{
	const struct noxs_control_back *back = front->page;
	struct noxs_control_front *answer = (void *)noxs_half(front);
	u32 sequence = READ_ONCE(back->sequence), request;
	bool understood;

	if (READ_ONCE(back->half.state) == NOXS_STATE_CLOSING)
		noxs_front_set_state(front, NOXS_STATE_CLOSED);
	if (sequence == front->sequence)
		return;

	virt_rmb();	/* read the number before the request */
	request = READ_ONCE(back->request);
	understood = request < 32 && known & 1U << request;
	front->sequence = sequence;

	answer->status = understood ? 0 : XEN_EOPNOTSUPP;
	virt_wmb();	/* publish the answer before its number */
	WRITE_ONCE(answer->sequence, sequence);
	notify_remote_via_irq(front->irq);

	if (understood)
		obey(request);
}
