liar_SOURCES  := tests/guests/hostile.c
liar_CPPFLAGS := -Itests/guests
