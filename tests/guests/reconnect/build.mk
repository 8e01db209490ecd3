reconnect_SOURCES  := tests/guests/hostile.c
reconnect_CPPFLAGS := -Itests/guests
