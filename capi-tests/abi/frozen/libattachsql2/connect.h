/* SPDX-License-Identifier: Apache-2.0
 *
 * ABI oracle: the libAttachSQL 2.0 interface, reconstructed from its documented contract.
 * Read-only. Checks compare the generated header with it; nothing is ever installed from here.
 */
#ifndef FROZEN_LIBATTACHSQL2_CONNECT_H
#define FROZEN_LIBATTACHSQL2_CONNECT_H

#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include <inttypes.h>
#ifndef _WIN32
#include <arpa/inet.h>
#endif
#include <libattachsql2/visibility.h>
#include <libattachsql2/constants.h>
#include <libattachsql2/structs.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef _WIN32
typedef uint16_t in_port_t;
#endif

ASQL_API
attachsql_connect_t *attachsql_connect_create(const char *host, in_port_t port, const char *user, const char *pass, const char *schema, attachsql_error_t **error);

ASQL_API
void attachsql_connect_destroy(attachsql_connect_t *con);

ASQL_API
attachsql_return_t attachsql_connect_poll(attachsql_connect_t *con, attachsql_error_t **error);

ASQL_API
bool attachsql_connect(attachsql_connect_t *con, attachsql_error_t **error);

ASQL_API
uint32_t attachsql_connect_get_connection_id(attachsql_connect_t *con);

ASQL_API
const char *attachsql_connect_get_server_version(attachsql_connect_t *con);

ASQL_API
bool attachsql_connect_set_option(attachsql_connect_t *con, attachsql_options_t option, const void *arg);

ASQL_API
bool attachsql_connect_set_ssl(attachsql_connect_t *con, const char *key, const char *cert, const char *ca, const char *capath, const char *cipher, bool verify, attachsql_error_t **error);

#ifdef __cplusplus
}
#endif

#endif
