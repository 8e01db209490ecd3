# lwIP comes from Debian's source package, pinned by tests/lab/sources.lock, through the lab's cache.
daytime_LWIP := $(GUEST_OUT)/lwip
daytime_LWIP_FILES := $(addprefix $(daytime_LWIP)/src/, \
    $(addprefix core/,def.c inet_chksum.c init.c ip.c mem.c memp.c netif.c pbuf.c tcp.c tcp_in.c \
        tcp_out.c timeouts.c) \
    $(addprefix core/ipv4/,etharp.c icmp.c ip4.c ip4_addr.c) netif/ethernet.c)

daytime_SOURCES  := $(daytime_LWIP_FILES)
daytime_NEEDS    := | $(daytime_LWIP).fetched
daytime_CPPFLAGS := -Ibenchmarks/guests/daytime -isystem $(daytime_LWIP)/src/include
daytime_STACK    := 8192

$(daytime_LWIP_FILES): | $(daytime_LWIP).fetched ;

# The cache may have been emptied since.
ifeq ($(wildcard $(daytime_LWIP)/src),)
$(shell rm -f $(daytime_LWIP).fetched)
endif

$(daytime_LWIP).fetched: tests/lab/sources.lock
	@mkdir -p $(@D)
	dir=$$(tests/lab/fetch lwip) && ln -sfn "$$dir" $(daytime_LWIP) && touch $@
