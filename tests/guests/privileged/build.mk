privileged_SOURCES  := tests/guests/hostile.c
privileged_CPPFLAGS := -Itests/guests
