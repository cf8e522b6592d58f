/* SPDX-License-Identifier: Apache-2.0
 *
 * ABI oracle: the libAttachSQL 2.0 interface, reconstructed from its documented contract.
 * Read-only. Checks compare the generated header with it; nothing is ever installed from here.
 */
#ifndef FROZEN_LIBATTACHSQL2_UTILITY_H
#define FROZEN_LIBATTACHSQL2_UTILITY_H

#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include <libattachsql2/visibility.h>
#include <libattachsql2/constants.h>
#include <libattachsql2/structs.h>

#ifdef __cplusplus
extern "C" {
#endif

ASQL_API
const char *attachsql_get_library_version(void);

ASQL_API
uint8_t attachsql_get_library_version_major(void);

ASQL_API
uint8_t attachsql_get_library_version_minor(void);

ASQL_API
uint8_t attachsql_get_library_version_patch(void);

ASQL_API
void attachsql_library_init(void);

#ifdef __cplusplus
}
#endif

#endif
