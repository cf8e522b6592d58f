/* SPDX-License-Identifier: Apache-2.0
 *
 * ABI oracle: the libAttachSQL 2.0 interface, reconstructed from its documented contract.
 * Read-only. Checks compare the generated header with it; nothing is ever installed from here.
 */
#ifndef FROZEN_LIBATTACHSQL2_POOL_H
#define FROZEN_LIBATTACHSQL2_POOL_H

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
attachsql_pool_t *attachsql_pool_create(attachsql_callback_fn *function, void *context, attachsql_error_t **error);

ASQL_API
void attachsql_pool_add_connection(attachsql_pool_t *pool, attachsql_connect_t *con, attachsql_error_t **error);

ASQL_API
void attachsql_pool_run(attachsql_pool_t *pool);

ASQL_API
void attachsql_pool_destroy(attachsql_pool_t *pool);

#ifdef __cplusplus
}
#endif

#endif
