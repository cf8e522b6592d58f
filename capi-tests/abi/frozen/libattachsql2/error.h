/* SPDX-License-Identifier: Apache-2.0
 *
 * ABI oracle: the libAttachSQL 2.0 interface, reconstructed from its documented contract.
 * Read-only. Checks compare the generated header with it; nothing is ever installed from here.
 */
#ifndef FROZEN_LIBATTACHSQL2_ERROR_H
#define FROZEN_LIBATTACHSQL2_ERROR_H

#include <libattachsql2/visibility.h>
#include <libattachsql2/constants.h>
#include <libattachsql2/structs.h>

#ifdef __cplusplus
extern "C" {
#endif

ASQL_API
void attachsql_error_free(attachsql_error_t *err);

ASQL_API
int attachsql_error_code(attachsql_error_t *err);

ASQL_API
char *attachsql_error_message(attachsql_error_t *err);

ASQL_API
char *attachsql_error_sqlstate(attachsql_error_t *err);

#ifdef __cplusplus
}
#endif

#endif
