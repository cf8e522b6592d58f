/* SPDX-License-Identifier: Apache-2.0
 *
 * ABI oracle: the libAttachSQL 2.0 interface, reconstructed from its documented contract.
 * Read-only. Checks compare the generated header with it; nothing is ever installed from here.
 */
#ifndef FROZEN_LIBATTACHSQL2_ATTACHSQL_H
#define FROZEN_LIBATTACHSQL2_ATTACHSQL_H

#include <libattachsql2/visibility.h>
#include <libattachsql2/constants.h>
#include <libattachsql2/structs.h>
#include <libattachsql2/error.h>
#include <libattachsql2/connect.h>
#include <libattachsql2/query.h>
#include <libattachsql2/statement.h>
#include <libattachsql2/pool.h>
#include <libattachsql2/utility.h>

#endif
