/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "manual.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* [function] */
struct upload {
    int fd; /* -1 until the server has asked */
};

/* Gives what can be read now. The name is what the query says, and decides what is opened. */
static ptrdiff_t give_piece(void *context, const char *name, uint64_t offset, char *buffer, size_t size,
                            const char **message)
{
    struct upload *upload = context;
    ssize_t count = -1;

    if (offset == 0 && upload->fd < 0) {
        upload->fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    }
    if (upload->fd >= 0) {
        count = read(upload->fd, buffer, size);
    }
    if (count >= 0) {
        return count; /* 0 is the end */
    }
    if (errno == EAGAIN || errno == EINTR) {
        return ATTACHSQL_LOCAL_FILE_LATER; /* of a pipe or a socket; a file never says that */
    }
    *message = strerror(errno);
    return ATTACHSQL_LOCAL_FILE_ERROR;
}
/* [end] */

/* [use] */
bool load_file(const char *host, in_port_t port, const char *user, const char *pass, const char *path,
               attachsql_error_t **error)
{
    const char *table = "CREATE TEMPORARY TABLE loaded (name VARCHAR(99), age INT)";
    const char *load = "LOAD DATA LOCAL INFILE ? INTO TABLE loaded";
    attachsql_query_parameter_st name = {ATTACHSQL_ESCAPE_TYPE_CHAR, (void *)path, strlen(path), false};
    struct upload upload = {-1};
    attachsql_connect_t *con = attachsql_connect_create(host, port, user, pass, "testdb", error);
    bool done = con != NULL && attachsql_connect_set_local_file(con, give_piece, &upload, error)
        && attachsql_query(con, strlen(table), table, 0, NULL, error) && read_answer(con, error);

    attachsql_query_close(con);
    done = done && attachsql_query(con, strlen(load), load, 1, &name, error) && read_answer(con, error)
        && attachsql_query_affected_rows(con) == 2;
    attachsql_query_close(con);
    attachsql_connect_destroy(con);
    if (upload.fd >= 0) {
        close(upload.fd); /* whatever became of the query: it is over now */
    }
    return done;
}
/* [end use] */
