/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <string.h>

/* [begin] */
/* What to do after an error of a query. Frees the error. */
enum next_step what_now(attachsql_error_t *error)
{
    enum next_step step = CONTINUE; /* the statement failed, the connection is fine */

    switch (attachsql_error_code(error)) {
    case 1205: /* the server's: lock wait timeout */
    case 1213: /* the server's: deadlock */
        step = RETRY;
        break;
    case ATTACHSQL_ERROR_CODE_CONNECT:
    case ATTACHSQL_ERROR_CODE_HOST_UNKNOWN:
    case ATTACHSQL_ERROR_CODE_SERVER_GONE:
    case ATTACHSQL_ERROR_CODE_SERVER_LOST:
    case ATTACHSQL_ERROR_CODE_MALFORMED_PACKET:
    case 1040: /* the server's: too many connections */
        step = RECONNECT; /* destroy this connection, create another one */
        break;
    case ATTACHSQL_ERROR_CODE_AUTH_PLUGIN_LOAD:
    case ATTACHSQL_ERROR_CODE_AUTH_PLUGIN:
    case ATTACHSQL_ERROR_CODE_SSL:
        step = GIVE_UP; /* trying again would end the same way */
        break;
    default:
        if (strcmp(attachsql_error_sqlstate(error), "28000") == 0) {
            step = GIVE_UP; /* access denied */
        }
    }
    attachsql_error_free(error);
    return step;
}
/* [end] */
