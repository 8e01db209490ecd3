flood_SOURCES  := tests/guests/hostile.c
flood_CPPFLAGS := -Itests/guests
