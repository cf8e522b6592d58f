/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group LOAD: LOAD DATA LOCAL from a function of the program's.
 */
#include "../support/test.h"
#include "../support/fake.h"

static const char load[] = "LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE loaded";

/* A file in memory, and what its function does before each piece of it. */
typedef struct
{
  const char *content;
  size_t piece;
  ptrdiff_t pause; /* said before each piece; 0 for nothing */
  const char *message;
  attachsql_connect_t *con; /* to be called from inside, if not NULL */
  bool paused, refused;
  unsigned calls, pauses, begins;
  char name[64];
} file;

static ptrdiff_t give(void *context, const char *name, uint64_t offset, char *buffer, size_t size, const char **message)
{
  file *self = context;
  size_t left = strlen(self->content) - (size_t)offset;

  self->calls++;
  self->begins += offset == 0;
  snprintf(self->name, sizeof self->name, "%s", name);
  if (self->con)
  {
    attachsql_error_t *error = NULL;

    self->refused = !attachsql_query(self->con, 4, "DO 1", 0, NULL, &error) && attachsql_error_code(error) == 2014 &&
                    attachsql_connect_poll(self->con, NULL) == ATTACHSQL_RETURN_ERROR &&
                    !attachsql_connect_local_file_ready(self->con);
    attachsql_error_free(error);
    attachsql_connect_destroy(self->con);
  }
  self->paused = self->pause && !self->paused;
  if (self->paused)
  {
    self->pauses++;
    *message = self->message;
    return self->pause;
  }
  if (left > self->piece)
    left = self->piece;
  if (left > size)
    left = size;
  memcpy(buffer, self->content + offset, left);
  return (ptrdiff_t)left;
}

static attachsql_connect_t *with_file(const test_server *server, file *self)
{
  attachsql_connect_t *con = test_create(server);

  CHECK(attachsql_connect_set_local_file(con, give, self, NULL));
  test_login(con);
  test_run(con, "CREATE TEMPORARY TABLE loaded (id INT, line VARCHAR(99))");
  return con;
}

/* Polls until the function says that it has nothing. */
static void poll_to_pause(attachsql_connect_t *con, const file *self)
{
  unsigned before = self->pauses;

  while (self->pauses == before)
    if (!CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_PROCESSING))
      return;
}

static void setting(const test_server *server)
{
  file self = {.content = "", .piece = 1};
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con = test_create(server);

  TEST("LOAD-1", "only before the connect; NULL takes it back");
  CHECK(attachsql_connect_set_local_file(con, give, &self, &error));
  CHECK(attachsql_connect_set_local_file(con, NULL, NULL, &error));
  CHECK_NO_ERROR(error);
  test_login(con);
  CHECK(!attachsql_connect_set_local_file(con, give, &self, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_connect_set_local_file(con, NULL, NULL, NULL));
  test_run(con, "CREATE TEMPORARY TABLE loaded (id INT, line VARCHAR(99))");
  test_query(con, load);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  attachsql_error_free(error);
  error = NULL;
  attachsql_query_close(con);
  CHECK_UINT(self.calls, 0);
  test_works(con);
  attachsql_connect_destroy(con);

  TEST("LOAD-1 CONV-10", "NULL");
  CHECK(!attachsql_connect_set_local_file(NULL, give, &self, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_connect_local_file_ready(NULL));
}

static void pieces(const test_server *server)
{
  static const size_t sizes[] = {1, 3, 1000};
  char content[2000] = "";

  TEST("LOAD-4", "piece by piece, with the offset of each");
  for (int n = 0; n < 100; n++)
    sprintf(content + strlen(content), "%d\tline %d\n", n, n);
  for (size_t i = 0; i < 3; i++)
  {
    file self = {.content = content, .piece = sizes[i]};
    attachsql_connect_t *con = with_file(server, &self);

    for (unsigned n = 1; n < 3; n++)
    {
      test_run(con, load);
      CHECK_UINT(self.calls, n * ((strlen(content) + sizes[i] - 1) / sizes[i] + 1));
      CHECK_UINT(self.begins, n);
      CHECK_STR(self.name, "a.csv");
      CHECK_STR(test_value(con, "SELECT CONCAT(COUNT(*), ' ', SUM(id), ' ', MAX(line)) FROM loaded"),
                n == 1 ? "100 4950 line 99" : "200 9900 line 99");
    }
    attachsql_connect_destroy(con);
  }

  TEST("LOAD-4", "an empty file");
  {
    file self = {.content = "", .piece = 1};
    attachsql_connect_t *con = with_file(server, &self);

    test_run(con, load);
    CHECK_UINT(self.calls, 1);
    CHECK_UINT(attachsql_query_affected_rows(con), 0);
    attachsql_connect_destroy(con);
  }
}

static void names(const test_server *server)
{
  static const struct
  {
    const char *mode, *text, *name;
  } good[] = {
    {"", "load data local infile 'it''s' into table loaded", "it's"},
    {"", "/* c */ LOAD DATA -- c\n CONCURRENT LOCAL # c\n INFILE\"b\" INTO TABLE loaded", "b"},
    {"", "LOAD DATA LOCAL INFILE 'C:\\\\d\\_\\x' INTO TABLE loaded", "C:\\d\\_x"},
    {"NO_BACKSLASH_ESCAPES", "LOAD DATA LOCAL INFILE 'C:\\d' INTO TABLE loaded", "C:\\d"},
    {"", "LOAD XML LOCAL INFILE 'x.xml' INTO TABLE loaded", "x.xml"},
  };
  file self = {.content = "", .piece = 1};
  attachsql_connect_t *con = with_file(server, &self);
  attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_CHAR, (void *)"it's\\", 5, false};
  static const char text[] = "LOAD DATA LOCAL INFILE ? INTO TABLE loaded";

  TEST("LOAD-3", "names as the text has them, in the session's SQL mode");
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
  {
    char mode[99];

    snprintf(mode, sizeof mode, "SET sql_mode = '%s'", good[i].mode);
    test_run(con, mode);
    test_run(con, good[i].text);
    CHECK_STR(self.name, good[i].name);
    test_run(con, "SET sql_mode = ''");
  }

  TEST("LOAD-3", "the text that is sent: with parameters");
  CHECK(attachsql_query(con, strlen(text), text, 1, &parameter, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
  CHECK_STR(self.name, "it's\\");

  TEST("LOAD-3", "what some servers take for a comment names nothing");
  self.calls = 0;
  test_refused(con, "LOAD DATA /*! LOCAL */ INFILE 'a.csv' INTO TABLE loaded", 2068, "HY000");
  CHECK_UINT(self.calls, 0);
  test_works(con);
  attachsql_connect_destroy(con);
}

static void pauses(const test_server *server)
{
  TEST("LOAD-5", "LATER: asked again by each poll, and by wait after a while");
  {
    file self = {.content = "1\tone\n2\ttwo\n", .piece = 6, .pause = ATTACHSQL_LOCAL_FILE_LATER};
    attachsql_connect_t *con = with_file(server, &self);
    int timeout;

    test_query(con, load);
    poll_to_pause(con, &self);
    CHECK(!attachsql_connect_has_more(con));
    timeout = attachsql_connect_get_timeout_ms(con);
    CHECK(timeout >= 0 && timeout <= 20);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK_UINT(self.calls, 6);
    CHECK_UINT(self.pauses, 3);
    attachsql_query_close(con);
    CHECK_STR(test_value(con, "SELECT COUNT(*) FROM loaded"), "2");
    attachsql_connect_destroy(con);
  }

  TEST("LOAD-6", "SUSPEND: not asked before the program says so");
  {
    file self = {.content = "1\tone\n2\ttwo\n", .piece = 6, .pause = ATTACHSQL_LOCAL_FILE_SUSPEND};
    attachsql_connect_t *con = with_file(server, &self);

    CHECK(!attachsql_connect_local_file_ready(con));
    test_query(con, load);
    for (unsigned n = 1; n < 4; n++)
    {
      poll_to_pause(con, &self);
      for (int i = 0; i < 3; i++)
        CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_PROCESSING);
      CHECK(!attachsql_connect_wait(con, 30, NULL));
      CHECK(!attachsql_connect_has_more(con));
      CHECK_INT(attachsql_connect_get_timeout_ms(con), -1);
      CHECK_UINT(self.pauses, n);
      CHECK(attachsql_connect_local_file_ready(con));
      CHECK(attachsql_connect_has_more(con));
      CHECK_INT(attachsql_connect_get_timeout_ms(con), 0);
    }
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK_UINT(self.calls, 6);
    attachsql_query_close(con);
    CHECK_STR(test_value(con, "SELECT COUNT(*) FROM loaded"), "2");
    attachsql_connect_destroy(con);
  }
}

static void failures(const test_server *server)
{
  static const struct
  {
    ptrdiff_t said;
    const char *message, *text;
  } cases[] = {
    {ATTACHSQL_LOCAL_FILE_ERROR, "out of paper", "local file 'a.csv': out of paper"},
    {ATTACHSQL_LOCAL_FILE_ERROR, NULL, "local file 'a.csv': its function has failed"},
    {-99, "not read", "local file 'a.csv': its function returned -99, which means nothing"},
  };

  TEST("LOAD-7", "a function that fails: its words, and the connection goes on");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
  {
    file self = {.content = "", .piece = 1, .pause = cases[i].said, .message = cases[i].message};
    attachsql_connect_t *con = with_file(server, &self);
    attachsql_error_t *error = NULL;

    test_query(con, load);
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_STR(attachsql_error_message(error), cases[i].text);
    CHECK_ERROR(error, 2069, "HY000");
    attachsql_query_close(con);
    test_works(con);
    attachsql_connect_destroy(con);
  }

  TEST("LOAD-8", "an error of the server's");
  {
    file self = {.content = "1\tone\n2\ttwo\n", .piece = 6};
    attachsql_connect_t *con = with_file(server, &self);

    test_refused(con, "LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE no_such_table", 1146, "42S02");
    test_refused(con,
                 "LOAD DATA LOCAL INFILE 'a.csv' REPLACE INTO TABLE loaded (id, line) "
                 "SET id = (SELECT 1 UNION ALL SELECT 2)",
                 1242, "21000");
    test_works(con);
    attachsql_connect_destroy(con);
  }

  TEST("LOAD-8", "closed in the middle");
  for (int suspends = 0; suspends < 2; suspends++)
  {
    file self = {.content = "1\tone\n2\ttwo\n",
                 .piece = 6,
                 .pause = suspends ? ATTACHSQL_LOCAL_FILE_SUSPEND : ATTACHSQL_LOCAL_FILE_LATER};
    attachsql_connect_t *con = with_file(server, &self);

    test_query(con, load);
    poll_to_pause(con, &self);
    attachsql_query_close(con);
    CHECK(attachsql_connect_has_more(con));
    test_works(con);
    CHECK_UINT(self.calls, 1);
    attachsql_connect_destroy(con);
  }

  TEST("LOAD-8", "destroyed in the middle");
  {
    file self = {.content = "1\tone\n2\ttwo\n", .piece = 6, .pause = ATTACHSQL_LOCAL_FILE_LATER};
    attachsql_connect_t *con = with_file(server, &self);

    test_query(con, load);
    poll_to_pause(con, &self);
    attachsql_connect_destroy(con);
    CHECK_UINT(self.calls, 1);
  }
}

static void inside(const test_server *server)
{
  file self = {.content = "1\tone\n", .piece = 9};
  attachsql_connect_t *con = with_file(server, &self);

  TEST("LOAD-9", "calls on the same connection from inside are refused");
  self.con = con;
  test_run(con, load);
  CHECK(self.refused);
  self.con = NULL;
  test_works(con);
  attachsql_connect_destroy(con);
}

static unsigned ends;

static void on_event(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context,
                     attachsql_error_t *error)
{
  (void)id;
  (void)context;
  attachsql_error_free(error);
  if (event != ATTACHSQL_EVENT_EOF)
    return;
  ends++;
  attachsql_query_close(con);
}

static void pooled(const test_server *server)
{
  file files[3] = {{.content = "1\tone\n", .piece = 9},
                   {.content = "1\tone\n", .piece = 9, .pause = ATTACHSQL_LOCAL_FILE_LATER},
                   {.content = "1\tone\n", .piece = 9, .pause = ATTACHSQL_LOCAL_FILE_SUSPEND}};
  attachsql_pool_t *pool = attachsql_pool_create(on_event, NULL, NULL);
  attachsql_connect_t *con[3];

  TEST("LOAD-9", "in a pool");
  ends = 0;
  for (int i = 0; i < 3; i++)
  {
    con[i] = with_file(server, &files[i]);
    attachsql_connect_destroy(con[i]);
    con[i] = test_create(server);
    CHECK(attachsql_connect_set_local_file(con[i], give, &files[i], NULL));
    attachsql_pool_add_connection(pool, con[i], NULL);
    test_query(con[i], "CREATE TEMPORARY TABLE loaded (id INT, line VARCHAR(99))");
  }
  while (ends < 3 && attachsql_pool_wait(pool, -1, NULL))
    attachsql_pool_run(pool);
  for (int i = 0; i < 3; i++)
    test_query(con[i], load);
  while (ends < 6 && attachsql_pool_wait(pool, 10000, NULL))
  {
    attachsql_pool_run(pool);
    if (files[2].paused)
    {
      files[2].paused = false; /* or it would pause again */
      files[2].pause = 0;
      CHECK(attachsql_connect_local_file_ready(con[2]));
      CHECK(attachsql_pool_has_more(pool));
    }
  }
  CHECK_UINT(ends, 6);
  attachsql_pool_destroy(pool);
}

/* A server that asks for what it must not have. */
static void rogue(void)
{
  static const struct
  {
    const char *text, *asked;
  } cases[] = {
    {"LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE t", "/etc/passwd"},
    {"LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE t", "a.cs"},
    {"LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE t", ""},
    {"SELECT 1", "a.csv"},
    {"SELECT 1; LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE t", "a.csv"},
    {"LOAD DATA INFILE 'a.csv' INTO TABLE t", "a.csv"},
  };
  fake_server fake;
  file self = {.content = "secret", .piece = 9};
  attachsql_connect_t *con;

  fake_open(&fake);
  con = fake_create(&fake);

  TEST("LOAD-1", "the capability is told only with a function");
  fake_login(&fake, con);
  CHECK(!(fake_u32(&fake, 0) & 0x80u));
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);
  con = fake_create(&fake);
  CHECK(attachsql_connect_set_local_file(con, give, &self, NULL));
  fake_login(&fake, con);
  CHECK(fake_u32(&fake, 0) & 0x80u);

  TEST("LOAD-2", "another file than the text names: an empty packet and 2068, and the connection goes on");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
  {
    char payload[64] = "\xfb";
    attachsql_error_t *error = NULL;

    strcat(payload, cases[i].asked);
    test_query(con, cases[i].text);
    CHECK(fake_read(&fake, con));
    fake_packet(&fake, 1, payload, strlen(payload));
    CHECK(fake_read(&fake, con));
    CHECK_UINT(fake.length, 0);
    CHECK_UINT(fake.sequence, 2);
    fake_ok(&fake, 3);
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 2068, "HY000");
    attachsql_query_close(con);
  }
  CHECK_UINT(self.calls, 0);

  TEST("LOAD-2", "the name of the command before is no name");
  test_query(con, cases[0].text);
  CHECK(fake_read(&fake, con));
  fake_ok(&fake, 1);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
  test_query(con, "DO 1");
  CHECK(fake_read(&fake, con));
  fake_packet(&fake, 1, "\xfb" "a.csv", 6);
  CHECK(fake_read(&fake, con));
  CHECK_UINT(fake.length, 0);
  fake_ok(&fake, 3);
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  CHECK_UINT(self.calls, 0);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);
  fake_close(&fake);
}

int main(void)
{
  test_begin("local_file", 120);
  rogue();
  EACH_SERVER(server)
  {
    setting(server);
    pieces(server);
    names(server);
    pauses(server);
    failures(server);
    inside(server);
    pooled(server);
  }
  return test_end();
}
