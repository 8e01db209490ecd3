/* SPDX-License-Identifier: BSD-3-Clause */
/* chaosd's messages, on stderr. */
#ifndef CHAOSD_LOG_H
#define CHAOSD_LOG_H

enum { LOG_ERR = 3, LOG_WARN = 4, LOG_NOTE = 5 };

/* From now on each message is a JSON object on a line of its own. */
void log_json_lines(void);
void log_line(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
