exhaust_SOURCES  := tests/guests/hostile.c
exhaust_CPPFLAGS := -Itests/guests
