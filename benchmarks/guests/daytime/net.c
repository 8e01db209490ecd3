/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP's interface on the first vif, which may come, go and come again. */
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>

#include "daytime.h"
#include "netfront.h"

#define DEFAULT_MTU 1500

static GUEST_NOINIT struct netfront front;
static struct netif interface;
static bool attached;

static err_t send(struct netif *netif, struct pbuf *packet)
{
    void *buffer = netfront_send_buffer(&front);

    (void)netif;
    if (!buffer)
        return ERR_WOULDBLOCK;
    if (packet->tot_len > GUEST_PAGE_SIZE)
        return ERR_BUF;
    pbuf_copy_partial(packet, buffer, packet->tot_len, 0);
    netfront_send(&front, packet->tot_len);
    return ERR_OK;
}

static void receive(struct netfront *net, const void *data, size_t length,
                    enum netfront_checksum checksum)
{
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_POOL);
    u16_t checks = NETIF_CHECKSUM_ENABLE_ALL;

    (void)net;
    /* The first packets may come with the connection: lwIP answers none before the link is up. */
    net_follow();
    if (!packet)
        return; /* as a busy wire loses one */
    if (checksum == NETFRONT_CHECKSUM_GOOD)
        checks &= (u16_t)~NETIF_CHECKSUM_CHECK_TCP;
    NETIF_SET_CHECKSUM_CTRL(&interface, checks);
    pbuf_take(packet, data, (u16_t)length);
    if (interface.input(packet, &interface) != ERR_OK)
        pbuf_free(packet);
}

static err_t init_interface(struct netif *netif)
{
    netif->name[0] = 'v';
    netif->name[1] = 'f';
    netif->mtu = DEFAULT_MTU;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP;
    netif->output = etharp_output;
    netif->linkoutput = send;
    return ERR_OK;
}

/* "10.0.0.2/24", ending anywhere; false where it is no address. */
static bool parse_address(const char *text, ip4_addr_t *address, unsigned int *prefix)
{
    uint32_t host = 0;

    for (int i = 0; i < 4; i++) {
        const char *end;
        uint64_t n = guest_number(text, &end);

        if (end == text || n > 255 || (i < 3 && *end != '.'))
            return false;
        host = host << 8 | (uint32_t)n;
        text = end + (i < 3);
    }
    address->addr = lwip_htonl(host);
    if (*text == '/')
        *prefix = (unsigned int)guest_number(text + 1, NULL);
    return *prefix <= 32;
}

/* The command line goes before the device page's hint. */
static void configure(const struct noxs_vif_config *config)
{
    const char *text = guest_option("ip"), *gateway_text = guest_option("gw");
    ip4_addr_t address, mask, gateway;
    unsigned int prefix = config->prefix, unused = 0;

    memcpy(&address.addr, config->ipv4, sizeof(address.addr));
    memcpy(&gateway.addr, config->gateway, sizeof(gateway.addr));
    if (text && !parse_address(text, &address, &prefix))
        console_printf("daytime: ip=: not an address\n");
    if (gateway_text && !parse_address(gateway_text, &gateway, &unused))
        console_printf("daytime: gw=: not an address\n");
    mask.addr = prefix ? lwip_htonl(~0U << (32 - prefix)) : 0;
    netif_set_addr(&interface, &address, &mask, &gateway);
    memcpy(interface.hwaddr, config->mac, ETH_HWADDR_LEN);
    if (config->mtu)
        interface.mtu = config->mtu < DEFAULT_MTU ? config->mtu : DEFAULT_MTU;
}

static void attach(void)
{
    struct noxs_entry entry;
    int rc;

    if (!devices_find(NOXS_TYPE_VIF, 0, &entry))
        return;
    configure(&entry.u.vif);
    rc = netfront_start(&front, &entry, receive, NULL);
    attached = !rc;
    if (rc)
        console_printf("daytime: vif 0: error %d\n", rc);
}

static void devices_changed(void *data)
{
    (void)data;
    if (attached && !device_present(&front.device)) {
        netif_set_link_down(&interface);
        netfront_stop(&front);
        attached = false;
    }
    if (!attached)
        attach();
    power_device_start(NULL);
}

void net_init(void)
{
    int rc = devices_open();

    lwip_init();
    netif_add_noaddr(&interface, NULL, init_interface, netif_input);
    netif_set_default(&interface);
    netif_set_up(&interface);
    if (rc) {
        console_printf("daytime: no noxs here (error %d)\n", rc);
        return;
    }
    guest_event_handle(devices_port, devices_changed, NULL);
    devices_changed(NULL);
}

void net_follow(void)
{
    bool up = attached && netfront_up(&front);
    char address[IP4ADDR_STRLEN_MAX];

    if (up == !!netif_is_link_up(&interface))
        return;
    if (!up) {
        netif_set_link_down(&interface);
        return;
    }
    netif_set_link_up(&interface); /* announces the address on the wire */
    ip4addr_ntoa_r(netif_ip4_addr(&interface), address, sizeof(address));
    console_printf("daytime: up, %s\n", address);
}
