/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

/* [begin] */
/* Before connecting: TLS, with a certificate of this authority that is for the host; and the client's own
   certificate, if it has one. */
bool ask_for_tls(attachsql_connect_t *con, const char *ca_file, const char *cert_file, const char *key_file)
{
    bool good = attachsql_connect_set_option(con, ATTACHSQL_OPTION_TLS_CA, ca_file);

    if (cert_file != NULL) {
        good = good && attachsql_connect_set_option(con, ATTACHSQL_OPTION_TLS_CERT, cert_file)
            && attachsql_connect_set_option(con, ATTACHSQL_OPTION_TLS_KEY, key_file);
    }
    return good; /* false: do not connect */
}
/* [end] */
