/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CONF_FILE tells the guest's first process what to do. It is a row of records: a letter, a text
 * and a NUL. tinyx build writes the file and init reads it; both compile this header, so that they
 * agree on the letters and on the limits.
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

/* The limits of a specification, whose violation is an error of tinyx build. */
#define CONF_MAX_ARGS   1000 /* with the program's path */
#define CONF_MAX_ENV    1000
#define CONF_MAX_MOUNTS 100
#define CONF_MAX_BYTES  65536 /* all records together */

/* As many variables does tinyx add where the specification does not set them. */
#define CONF_OWN_ENV 3

/* Signals to init: power off, reboot. What /sbin/poweroff and /sbin/reboot send. */
#define CONF_SIGNAL_OFF    (SIGRTMIN + 4)
#define CONF_SIGNAL_REBOOT (SIGRTMIN + 5)

#endif
