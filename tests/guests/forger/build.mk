forger_SOURCES  := tests/guests/hostile.c
forger_CPPFLAGS := -Itests/guests
