/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract groups CONN and OPT: TLS to real servers, asked for by attachsql_connect_set_ssl and by options.
 * What goes over the wire is in secrets.c, when options are taken in options.c.
 */
#include "../support/test.h"
#include "../support/tls.h"

#ifdef _WIN32
#include <direct.h>
#define make_folder(path) _mkdir(path)
#define remove_folder(path) _rmdir(path)
#else
#include <sys/stat.h>
#define make_folder(path) mkdir((path), 0700)
#define remove_folder(path) rmdir(path)
#endif

/* `openssl x509 -hash` of ca.pem: of its name, which scripts/servers gives it. */
#define CA_HASH "fcfb215b.0"

static attachsql_connect_t *unused(void)
{
  return attachsql_connect_create(TEST_HOST, 1, "u", "p", "", NULL);
}

/* set_ssl must fail on a new connection, with a text that has these words, and so must connecting. */
static void refused(const char *key, const char *cert, const char *ca, const char *capath, const char *cipher, const char *words)
{
  attachsql_connect_t *con = unused();
  attachsql_error_t *error = NULL;

  CHECK(!attachsql_connect_set_ssl(con, key, cert, ca, capath, cipher, true, &error));
  if (error)
    test_report(strstr(attachsql_error_message(error), words) != NULL, __FILE__, __LINE__, "\"%s\" has no \"%s\"",
                attachsql_error_message(error), words);
  CHECK_ERROR(error, 3003, "22023");
  CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_NOT_CONNECTED);
  CHECK_NO_ERROR(error);
  tls_bad(con, 3003, "22023", words);
}

static void taken(const char *key, const char *cert, const char *ca, const char *capath, const char *cipher)
{
  attachsql_connect_t *con = unused();
  attachsql_error_t *error = NULL;

  CHECK(attachsql_connect_set_ssl(con, key, cert, ca, capath, cipher, true, &error));
  CHECK_NO_ERROR(error);
  attachsql_connect_destroy(con);
}

static void arguments(void)
{
  const char *ca = tls_file("ca.pem"), *cert = tls_file("client-cert.pem"), *key = tls_file("client-key.pem");
  attachsql_connect_t *con;
  attachsql_error_t *error = NULL;

  TEST("CONV-10 CONN-26", "no connection");
  CHECK(!attachsql_connect_set_ssl(NULL, NULL, NULL, ca, NULL, NULL, true, &error));
  CHECK_ERROR(error, 3000, "22023");

  TEST("CONN-26 CONN-27 ERR-6", "neither ca nor capath");
  refused(NULL, NULL, NULL, NULL, NULL, "ca");
  refused(key, cert, NULL, NULL, NULL, "ca");
  refused("", "", "", "", "", "ca");

  TEST("CONN-26 CONN-27 ERR-8", "files that cannot be read");
  refused(NULL, NULL, "/no/such/ca.pem", NULL, NULL, "/no/such/ca.pem");
  refused(NULL, NULL, NULL, "/no/such/folder", NULL, "/no/such/folder");
  refused(NULL, NULL, NULL, ca, NULL, "ca.pem");
  refused(key, "/no/such/cert.pem", ca, NULL, NULL, "/no/such/cert.pem");
  refused("/no/such/key.pem", cert, ca, NULL, NULL, "/no/such/key.pem");

  TEST("CONN-26 CONN-27", "files that hold something else");
  refused(NULL, NULL, tls_file("rsa-public.pem"), NULL, NULL, "ca");
  refused(NULL, NULL, "capi-tests/support", NULL, NULL, "ca");
  refused(key, tls_file("rsa-public.pem"), ca, NULL, NULL, "cert");
  refused(tls_file("rsa-public.pem"), cert, ca, NULL, NULL, "key");
  refused(NULL, cert, ca, NULL, NULL, "key");

  TEST("CONN-26 CONN-27", "a key that belongs to another certificate");
  refused(tls_file("server-key.pem"), cert, ca, NULL, NULL, "key");

  TEST("CONN-26 CONN-27", "ciphers that there are not");
  refused(NULL, NULL, ca, NULL, "no such cipher", "cipher");
  refused(NULL, NULL, ca, NULL, "TLS_AES_128_GCM_SHA256", "cipher");

  TEST("CONN-24 CONN-26", "what is taken");
  taken(NULL, NULL, ca, NULL, NULL);
  taken(NULL, NULL, NULL, test_env("ATTACHSQL_TEST_TLS_DIR"), NULL);
  taken(NULL, NULL, ca, test_env("ATTACHSQL_TEST_TLS_DIR"), "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256");
  taken(key, cert, ca, NULL, NULL);

  TEST("CONN-26", "a key without a certificate is not looked at, and \"\" is NULL");
  taken("/no/such/key.pem", NULL, ca, NULL, NULL);
  taken("/no/such/key.pem", "", ca, "", "");
  taken("", "", ca, "", "");

  TEST("CONN-26 OPT-15", "a key with a passphrase, which is never asked for on the terminal");
  refused(STRANGER_KEY, STRANGER_CERT, ca, NULL, NULL, "key");
  for (int right = 0; right < 2; right++)
  {
    con = unused();
    tls_set(con, TLS_KEY_PASSPHRASE, right ? STRANGER_PHRASE : "not the phrase");
    CHECK(attachsql_connect_set_ssl(con, STRANGER_KEY, STRANGER_CERT, ca, NULL, NULL, true, &error) == right);
    if (!right)
      CHECK_ERROR(error, 3003, "22023");
    CHECK_NO_ERROR(error);
    attachsql_connect_destroy(con);
  }
}

/* After a failed set_ssl. */
static void failed_calls(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_error_t *error = NULL;

  TEST("CONN-27 CONN-7", "a passive connect fails too");
  CHECK(!attachsql_connect_set_ssl(con, NULL, NULL, "/no/such/ca.pem", NULL, NULL, false, &error));
  CHECK_ERROR(error, 3003, "22023");
  if (attachsql_query(con, 8, "SELECT 1", 0, NULL, &error))
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 3003, "22023");
  attachsql_query_close(con);
  CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 3003, "22023");
  attachsql_connect_destroy(con);

  TEST("CONN-27", "options do not mend it, another call does");
  con = test_create(server);
  CHECK(!attachsql_connect_set_ssl(con, NULL, NULL, NULL, NULL, NULL, false, NULL));
  tls_number(con, ATTACHSQL_OPTION_TLS, 0);
  tls_set(con, TLS_CA, tls_file("ca.pem"));
  tls_set(con, SSL_NO_VERIFY, NULL);
  tls_bad(con, 3003, "22023", "ca");
  con = test_create(server);
  CHECK(!attachsql_connect_set_ssl(con, NULL, NULL, "/no/such/ca.pem", NULL, NULL, false, NULL));
  CHECK(attachsql_connect_set_ssl(con, NULL, NULL, tls_file("ca.pem"), NULL, NULL, true, &error));
  CHECK_NO_ERROR(error);
  tls_good(con, "TLSv1.3");

  TEST("CONN-27", "nothing of a failed call is left for the next one");
  con = test_create(server);
  CHECK(!attachsql_connect_set_ssl(con, "/no/such/key.pem", "/no/such/cert.pem", tls_file("ca.pem"), "/no/such", "no such cipher", true, NULL));
  CHECK(attachsql_connect_set_ssl(con, NULL, NULL, tls_file("ca.pem"), NULL, NULL, true, &error));
  CHECK_NO_ERROR(error);
  tls_good(con, "TLSv1.3");

  TEST("CONN-24", "once the connect has begun, set_ssl fails and disturbs nothing");
  con = test_create(server);
  CHECK(attachsql_connect(con, NULL));
  CHECK(!attachsql_connect_set_ssl(con, NULL, NULL, tls_file("ca.pem"), NULL, NULL, true, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK(!attachsql_connect_set_ssl(con, NULL, NULL, NULL, NULL, NULL, true, &error));
  CHECK_ERROR(error, 3000, "22023");
  tls_good(con, "");
}

static attachsql_connect_t *with_ssl(attachsql_connect_t *con, const char *ca, bool verify)
{
  attachsql_error_t *error = NULL;

  CHECK(attachsql_connect_set_ssl(con, NULL, NULL, tls_file(ca), NULL, NULL, verify, &error));
  CHECK_NO_ERROR(error);
  return con;
}

static void set_ssl(const test_server *server)
{
  attachsql_connect_t *con;
  attachsql_error_t *error = NULL;

  TEST("CONN-24 CONN-29", "a login over TLS, and one without");
  tls_good(with_ssl(test_create(server), "ca.pem", true), "TLSv1.3");
  tls_good(with_ssl(test_create(server), "ca.pem", false), "TLSv1.3");
  tls_good(test_create(server), "");

  TEST("CONN-24 CONN-14", "an account that must use TLS");
  tls_good(with_ssl(tls_account(server, "tls", "tls"), "ca.pem", true), "TLSv1.3");
  tls_bad(tls_account(server, "tls", "tls"), 1045, "28000", "");
  tls_bad(with_ssl(tls_account(server, "tls", "wrong"), "ca.pem", true), 1045, "28000", "");

  TEST("CONN-26 CONN-14", "an account that must show a certificate");
  con = tls_account(server, "x509", "x509");
  CHECK(attachsql_connect_set_ssl(con, tls_file("client-key.pem"), tls_file("client-cert.pem"), tls_file("ca.pem"), NULL, NULL, true, &error));
  CHECK_NO_ERROR(error);
  tls_good(con, "TLSv1.3");
  tls_bad(with_ssl(tls_account(server, "x509", "x509"), "ca.pem", true), 1045, "28000", "");

  TEST("CONN-28 ERR-6", "an authority that has not signed the server's certificate");
  tls_bad(with_ssl(test_create(server), "other-ca.pem", true), 3003, "08000", "certificate");
  tls_good(with_ssl(test_create(server), "other-ca.pem", false), "TLSv1.3");

  TEST("CONN-28 OPT-12", "the host name is not checked, unless an option asks for it");
  con = with_ssl(test_create(server), "ca.pem", true);
  tls_set(con, TLS_SERVER_NAME, "elsewhere.example");
  tls_good(con, "TLSv1.3");
  for (int before = 0; before < 2; before++)
  {
    con = test_create(server);
    tls_set(con, TLS_SERVER_NAME, "elsewhere.example");
    if (before)
      tls_number(con, ATTACHSQL_OPTION_TLS_VERIFY, 2);
    with_ssl(con, "ca.pem", true);
    if (!before)
      tls_number(con, ATTACHSQL_OPTION_TLS_VERIFY, 2);
    tls_bad(con, 3003, "08000", "elsewhere.example");
  }

  TEST("OPT-5", "SSL_NO_VERIFY takes every check away, before set_ssl and after it, but asks for no TLS");
  con = test_create(server);
  tls_set(con, SSL_NO_VERIFY, NULL);
  tls_good(with_ssl(con, "other-ca.pem", true), "TLSv1.3");
  con = with_ssl(test_create(server), "other-ca.pem", true);
  tls_set(con, SSL_NO_VERIFY, NULL);
  tls_good(con, "TLSv1.3");
  con = test_create(server);
  tls_set(con, SSL_NO_VERIFY, NULL);
  tls_good(con, "");

  TEST("CONN-24 OPT-14", "set_ssl's ciphers are for TLS 1.2");
  con = test_create(server);
  tls_number(con, ATTACHSQL_OPTION_TLS_MAX_VERSION, 12);
  CHECK(attachsql_connect_set_ssl(con, NULL, NULL, tls_file("ca.pem"), NULL, "ECDHE-RSA-AES128-GCM-SHA256", true, &error));
  CHECK_NO_ERROR(error);
  test_login(con);
  CHECK_STR(tls_status(con, "Ssl_cipher"), "ECDHE-RSA-AES128-GCM-SHA256");
  tls_good(con, "TLSv1.2");
}

/* Whatever works in the clear works over TLS. */
static void traffic(const test_server *server, uint32_t version)
{
  attachsql_connect_t *con = with_ssl(test_create(server), "ca.pem", true);
  attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_CHAR, NULL, 0, false};
  static char value[3000000];
  uint32_t crc;
  test_result result;

  tls_number(con, ATTACHSQL_OPTION_TLS_MIN_VERSION, version);
  tls_number(con, ATTACHSQL_OPTION_TLS_MAX_VERSION, version);

  TEST("CONN-29 CONN-5", "a passive first query, streamed rows");
  CHECK_STR(test_value(con, "SELECT 'passive'"), "passive");
  CHECK_UINT(test_run(con, "SELECT n, REPEAT('r', 50) FROM " TEST_NUMBERS).rows, 100000);

  TEST("CONN-29 QRY-11", "rows longer than a TLS record");
  for (unsigned size = 16380; size <= 16390; size++)
  {
    char text[100];

    snprintf(text, sizeof text, "SELECT REPEAT('r', %u)", size);
    CHECK_UINT(test_run(con, text).bytes, size);
  }
  CHECK_UINT(test_run(con, "SELECT REPEAT('r', 20000000)").bytes, 20000000);

  TEST("CONN-29 PAR-6", "a long parameter, there and back");
  for (size_t i = 0; i < sizeof value; i++)
    value[i] = (char)('a' + i % 23);
  crc = test_crc(0, value, sizeof value);
  parameter.data = value;
  parameter.length = sizeof value;
  CHECK(attachsql_query(con, 8, "SELECT ?", 1, &parameter, NULL));
  result = test_read(con, NULL);
  CHECK_UINT(result.bytes, sizeof value);
  CHECK_UINT(result.crc, crc);
  attachsql_query_close(con);

  TEST("CONN-29 BUF-1", "buffered rows");
  CHECK(attachsql_query_buffer_rows(con, true));
  test_query(con, "SELECT n, REPEAT('r', 50) FROM " TEST_NUMBERS " WHERE n < 20000");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_row_count(con), 20000);
  attachsql_query_close(con);
  CHECK(attachsql_query_buffer_rows(con, false));

  TEST("CONN-29 QRY-9", "an abandoned answer");
  test_query(con, "SELECT n FROM " TEST_NUMBERS);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_close(con);
  test_works(con);

  TEST("CONN-29 POLL-9", "semi-blocking: nothing that lies in memory is waited for");
  tls_set(con, SEMI_BLOCKING, NULL);
  CHECK_UINT(test_run(con, "SELECT n, REPEAT('r', 50) FROM " TEST_NUMBERS).rows, 100000);
  test_works(con);
  attachsql_connect_destroy(con);
}

static attachsql_connect_t *with_ca(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);

  tls_set(con, TLS_CA, tls_file("ca.pem"));
  return con;
}

static void options(const test_server *server)
{
  attachsql_connect_t *con;
  static const struct
  {
    attachsql_options_t option;
    const char *value, *words;
  } unusable[] = {
    {ATTACHSQL_OPTION_TLS_CA, "/no/such/ca.pem", "/no/such/ca.pem"},
    {ATTACHSQL_OPTION_TLS_CA_PATH, "/no/such/folder", "/no/such/folder"},
    {ATTACHSQL_OPTION_TLS_CERT, "/no/such/cert.pem", "/no/such/cert.pem"},
    {ATTACHSQL_OPTION_TLS_CRL, "/no/such/crl.pem", "/no/such/crl.pem"},
    {ATTACHSQL_OPTION_TLS_CRL, STRANGER_CERT, STRANGER_CERT},
    {ATTACHSQL_OPTION_TLS_CRL_PATH, "/no/such/folder", "/no/such/folder"},
    {ATTACHSQL_OPTION_TLS_CRL_PATH, "capi-tests/support/tls", "no revocation lists"},
    {ATTACHSQL_OPTION_TLS_CIPHERS, "no such cipher", "cipher"},
    {ATTACHSQL_OPTION_TLS_SUITES, "no such suite", "suites"},
  };

  TEST("OPT-11", "TLS alone trusts the system's authorities, which have not signed the server's certificate");
  con = test_create(server);
  tls_number(con, ATTACHSQL_OPTION_TLS, 1);
  tls_number(con, ATTACHSQL_OPTION_TLS_VERIFY, 2);
  tls_bad(con, 3003, "08000", "certificate");
  con = test_create(server);
  tls_number(con, ATTACHSQL_OPTION_TLS, 1);
  tls_number(con, ATTACHSQL_OPTION_TLS_VERIFY, 0);
  tls_good(con, "TLSv1.3");

  TEST("OPT-11", "any TLS option asks for TLS, and TLS 0 takes it back");
  tls_good(with_ca(server), "TLSv1.3");
  con = with_ca(server);
  tls_number(con, ATTACHSQL_OPTION_TLS, 0);
  tls_good(con, "");
  tls_bad(tls_account(server, "tls", "tls"), 1045, "28000", "");
  con = test_create(server);
  tls_number(con, ATTACHSQL_OPTION_TLS_VERIFY, 0);
  tls_good(con, "TLSv1.3");

  TEST("OPT-11 CONN-7 ERR-8", "what cannot be used shows when connecting");
  for (size_t i = 0; i < sizeof unusable / sizeof *unusable; i++)
  {
    con = with_ca(server);
    CHECK(attachsql_connect_set_option(con, unusable[i].option, unusable[i].value));
    tls_bad(con, 3003, "22023", unusable[i].words);
  }

  TEST("OPT-12", "levels of checking");
  con = test_create(server);
  tls_set(con, TLS_CA, tls_file("other-ca.pem"));
  tls_bad(con, 3003, "08000", "certificate");
  for (uint32_t level = 0; level <= 2; level++)
  {
    con = test_create(server);
    tls_set(con, TLS_CA, tls_file("other-ca.pem"));
    tls_number(con, ATTACHSQL_OPTION_TLS_VERIFY, level);
    if (level == 0)
      tls_good(con, "TLSv1.3");
    else
      tls_bad(con, 3003, "08000", "certificate");
    con = with_ca(server);
    tls_set(con, TLS_SERVER_NAME, "elsewhere.example");
    tls_number(con, ATTACHSQL_OPTION_TLS_VERIFY, level);
    if (level < 2)
      tls_good(con, "TLSv1.3");
    else
      tls_bad(con, 3003, "08000", "elsewhere.example");
  }

  TEST("OPT-12", "the host name is checked by default: as it was given, or as TLS_SERVER_NAME says");
  con = with_ca(server);
  tls_set(con, TLS_SERVER_NAME, "elsewhere.example");
  tls_bad(con, 3003, "08000", "elsewhere.example");
  con = with_ca(server);
  tls_set(con, TLS_SERVER_NAME, "localhost");
  tls_good(con, "TLSv1.3");
  con = attachsql_connect_create("localhost", test_port(server), TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);
  tls_set(con, TLS_CA, tls_file("ca.pem"));
  tls_good(con, "TLSv1.3");

  TEST("OPT-14", "versions, ciphers and suites");
  con = with_ca(server);
  tls_number(con, ATTACHSQL_OPTION_TLS_MAX_VERSION, 12);
  tls_set(con, TLS_CIPHERS, "ECDHE-RSA-AES256-GCM-SHA384");
  test_login(con);
  CHECK_STR(tls_status(con, "Ssl_cipher"), "ECDHE-RSA-AES256-GCM-SHA384");
  tls_good(con, "TLSv1.2");
  con = with_ca(server);
  tls_number(con, ATTACHSQL_OPTION_TLS_MIN_VERSION, 13);
  tls_set(con, TLS_SUITES, "TLS_CHACHA20_POLY1305_SHA256");
  test_login(con);
  CHECK_STR(tls_status(con, "Ssl_cipher"), "TLS_CHACHA20_POLY1305_SHA256");
  tls_good(con, "TLSv1.3");
  con = with_ca(server);
  tls_number(con, ATTACHSQL_OPTION_TLS_MIN_VERSION, 12);
  tls_number(con, ATTACHSQL_OPTION_TLS_MAX_VERSION, 13);
  tls_good(con, "TLSv1.3");
  con = with_ca(server);
  tls_number(con, ATTACHSQL_OPTION_TLS_MIN_VERSION, 13);
  tls_number(con, ATTACHSQL_OPTION_TLS_MAX_VERSION, 12);
  tls_bad(con, 3003, "22023", "above the maximum");

  TEST("OPT-15", "a certificate of the client");
  con = tls_account(server, "x509", "x509");
  tls_set(con, TLS_CA, tls_file("ca.pem"));
  tls_set(con, TLS_CERT, tls_file("client-cert.pem"));
  tls_set(con, TLS_KEY, tls_file("client-key.pem"));
  tls_good(con, "TLSv1.3");
  con = with_ca(server);
  tls_set(con, TLS_CERT, tls_file("client-cert.pem"));
  tls_set(con, TLS_KEY, tls_file("server-key.pem"));
  tls_bad(con, 3003, "22023", "key");
  con = with_ca(server);
  tls_set(con, TLS_CERT, STRANGER_CERT);
  tls_set(con, TLS_KEY, STRANGER_KEY);
  tls_set(con, TLS_KEY_PASSPHRASE, "not the phrase");
  tls_bad(con, 3003, "22023", "key");

  TEST("OPT-16", "with revocation lists, an authority without one is not trusted");
  con = with_ca(server);
  tls_set(con, TLS_CRL, STRANGER_CRL);
  tls_bad(con, 3003, "08000", "CRL");
}

/* The SHA-256 fingerprint of the servers' certificate, as the server computes it. */
static void fingerprint(attachsql_connect_t *con, char *print)
{
  static char text[8000], line[200];
  FILE *file = fopen(tls_file("server-cert.pem"), "r");

  if (!file)
    test_fatal("cannot read ", tls_file("server-cert.pem"));
  strcpy(text, "SELECT SHA2(FROM_BASE64('");
  while (fgets(line, sizeof line, file))
    if (line[0] != '-')
      strncat(text, line, strcspn(line, "\r\n"));
  fclose(file);
  strcat(text, "'), 256)");
  snprintf(print, 65, "%s", test_value(con, text));
  CHECK_UINT(strlen(print), 64);
}

static void fingerprints(const test_server *server)
{
  static char colons[96];
  char print[65], wrong[65];
  attachsql_connect_t *con = test_connect(server);

  fingerprint(con, print);
  attachsql_connect_destroy(con);
  memcpy(wrong, print, sizeof wrong);
  wrong[63] = wrong[63] == '0' ? '1' : '0';
  for (int i = 0; i < 32; i++)
    snprintf(colons + 3 * i, 4, "%.2s:", print + 2 * i);
  colons[95] = '\0';
  for (char *c = colons; *c; c++)
    if (*c >= 'a')
      *c = (char)(*c - 'a' + 'A');

  TEST("OPT-13", "the server's fingerprint is enough");
  con = test_create(server);
  tls_set(con, TLS_FINGERPRINT, print);
  tls_good(con, "TLSv1.3");
  con = test_create(server);
  tls_set(con, TLS_FINGERPRINT, wrong);
  tls_set(con, TLS_FINGERPRINT, colons);
  tls_good(con, "TLSv1.3");

  TEST("OPT-13", "another one is not, whoever signed the certificate");
  con = test_create(server);
  tls_set(con, TLS_FINGERPRINT, wrong);
  tls_bad(con, 3003, "08000", "fingerprint");
  con = with_ca(server);
  tls_set(con, TLS_FINGERPRINT, wrong);
  tls_bad(con, 3003, "08000", "fingerprint");
  con = with_ssl(test_create(server), "ca.pem", true);
  tls_set(con, TLS_FINGERPRINT, wrong);
  tls_bad(con, 3003, "08000", "fingerprint");

  TEST("OPT-13 OPT-5", "nothing else checked does not mean that it is not compared");
  con = test_create(server);
  tls_set(con, TLS_FINGERPRINT, wrong);
  tls_set(con, SSL_NO_VERIFY, NULL);
  tls_bad(con, 3003, "08000", "fingerprint");
  con = test_create(server);
  tls_set(con, TLS_FINGERPRINT, wrong);
  tls_number(con, ATTACHSQL_OPTION_TLS_VERIFY, 0);
  tls_bad(con, 3003, "08000", "fingerprint");

  TEST("OPT-13 OPT-12", "with TLS_VERIFY both are checked");
  con = test_create(server);
  tls_set(con, TLS_CA, tls_file("other-ca.pem"));
  tls_set(con, TLS_FINGERPRINT, print);
  tls_good(con, "TLSv1.3");
  con = test_create(server);
  tls_set(con, TLS_CA, tls_file("other-ca.pem"));
  tls_set(con, TLS_FINGERPRINT, print);
  tls_number(con, ATTACHSQL_OPTION_TLS_VERIFY, 1);
  tls_bad(con, 3003, "08000", "certificate");
}

/* A folder with the authority, named as OpenSSL looks for it. */
static void folder_of_authorities(const test_server *server)
{
  const char *place = getenv("TEMP") ? getenv("TEMP") : getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
  char folder[500], path[600], list[600], bytes[5000];
  FILE *from = fopen(tls_file("ca.pem"), "rb"), *to;
  attachsql_connect_t *con;
  attachsql_error_t *error = NULL;

  snprintf(folder, sizeof folder, "%s/attachsql-ca-%" PRIu64, place, test_now());
  snprintf(path, sizeof path, "%s/%s", folder, CA_HASH);
  if (!from || make_folder(folder) || !(to = fopen(path, "wb")))
    test_fatal("cannot make the folder ", folder);
  for (size_t n; (n = fread(bytes, 1, sizeof bytes, from)) > 0;)
    CHECK_UINT(fwrite(bytes, 1, n, to), n);
  fclose(from);
  fclose(to);

  TEST("CONN-26 OPT-11", "a folder of authorities");
  con = test_create(server);
  CHECK(attachsql_connect_set_ssl(con, NULL, NULL, NULL, folder, NULL, true, &error));
  CHECK_NO_ERROR(error);
  tls_good(con, "TLSv1.3");
  con = test_create(server);
  tls_set(con, TLS_CA_PATH, folder);
  tls_good(con, "TLSv1.3");
  con = test_create(server);
  tls_set(con, TLS_CA_PATH, "capi-tests/support");
  tls_bad(con, 3003, "08000", "certificate");

  TEST("OPT-19", "no revocation list in it, and one of another authority");
  con = with_ca(server);
  tls_set(con, TLS_CRL_PATH, folder);
  tls_bad(con, 3003, "22023", "no revocation lists");
  snprintf(list, sizeof list, "%s/01234567.r0", folder);
  if (!(from = fopen(STRANGER_CRL, "rb")) || !(to = fopen(list, "wb")))
    test_fatal("cannot make ", list);
  for (size_t n; (n = fread(bytes, 1, sizeof bytes, from)) > 0;)
    CHECK_UINT(fwrite(bytes, 1, n, to), n);
  fclose(from);
  fclose(to);
  con = with_ca(server);
  tls_set(con, TLS_CRL_PATH, folder);
  tls_bad(con, 3003, "08000", "CRL");

  TEST("OPT-19", "the authority in it is not trusted for that");
  con = test_create(server);
  tls_set(con, TLS_CA, tls_file("other-ca.pem"));
  tls_set(con, TLS_CRL_PATH, folder);
  tls_bad(con, 3003, "08000", "certificate");
  remove(list);
  remove(path);
  remove_folder(folder);
}

/* MySQL 5.6 offers TLS 1.0. */
static void older_version(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);

  TEST("CONN-24 CONN-26", "a server that has no version of TLS that is accepted");
  CHECK(attachsql_connect_set_ssl(con, NULL, NULL, tls_file("ca.pem"), NULL, NULL, false, NULL));
  tls_bad(con, 3003, "08000", "unsupported protocol");
}

int main(void)
{
  test_begin("tls", 240);
  arguments();
  EACH_SERVER(server)
  {
    if (!server->has_tls)
    {
      older_version(server);
      continue;
    }
    failed_calls(server);
    set_ssl(server);
    traffic(server, 12);
    traffic(server, 13);
    options(server);
    fingerprints(server);
    folder_of_authorities(server);
  }
  return test_end();
}
