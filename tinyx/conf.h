/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the builder tells the guest's first process: CONF_FILE is a row of records, each a letter
 * and a text with a NUL behind it. The builder writes it and init reads it, so both compile this
 * file.
 */
#ifndef TINYX_CONF_H
#define TINYX_CONF_H

#define CONF_FILE "/init.conf"

#define CONF_NAME    'n' /* of the VM */
#define CONF_ARG     'a' /* in their order; the first is the program's path */
#define CONF_ENV     'e' /* KEY=VALUE */
#define CONF_WORKDIR 'w'
#define CONF_UID     'u'
#define CONF_GID     'g' /* the first is the primary one */
#define CONF_PATH    'p' /* a mount: where; the three below belong to the last one */
#define CONF_TYPE    't'
#define CONF_SOURCE  's'
#define CONF_OPTIONS 'o'
#define CONF_NETWORK 'i' /* none, dhcp, noxs or static */
#define CONF_IP      'I' /* 10.0.0.2/24 */
#define CONF_GATEWAY 'G'

/* Signals to init: power off, reboot. What /sbin/poweroff and /sbin/reboot send. */
#define CONF_SIGNAL_OFF    (SIGRTMIN + 4)
#define CONF_SIGNAL_REBOOT (SIGRTMIN + 5)

#endif
