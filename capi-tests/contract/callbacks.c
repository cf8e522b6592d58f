/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group CONN: functions of the program that a connection calls, and what it tells of its TLS
 * connection. Real servers show TLS; the questions of the login method dialog come from a made-up one.
 */
/* windows: no (the made-up server uses POSIX sockets) */
#include "../support/test.h"
#include "../support/fake.h"
#include "../support/tls.h"

#include <sys/un.h>

#define PASSWORD "geheim"

static fake_server fake;
static struct sockaddr_un address;

/* ---- what TLS has come to ---- */

static void nothing_known(attachsql_connect_t *con)
{
  CHECK(attachsql_connect_get_tls_version(con) == NULL);
  CHECK(attachsql_connect_get_tls_cipher(con) == NULL);
  CHECK_UINT(attachsql_connect_get_tls_verified(con), ATTACHSQL_TLS_VERIFIED_NONE);
  CHECK(!attachsql_connect_tls_is_resumed(con));
}

static attachsql_connect_t *secure(const test_server *server, uint32_t version)
{
  attachsql_connect_t *con = test_create(server);

  tls_set(con, TLS_CA, tls_file("ca.pem"));
  tls_number(con, ATTACHSQL_OPTION_TLS_MIN_VERSION, version);
  tls_number(con, ATTACHSQL_OPTION_TLS_MAX_VERSION, version);
  return con;
}

static void known(const test_server *server)
{
  static const uint32_t on = 1, off = 0, two = 2, level[] = {0, 1, 2};
  static const unsigned verified[] = {ATTACHSQL_TLS_VERIFIED_NONE, ATTACHSQL_TLS_VERIFIED_CHAIN,
                                      ATTACHSQL_TLS_VERIFIED_CHAIN | ATTACHSQL_TLS_VERIFIED_HOST};
  attachsql_connect_t *con;

  TEST("CONN-33", "without TLS, and before it");
  con = test_create(server);
  nothing_known(con);
  test_login(con);
  nothing_known(con);
  attachsql_connect_destroy(con);

  for (uint32_t version = 12; version <= 13; version++)
  {
    TEST("CONN-33", "version and cipher, as the server has them");
    con = secure(server, version);
    nothing_known(con);
    test_login(con);
    CHECK_STR(attachsql_connect_get_tls_version(con), version == 12 ? "TLSv1.2" : "TLSv1.3");
    CHECK_STR(attachsql_connect_get_tls_cipher(con), tls_status(con, "Ssl_cipher"));
    CHECK_UINT(attachsql_connect_get_tls_verified(con), verified[2]);
    attachsql_connect_destroy(con);

    TEST("CONN-33 OPT-12", "what was checked");
    for (int i = 0; i < 3; i++)
    {
      con = secure(server, version);
      tls_set(con, TLS_VERIFY, &level[i]);
      test_login(con);
      CHECK_UINT(attachsql_connect_get_tls_verified(con), verified[i]);
      attachsql_connect_destroy(con);
    }

    TEST("CONN-33 OPT-18", "the next connection resumes, unless told otherwise");
    for (int i = 0; i < 6; i++)
    {
      con = secure(server, version);
      tls_set(con, TLS_CIPHERS, "ECDHE+AESGCM"); /* a context of its own */
      tls_set(con, TLS_RESUME, i % 2 ? &on : &off);
      CHECK(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_TLS_RESUME, &two));
      test_login(con);
      CHECK_UINT(attachsql_connect_tls_is_resumed(con), i == 3 || i == 5);
      CHECK_UINT(attachsql_connect_get_tls_verified(con), verified[2]);
      test_works(con);
      attachsql_connect_destroy(con);
    }
  }

  TEST("OPT-18", "it asks for no TLS");
  con = test_create(server);
  tls_set(con, TLS_RESUME, &on);
  tls_good(con, "");

  TEST("CONN-33", "pointers live until the connection is destroyed, also after it has broken");
  con = secure(server, 13);
  test_login(con);
  {
    const char *text = attachsql_connect_get_tls_version(con);
    attachsql_error_t *error = NULL;
    char kill[100];

    snprintf(kill, sizeof kill, "KILL %" PRIu32, attachsql_connect_get_connection_id(con));
    test_query(con, kill);
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    attachsql_error_free(error);
    attachsql_query_close(con);
    CHECK(!attachsql_query(con, 8, "SELECT 1", 0, NULL, NULL) || test_poll(con, NULL) == ATTACHSQL_RETURN_ERROR);
    CHECK_STR(text, "TLSv1.3");
    CHECK(attachsql_connect_get_tls_version(con) == text);
  }
  attachsql_connect_destroy(con);
}

/* MySQL 5.6 has TLS 1.0. */
static void too_old(const test_server *server)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con = secure(server, 12);

  TEST("CONN-33 CONN-24", "no version in common");
  CHECK(attachsql_connect(con, &error));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 3003, "08000");
  nothing_known(con);
  attachsql_connect_destroy(con);
}

/* ---- a proof by the password ---- */

/* Nothing is said of trust, and nobody trusts the servers' authority: MariaDB proves itself from 11.4 on. */
static void proof(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  int major = 0, minor = 0;
  bool proves;

  sscanf(test_value(con, "SELECT VERSION()"), "%d.%d", &major, &minor);
  proves = !server->is_mysql && (major > 11 || (major == 11 && minor >= 4));
  attachsql_connect_destroy(con);

  TEST("CONN-36 OPT-20", "a certificate that only the password could vouch for");
  con = test_create(server);
  tls_number(con, ATTACHSQL_OPTION_TLS, 1);
  if (proves)
  {
    test_login(con);
    CHECK_UINT(attachsql_connect_get_tls_verified(con), ATTACHSQL_TLS_VERIFIED_PASSWORD);
    test_works(con);
    attachsql_connect_destroy(con);
  }
  else
    tls_bad(con, 3003, "08000", "that it is its own");

  TEST("CONN-36 OPT-20", "no password, or something said of trust");
  con = tls_account(server, "nopass", "");
  tls_number(con, ATTACHSQL_OPTION_TLS, 1);
  tls_bad(con, 3003, "08000", "that it is its own");
  for (uint32_t level = 1; level <= 2; level++)
  {
    con = test_create(server);
    tls_number(con, ATTACHSQL_OPTION_TLS_VERIFY, level);
    CHECK(attachsql_connect(con, &error));
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    if (CHECK(error != NULL))
      CHECK(strstr(attachsql_error_message(error), "prove") == NULL);
    CHECK_ERROR(error, 3003, "08000");
    attachsql_connect_destroy(con);
  }
}

/* ---- keys ---- */

typedef struct key_log
{
  attachsql_connect_t *con;
  int lines;
  char first[40];
  bool shaped, refused;
} key_log;

static void take_key(void *context, const char *line)
{
  key_log *log = context;
  attachsql_error_t *error = NULL;

  if (log->lines++ == 0)
  {
    snprintf(log->first, sizeof log->first, "%.*s", (int)strcspn(line, " "), line);
    log->shaped = strlen(line) > 100 && !strchr(line, '\n');
    log->refused = !attachsql_connect(log->con, &error) && error && attachsql_error_code(error) == 2014;
    attachsql_error_free(error);
    attachsql_connect_destroy(log->con);
  }
}

static void keys(const test_server *server)
{
  attachsql_error_t *error = NULL;

  for (uint32_t version = 12; version <= 13; version++)
  {
    key_log log = {NULL, 0, "", false, false};

    TEST("CONN-34", "the keys are told while polling; the connection cannot be used in between");
    log.con = secure(server, version);
    CHECK(attachsql_connect_set_keylog(log.con, take_key, &log, &error));
    CHECK_NO_ERROR(error);
    test_login(log.con);
    CHECK_UINT(log.lines, version == 12 ? 1 : 5);
    CHECK_STR(log.first, version == 12 ? "CLIENT_RANDOM" : "SERVER_HANDSHAKE_TRAFFIC_SECRET");
    CHECK(log.shaped && log.refused);
    CHECK(!attachsql_connect_set_keylog(log.con, take_key, &log, &error));
    CHECK_ERROR(error, 3000, "22023");
    test_works(log.con);
    attachsql_connect_destroy(log.con);

    TEST("CONN-34", "taken back, nothing is told");
    log.lines = 0;
    log.con = secure(server, version);
    CHECK(attachsql_connect_set_keylog(log.con, take_key, &log, NULL));
    CHECK(attachsql_connect_set_keylog(log.con, NULL, NULL, NULL));
    tls_good(log.con, version == 12 ? "TLSv1.2" : "TLSv1.3");
    CHECK_UINT(log.lines, 0);

    TEST("CONN-34", "it asks for no TLS");
    log.con = test_create(server);
    CHECK(attachsql_connect_set_keylog(log.con, take_key, &log, NULL));
    tls_good(log.con, "");
    CHECK_UINT(log.lines, 0);
  }
}

/* ---- questions ---- */

typedef struct clerk
{
  attachsql_connect_t *con;
  int calls, later; /* how often to put the question off */
  bool echo, refused;
  char prompt[100];
  const char *answer;
  attachsql_dialog_t says;
} clerk;

static attachsql_dialog_t answer(void *context, bool echo, const char *prompt, const char **text)
{
  clerk *self = context;
  attachsql_error_t *error = NULL;

  self->calls++;
  self->echo = echo;
  snprintf(self->prompt, sizeof self->prompt, "%s", prompt);
  self->refused = attachsql_connect_poll(self->con, &error) == ATTACHSQL_RETURN_ERROR && error &&
                  attachsql_error_code(error) == 2014;
  attachsql_error_free(error);
  attachsql_connect_destroy(self->con);
  if (self->later-- > 0)
    return ATTACHSQL_DIALOG_LATER;
  *text = self->answer;
  return self->says;
}

/* The server has asked for dialog with this question, by a unix socket. */
static attachsql_connect_t *asked(clerk *self, const char *password, const char *question, size_t length)
{
  uint8_t payload[100] = "\xfe" "dialog";
  attachsql_error_t *error = NULL;

  self->con = attachsql_connect_create(address.sun_path, 0, "somebody", password, "", NULL);
  tls_set(self->con, AUTH_METHODS, "mysql_native_password,dialog");
  if (self->says != 77)
    CHECK(attachsql_connect_set_dialog(self->con, answer, self, &error));
  CHECK_NO_ERROR(error);
  fake_accept(&fake, self->con);
  fake_greet(&fake, 10, "5.5.5-11.4.2-MariaDB", 1);
  CHECK(fake_read(&fake, self->con));
  memcpy(payload + 8, question, length);
  fake_packet(&fake, (uint8_t)(fake.sequence + 1), payload, 8 + length);
  return self->con;
}

static void ask(const char *question, size_t length)
{
  fake_packet(&fake, (uint8_t)(fake.sequence + 1), question, length);
}

static void answered(clerk *self, const char *text)
{
  if (CHECK(fake_read(&fake, self->con)))
    CHECK_BYTES(fake.packet, fake.length, text, strlen(text) + 1);
}

static void done(clerk *self)
{
  fake_ok(&fake, (uint8_t)(fake.sequence + 1));
  CHECK_POLL(test_poll_good(self->con), ATTACHSQL_RETURN_EOF);
  fake_hang_up(&fake);
  attachsql_connect_destroy(self->con);
}

static void failed(clerk *self, const char *words)
{
  attachsql_error_t *error = NULL;
  uint8_t byte;

  CHECK_POLL(test_poll(self->con, &error), ATTACHSQL_RETURN_ERROR);
  if (CHECK(error != NULL))
    CHECK(strstr(attachsql_error_message(error), words) != NULL);
  CHECK_ERROR(error, 2061, "28000");
  attachsql_connect_destroy(self->con);
  CHECK(recv(fake.peer, &byte, 1, 0) <= 0);
  fake_hang_up(&fake);
}

static void dialog(void)
{
  static const clerk fresh = {NULL, 0, 0, false, false, "", "red", ATTACHSQL_DIALOG_ANSWER};
  static const attachsql_dialog_t refusals[] = {ATTACHSQL_DIALOG_REFUSE, (attachsql_dialog_t)3};
  clerk self = fresh;
  attachsql_error_t *error = NULL;

  TEST("CONN-35", "the password answers when the server begins by asking for one, and nobody is asked");
  asked(&self, PASSWORD, "\5Password: ", 11);
  answered(&self, PASSWORD);
  done(&self);
  CHECK_UINT(self.calls, 0);

  TEST("CONN-35", "all other questions are for the function, which must leave the connection alone");
  asked(&self, PASSWORD, "\4Password: ", 11);
  answered(&self, PASSWORD);
  ask("\4Code: ", 7);
  answered(&self, "red");
  CHECK_STR(self.prompt, "Code: ");
  CHECK(!self.echo && self.refused);
  self.answer = "";
  ask("\3Your colour? ", 14);
  answered(&self, "");
  CHECK_STR(self.prompt, "Your colour? ");
  CHECK(self.echo);
  done(&self);
  CHECK_UINT(self.calls, 2);

  TEST("CONN-35", "a first question that is for no password, and an empty password");
  self = fresh;
  asked(&self, PASSWORD, "\2Your colour? ", 14);
  answered(&self, "red");
  done(&self);
  asked(&self, "", "\5Password: ", 11);
  answered(&self, "red");
  done(&self);
  CHECK_UINT(self.calls, 2);

  TEST("CONN-35", "an answer that takes its time: each poll asks, no wait sleeps for long");
  self = fresh;
  self.later = 5;
  asked(&self, "", "\5Password: ", 11);
  while (self.calls < 5)
  {
    int before = self.calls;

    CHECK_POLL(attachsql_connect_poll(self.con, &error), ATTACHSQL_RETURN_CONNECTING);
    CHECK_NO_ERROR(error);
    CHECK(self.calls <= before + 1);
    CHECK(attachsql_connect_wait(self.con, -1, &error));
  }
  answered(&self, "red");
  done(&self);
  CHECK_UINT(self.calls, 6);

  TEST("CONN-35", "a refusal, a number that means nothing, no answer: nothing is sent");
  for (int i = 0; i < 2; i++)
  {
    self = fresh;
    self.says = refusals[i];
    asked(&self, PASSWORD, "\3Your colour? ", 14);
    failed(&self, "Your colour?");
  }
  self = fresh;
  self.answer = NULL;
  asked(&self, PASSWORD, "\3Your colour? ", 14);
  failed(&self, "Your colour?");

  TEST("CONN-35", "nobody to answer");
  self.says = (attachsql_dialog_t)77;
  asked(&self, PASSWORD, "\3Your colour? ", 14);
  failed(&self, "attachsql_connect_set_dialog");

  TEST("CONN-35", "the connection goes while a question is open");
  self = fresh;
  self.later = 1000000;
  asked(&self, "", "\5Password: ", 11);
  while (self.calls < 2)
    attachsql_connect_poll(self.con, NULL);
  attachsql_connect_destroy(self.con);
  fake_hang_up(&fake);

  TEST("CONN-35", "the server ends it while a question is open");
  asked(&self, "", "\5Password: ", 11);
  self.calls = 0;
  while (self.calls < 2)
    attachsql_connect_poll(self.con, NULL);
  fake_packet(&fake, (uint8_t)(fake.sequence + 2), "\xff\x15\x04#28000too slow", 17);
  CHECK_POLL(test_poll(self.con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1045, "28000");
  CHECK(!attachsql_connect_set_dialog(self.con, answer, &self, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_connect_destroy(self.con);
  fake_hang_up(&fake);
}

static void without_connection(void)
{
  attachsql_error_t *error = NULL;

  TEST("CONV-10", "no connection");
  nothing_known(NULL);
  CHECK(!attachsql_connect_set_keylog(NULL, take_key, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_connect_set_dialog(NULL, answer, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_connect_set_keylog(NULL, NULL, NULL, NULL));
  CHECK(!attachsql_connect_set_dialog(NULL, NULL, NULL, NULL));
}

int main(void)
{
  test_begin("callbacks", 120);
  memset(&fake, 0, sizeof fake);
  fake.peer = -1;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "/tmp/attachsql-callbacks-%d", (int)getpid());
  unlink(address.sun_path);
  fake.listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fake.listener < 0 || bind(fake.listener, (struct sockaddr *)&address, sizeof address) || listen(fake.listener, 8) ||
      fcntl(fake.listener, F_SETFL, O_NONBLOCK))
    test_fatal("cannot listen on ", address.sun_path);
  without_connection();
  dialog();
  close(fake.listener);
  unlink(address.sun_path);
  EACH_SERVER(server)
  {
    if (!server->has_tls)
    {
      too_old(server);
      continue;
    }
    known(server);
    proof(server);
    keys(server);
  }
  return test_end();
}
