/* SPDX-License-Identifier: Apache-2.0; kept for programs that name it: all declarations are in one header. */
#include <libattachsql2/attachsql.h>
