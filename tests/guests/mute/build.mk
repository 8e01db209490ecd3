mute_SOURCES  := tests/guests/hostile.c
mute_CPPFLAGS := -Itests/guests
