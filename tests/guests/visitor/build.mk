# The network of daytime: lwIP on the first vif.
visitor_SOURCES  := benchmarks/guests/daytime/net.c $(daytime_LWIP_FILES)
visitor_NEEDS    := $(daytime_NEEDS)
visitor_CPPFLAGS := $(daytime_CPPFLAGS) -DMEMP_NUM_SYS_TIMEOUT=8
visitor_STACK    := $(daytime_STACK)
