arguments_SOURCES  := tests/guests/hostile.c
arguments_CPPFLAGS := -Itests/guests
