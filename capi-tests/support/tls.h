/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of TLS and of login methods: files, and logins that must work or must fail. Include it after
 * test.h. Certificates and keys of the servers come from the folder in ATTACHSQL_TEST_TLS_DIR, those of nobody
 * from capi-tests/support/tls, seen from the folder that tests run in: the top of the project.
 */
#ifndef ATTACHSQL_TEST_TLS_H
#define ATTACHSQL_TEST_TLS_H

#define STRANGER_CERT "capi-tests/support/tls/stranger-cert.pem"
#define STRANGER_KEY "capi-tests/support/tls/stranger-key.pem"
#define STRANGER_PHRASE "open sesame"
#define STRANGER_PUBLIC "capi-tests/support/tls/stranger-public.pem"
#define STRANGER_CRL "capi-tests/support/tls/stranger-crl.pem"

/* The path of a file of the servers' keys; it lives to the end. */
static inline const char *tls_file(const char *name)
{
  static char paths[16][1000];
  size_t folder = strlen(test_env("ATTACHSQL_TEST_TLS_DIR")), i = 0;

  while (i < 15 && paths[i][0] && strcmp(paths[i] + folder + 1, name) != 0)
    i++;
  if (!paths[i][0])
    snprintf(paths[i], sizeof paths[i], "%s/%s", test_env("ATTACHSQL_TEST_TLS_DIR"), name);
  return paths[i];
}

#define tls_set(con, option, value) CHECK(attachsql_connect_set_option((con), ATTACHSQL_OPTION_##option, (value)))

static inline void tls_number(attachsql_connect_t *con, attachsql_options_t option, uint32_t number)
{
  CHECK(attachsql_connect_set_option(con, option, &number));
}

static inline attachsql_connect_t *tls_account(const test_server *server, const char *user, const char *pass)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con = attachsql_connect_create(TEST_HOST, test_port(server), user, pass, TEST_SCHEMA, &error);

  CHECK_NO_ERROR(error);
  return con;
}

/* The session's status variable. */
static inline const char *tls_status(attachsql_connect_t *con, const char *name)
{
  static char value[200];
  char text[100];

  snprintf(text, sizeof text, "SHOW SESSION STATUS LIKE '%s'", name);
  strcpy(value, "(none)");
  if (!test_query(con, text))
    return value;
  while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
  {
    attachsql_query_row_st *row = attachsql_query_row_get(con, NULL);

    snprintf(value, sizeof value, "%.*s", (int)row[1].length, row[1].data);
    attachsql_query_row_next(con);
  }
  attachsql_query_close(con);
  return value;
}

/* Connects; must become ready and work, over this version of TLS ("" for none). Destroys it. */
#define tls_good(con, version) tls_good_at((con), (version), __FILE__, __LINE__)

static inline void tls_good_at(attachsql_connect_t *con, const char *version, const char *file, int line)
{
  attachsql_error_t *error = NULL;

  test_report(attachsql_connect(con, &error), file, line, "attachsql_connect gave false");
  test_no_error(&error, file, line);
  if (test_poll_is(test_poll(con, &error), ATTACHSQL_RETURN_EOF, "login", file, line))
  {
    test_works_at(con, file, line);
    test_str(tls_status(con, "Ssl_version"), version, "Ssl_version", file, line);
  }
  test_no_error(&error, file, line);
  attachsql_connect_destroy(con);
}

/* Connects; must fail with this error, and keep failing so, with a text that has these words. Destroys it. */
#define tls_bad(con, code, sqlstate, words) tls_bad_at((con), (code), (sqlstate), (words), __FILE__, __LINE__)

static inline void tls_bad_at(attachsql_connect_t *con, int code, const char *sqlstate, const char *words,
                              const char *file, int line)
{
  attachsql_error_t *error = NULL;

  if (attachsql_connect(con, &error))
    test_poll_is(test_poll(con, &error), ATTACHSQL_RETURN_ERROR, "poll", file, line);
  if (error)
    test_report(strstr(attachsql_error_message(error), words) != NULL, file, line, "\"%s\" has no \"%s\"",
                attachsql_error_message(error), words);
  test_error_is(&error, code, sqlstate, "connecting", file, line);
  test_poll_is(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR, "poll again", file, line);
  test_error_is(&error, code, sqlstate, "poll again", file, line);
  test_report(!attachsql_connect(con, &error), file, line, "attachsql_connect gave true after the failure");
  test_error_is(&error, code, sqlstate, "attachsql_connect again", file, line);
  attachsql_connect_destroy(con);
}

#endif
