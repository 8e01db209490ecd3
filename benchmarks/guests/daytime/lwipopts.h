/* SPDX-License-Identifier: BSD-3-Clause */
/* A small server: IPv4, ARP, ping, TCP through the raw interface. */
#ifndef DAYTIME_LWIPOPTS_H
#define DAYTIME_LWIPOPTS_H

#define NO_SYS                    1
#define SYS_LIGHTWEIGHT_PROT      0
#define LWIP_SOCKET               0
#define LWIP_NETCONN              0
#define LWIP_SINGLE_NETIF         1
#define LWIP_IPV4                 1
#define LWIP_IPV6                 0
#define LWIP_ARP                  1
#define LWIP_ICMP                 1
#define LWIP_TCP                  1
#define LWIP_UDP                  0
#define LWIP_RAW                  0
#define LWIP_DHCP                 0
#define LWIP_DNS                  0
#define LWIP_IGMP                 0
#define IP_REASSEMBLY             0
#define IP_FRAG                   0
#define LWIP_STATS                0
#define LWIP_NETIF_HOSTNAME       0
#define LWIP_NETIF_TX_SINGLE_PBUF 0

#define MEM_ALIGNMENT     8
#define MEM_SIZE          (48 * 1024)
#define MEMP_NUM_TCP_PCB  64
#define MEMP_NUM_TCP_SEG  128
#define MEMP_NUM_PBUF     32
#define PBUF_POOL_SIZE    32
#define PBUF_POOL_BUFSIZE 1600

#define TCP_MSS            1460
#define TCP_WND            (4 * TCP_MSS)
#define TCP_SND_BUF        (4 * TCP_MSS)
#define TCP_LISTEN_BACKLOG 1

/* The only timer of an idle guest: hundreds of guests should not wake every second. */
#define ARP_TMR_INTERVAL 10000
#define ARP_MAXAGE       60

/* Whether a packet's checksum still needs a look is told for each packet (net.c). */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1

#endif
