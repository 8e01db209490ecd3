# SPDX-License-Identifier: BSD-3-Clause
# Tests in real Xen. Included by the top Makefile.

include tests/lab/lab.mk

.PHONY: check-integration
check-integration: all ## integration tests, each in a Dom0 of its own
	tests/lab/deps lab check
	LAB_NO_BUILD=1 prove -e tests/lab/in-lab tests/integration/*.t
