# So that the whole guest is one page.
noop_STACK := 2048
