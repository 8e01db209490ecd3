scribble_SOURCES  := tests/guests/hostile.c
scribble_CPPFLAGS := -Itests/guests
