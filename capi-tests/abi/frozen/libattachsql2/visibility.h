/* SPDX-License-Identifier: Apache-2.0
 *
 * ABI oracle: the libAttachSQL 2.0 interface, reconstructed from its documented contract.
 * Read-only. Checks compare the generated header with it; nothing is ever installed from here.
 */
#ifndef FROZEN_LIBATTACHSQL2_VISIBILITY_H
#define FROZEN_LIBATTACHSQL2_VISIBILITY_H

/* Decoration of the prototypes; empty for programs on Linux. */
#ifndef ASQL_API
#define ASQL_API
#endif

#endif
