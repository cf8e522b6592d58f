/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <string.h>

/* [insert] */
bool add_person(attachsql_connect_t *con, const char *name, int32_t age, attachsql_error_t **error)
{
    const char *sql = "INSERT INTO people (name, age) VALUES (?, ?)";
    attachsql_query_parameter_st values[2];
    bool done;

    values[0].type = ATTACHSQL_ESCAPE_TYPE_CHAR; /* adds the quotes */
    values[0].data = (char *)name;
    values[0].length = strlen(name);
    values[1].type = ATTACHSQL_ESCAPE_TYPE_INT;
    values[1].data = &age;
    values[1].is_unsigned = false;

    done = attachsql_query(con, strlen(sql), sql, 2, values, error) && read_answer(con, error);
    attachsql_query_close(con);
    return done;
}
/* [end insert] */

/* [like] */
bool find_people(attachsql_connect_t *con, const char *part, attachsql_error_t **error)
{
    const char *sql = "SELECT name, age FROM people WHERE name LIKE '%?%'"; /* the quotes are here */
    attachsql_query_parameter_st value;
    bool done;

    value.type = ATTACHSQL_ESCAPE_TYPE_CHAR_LIKE;
    value.data = (char *)part;
    value.length = strlen(part);

    done = attachsql_query(con, strlen(sql), sql, 1, &value, error) && read_answer(con, error);
    attachsql_query_close(con);
    return done;
}
/* [end like] */
