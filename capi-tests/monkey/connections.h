/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of monkey.c: connections, their options and commands, and waiting for them.
 */
#ifndef ATTACHSQL_MONKEY_CONNECTIONS_H
#define ATTACHSQL_MONKEY_CONNECTIONS_H

/* --- Life ------------------------------------------------------------------------------------------- */

/* Time limits for one that waits in its polls, because its server lives in the same thread. */
static inline void hurry(con *c)
{
  static const attachsql_options_t limits[] = {ATTACHSQL_OPTION_CONNECT_TIMEOUT, ATTACHSQL_OPTION_READ_TIMEOUT,
                                               ATTACHSQL_OPTION_WRITE_TIMEOUT, ATTACHSQL_OPTION_CANCEL_TIMEOUT};
  uint32_t ms = 3;

  for (unsigned i = 0; i < 4; i++)
    attachsql_connect_set_option(c->con, limits[i], &ms);
}

static inline void own_functions(con *c)
{
  int code;

  if (LIKELY(70))
    RUN(code, c, attachsql_connect_set_trace, (c->con, LIKELY(90) ? on_trace : NULL, c, ERR));
  if (LIKELY(40))
    RUN(code, c, attachsql_connect_set_keylog, (c->con, LIKELY(90) ? on_key : NULL, c, ERR));
  if (LIKELY(60))
    RUN(code, c, attachsql_connect_set_dialog, (c->con, LIKELY(90) ? on_question : NULL, c, ERR));
  if (LIKELY(80))
    RUN(code, c, attachsql_connect_set_local_file, (c->con, LIKELY(90) ? on_file : NULL, c, ERR));
  (void)code;
}

static inline unsigned alive(void)
{
  unsigned count = 0;

  for (unsigned i = 0; i < con_count; i++)
    count += cons[i].con && !cons[i].is_made;
  return count;
}

static inline void call_create(void)
{
  con *c = &cons[con_count];
  verdict v = ask();
  const char *host = TEST_HOST, *user = "user", *pass = LIKELY(80) ? "" : NULL, *schema = "schema";
  in_port_t port = server.port;
  char *wild = NULL;
  const char *real = real_socket();

  if (con_count == CONS || (LIKELY(90) && alive() > 4))
    return;
  c->is_wild = LIKELY(25);
  if (LIKELY(40))
    host = server.path, port = 0;
  else if (real && LIKELY(50))
    host = real, port = 0, user = TEST_USER, pass = TEST_PASS, schema = TEST_SCHEMA;
  else if (LIKELY(10))
    host = LIKELY(60) ? "localhost" : NULL;
  if (c->is_wild && LIKELY(30))
  {
    wild = some_string();
    *(roll(2) ? &user : roll(2) ? &schema : roll(2) ? &pass : &host) = wild;
    port = LIKELY(70) ? port : 1;
  }
  /* In a callback, which may come here again. */
  con_count++;
  calling("attachsql_connect_create");
  c->con = attachsql_connect_create(host, port, user, pass, schema, to(&v));
  judged(NULL, false, &v, c->con ? GOOD : BAD);
  MUST(!c->con || (user && schema), "attachsql_connect_create took NULL");
  free(wild);
  if (!c->con)
    return;
  has_real = has_real || host == real;
  own_functions(c);
  if (LIKELY(70))
    DO(attachsql_connect_set_option, (c->con, ATTACHSQL_OPTION_AUTH_METHODS, "dialog,mysql_native_password,caching_sha2_password"));
  if (LIKELY(40))
    DO(attachsql_connect_set_option, (c->con, ATTACHSQL_OPTION_SESSION_TRACK, &(uint32_t){1}));
  if (LIKELY(30))
    DO(attachsql_connect_set_option, (c->con, ATTACHSQL_OPTION_CANCEL, &(uint32_t){1}));
  if (LIKELY(30))
    DO(attachsql_connect_set_option, (c->con, ATTACHSQL_OPTION_STMT_CACHE, &(uint32_t){2}));
  if (host == real && LIKELY(50))
    DO(attachsql_connect_set_option, (c->con, ATTACHSQL_OPTION_TLS_VERIFY, &(uint32_t){0}));
}

static inline void destroy_con(con *c)
{
  bool forget = LIKELY(20);

  if (c->inside)
  {
    if (forget)
      DO(attachsql_connect_forget, (c->con));
    else
      DO(attachsql_connect_destroy, (c->con));
    return;
  }
  c->is_over = true;
  end_loans(c, NULL, LOAN_ALL);
  if (forget)
    DO(attachsql_connect_forget, (c->con));
  else
    DO(attachsql_connect_destroy, (c->con));
  c->is_over = false;
  con_gone(c);
  free_lent(&c->lent);
}

static inline void call_destroy(void)
{
  destroy_con(pick_con());
}

/* --- Settings --------------------------------------------------------------------------------------- */

static inline bool is_timeout(int option)
{
  return option == ATTACHSQL_OPTION_CONNECT_TIMEOUT || option == ATTACHSQL_OPTION_READ_TIMEOUT ||
         option == ATTACHSQL_OPTION_WRITE_TIMEOUT || option == ATTACHSQL_OPTION_CANCEL_TIMEOUT;
}

/* Whether an option's value is a text. */
static inline bool is_text(int option)
{
  static const int numbers[] = {100, 101, 102, 105, 106, 107, 108, 116, 117, 118, 126, 131, 132, 133, 141, 150, 151, 152, 153,
                                154, 155, 160, 161, 162, 170};

  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (option == numbers[i])
      return false;
  return option < 180 || option > 188;
}

static inline void call_option(void)
{
  con *c = pick_con();
  int option = LIKELY(90) ? (int)roll(LIKELY(20) ? 10 : 190) : (int)number();
  uint32_t value = (uint32_t)(LIKELY(30) ? roll(20) : number());
  char *text = is_text(option) ? some_string() : NULL;
  const void *arg = is_text(option) ? (const void *)text : LIKELY(95) ? &value : NULL;
  bool good;

  if (c->con && !c->is_wild && LIKELY(90))
  {
    free(text);
    return;
  }
  if (is_timeout(option))
    value = 1 + value % 20;
  if (option == ATTACHSQL_OPTION_SEMI_BLOCKING && c->con && !c->inside)
    hurry(c);
  calling("attachsql_connect_set_option");
  good = attachsql_connect_set_option(c->con, (attachsql_options_t)option, arg);
  called();
  MUST(!good || (c->con && !c->inside && (arg || option < 100)), "the option %d was taken with %p", option, arg);
  MUST(!good || (option > 0 && option < 180), "the option %d was taken", option);
  free(text);
}

static inline void call_functions(void)
{
  own_functions(pick_con());
}

static inline void call_set_ssl(void)
{
  con *c = pick_con();
  char *key = some_string(), *cert = some_string();
  const char *ca = LIKELY(50) ? "capi-tests/support/tls/stranger-cert.pem" : cert;
  int code;

  if (!c->con || c->is_wild)
    RUN(code, c, attachsql_connect_set_ssl, (c->con, LIKELY(80) ? NULL : key, LIKELY(80) ? NULL : cert, ca, LIKELY(80) ? NULL : key,
                                           LIKELY(80) ? NULL : cert, LIKELY(50), ERR));
  (void)code;
  free(key);
  free(cert);
}

static inline void call_set_fd(void)
{
  con *c = pick_con();
  struct sockaddr_in to_server;
  int fd = -1, code;

  memset(&to_server, 0, sizeof to_server);
  to_server.sin_family = AF_INET;
  to_server.sin_port = htons(server.port);
  to_server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (LIKELY(80))
  {
    fd = socket(AF_INET, LIKELY(90) ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (LIKELY(90))
      (void)!connect(fd, (struct sockaddr *)&to_server, sizeof to_server);
  }
  RUN(code, c, attachsql_connect_set_fd, (c->con, fd >= 0 ? fd : (attachsql_socket_t)(LIKELY(50) ? (uint64_t)-1 : number() | 1u << 20), ERR));
  MUST(code != 0 || fd >= 0, "a socket that there is not was taken");
  if (code && fd >= 0)
    close(fd);
}

static inline void call_user_data(void)
{
  con *c = pick_con();
  void *got;

  DO(attachsql_connect_set_user_data, (c->con, c));
  GET(got, attachsql_connect_get_user_data, (c->con));
  MUST(got == (c->con ? c : NULL), "other user data");
}

/* --- Going on --------------------------------------------------------------------------------------- */

static inline void call_connect(void)
{
  con *c = pick_con();
  bool null = !c->con, good;
  verdict v = ask();

  calling("attachsql_connect");
  good = attachsql_connect(c->con, to(&v));
  judged(c, null, &v, good ? GOOD : null || c->inside ? BAD : SILENT);
}

static inline attachsql_return_t poll_once(con *c)
{
  bool null = !c->con;
  verdict v = ask();
  attachsql_return_t state;

  calling("attachsql_connect_poll");
  state = attachsql_connect_poll(c->con, to(&v));
  MUST(state >= ATTACHSQL_RETURN_NOT_CONNECTED && state <= ATTACHSQL_RETURN_EOF, "poll said %d", (int)state);
  judged(c, null, &v, state == ATTACHSQL_RETURN_ERROR ? BAD : GOOD);
  check_loans();
  states[state % 8]++;
  /* All has been answered, except what a pipeline has still to send. */
  for (unsigned i = 0; state == ATTACHSQL_RETURN_EOF && !c->is_piped && i < handle_count; i++)
    if (handles[i].con == c)
      handles[i].awaits = false;
  return state;
}

/* A poll; or as many as it takes. */
static inline void call_poll(void)
{
  con *c = pick_con();
  attachsql_return_t state = poll_once(c);
  const char *name = attachsql_connect_state_name(c->con);

  /* Of no more use. */
  if (name && strcmp(name, "failed") == 0 && LIKELY(30))
    destroy_con(c);
  if (depth || LIKELY(50))
    return;
  for (unsigned i = roll(60); i-- && c->con && (state == ATTACHSQL_RETURN_CONNECTING || state == ATTACHSQL_RETURN_PROCESSING);)
  {
    crowd_turn(&server);
    if (c->pool)
      run_pool(c->pool);
    if (c->con)
      state = poll_once(c);
  }
}

static inline void call_wait(void)
{
  con *c = pick_con();
  bool null = !c->con, good;
  verdict v = ask();
  const char *state = attachsql_connect_state_name(c->con);
  int limit = state && strcmp(state, "unused") == 0 ? -1 : (int)roll(2);

  calling("attachsql_connect_wait");
  good = attachsql_connect_wait(c->con, limit, to(&v));
  judged(c, null, &v, good ? GOOD : null || c->inside ? BAD : SILENT);
}

static inline void call_watches(void)
{
  con *c = pick_con();
  attachsql_watch_st out[3];
  size_t size = roll(4), count = 99;
  uint64_t generation = 99;
  bool good, more;
  int timeout;

  GET(good, attachsql_connect_get_watches, (c->con, size ? out : NULL, size, LIKELY(90) ? &count : NULL, LIKELY(90) ? &generation : NULL));
  if (!c->con)
    MUST(!good && count == 99 && generation == 99, "get_watches followed NULL");
  for (size_t i = 0; good && i < size && count != 99 && i < count; i++)
    MUST(out[i].fd >= 0 && (unsigned)out[i].flags <= 3, "watch %d for %d", (int)out[i].fd, (int)out[i].flags);
  GET(more, attachsql_connect_has_more, (c->con));
  GET(timeout, attachsql_connect_get_timeout_ms, (c->con));
  MUST(timeout >= -1, "a timeout of %d", timeout);
  MUST(c->con || (!more && timeout == -1), "NULL has something to do");
}

static inline void call_get_fd(void)
{
  con *c = pick_con();
  bool null = !c->con;
  verdict v = ask();
  attachsql_socket_t fd;

  calling("attachsql_connect_get_fd");
  fd = attachsql_connect_get_fd(c->con, to(&v));
  judged(c, null, &v, fd >= 0 ? GOOD : BAD);
}

/* --- Commands --------------------------------------------------------------------------------------- */

static inline void call_command(void)
{
  con *c = pick_con();
  char *a = some_string(), *b = some_string();
  uint32_t id = attachsql_connect_get_connection_id(c->con);
  int code = 0;

  switch (roll(8))
  {
    case 0:
    case 1:
      RUN(code, c, attachsql_connect_ping, (c->con, ERR));
      break;
    case 2:
      RUN(code, c, attachsql_connect_reset, (c->con, ERR));
      break;
    case 3:
      RUN(code, c, attachsql_connect_change_user, (c->con, LIKELY(50) ? a : TEST_USER, LIKELY(50) ? b : TEST_PASS, LIKELY(30) ? b : "", ERR));
      break;
    case 4:
      RUN(code, c, attachsql_connect_change_schema, (c->con, a, ERR));
      MUST(a || code, "change_schema took NULL");
      break;
    case 5:
      RUN(code, c, attachsql_connect_statistics, (c->con, ERR));
      break;
    case 6:
      RUN(code, c, attachsql_connect_set_multi_statements, (c->con, LIKELY(50), ERR));
      break;
    default:
      /* Nobody else's: real servers have other guests. */
      RUN(code, c, attachsql_connect_kill, (c->con, has_real ? id : number(), LIKELY(50), ERR));
  }
  ends(c, code, ENDS_ANSWER);
  free(a);
  free(b);
}

static inline void call_cancel(void)
{
  con *c = pick_con();
  attachsql_cancel_t outcome;
  int code;

  RUN(code, c, attachsql_query_cancel, (c->con, ERR));
  (void)code;
  GET(outcome, attachsql_query_cancel_outcome, (c->con));
  MUST((unsigned)outcome <= ATTACHSQL_CANCEL_UNKNOWN && (c->con || !outcome), "the outcome %d", (int)outcome);
}

/* --- What a connection tells ------------------------------------------------------------------------ */

static inline void call_look(void)
{
  con *c = pick_con();
  const char *text, *name = NULL;
  size_t length = 0;
  bool good;
  attachsql_tls_verified_t verified;
  uint64_t n;

  GET(text, attachsql_connect_get_server_version, (c->con));
  MUST(c->con && !c->inside ? text != NULL : true, "no version");
  borrow_string(LOAN_VERSION, c, NULL, text);
  GET(n, attachsql_connect_get_connection_id, (c->con));
  MUST(c->con || !n, "NULL has a number");
  GET(text, attachsql_connect_get_compression, (c->con));
  MUST(c->con || !text, "NULL is compressed");
  GET(text, attachsql_connect_state_name, (c->con));
  MUST((c->con != NULL) == (text != NULL), "a state for NULL");
  MUST((strcmp(text ? text : "", "in use") == 0) == (c->inside > 0), "the state %s", text ? text : "NULL");
  GET(text, attachsql_connect_get_tls_version, (c->con));
  borrow_string(LOAN_VERSION, c, NULL, text);
  GET(text, attachsql_connect_get_tls_cipher, (c->con));
  borrow_string(LOAN_VERSION, c, NULL, text);
  GET(verified, attachsql_connect_get_tls_verified, (c->con));
  GET(good, attachsql_connect_tls_is_resumed, (c->con));
  MUST(c->con || (!good && !verified && !text), "NULL has TLS");
  GET(text, attachsql_connect_get_track, (c->con, (attachsql_track_t)(LIKELY(90) ? roll(7) : number()), (uint32_t)number(),
                                          LIKELY(90) ? &name : NULL, LIKELY(90) ? &length : NULL));
  if (text)
  {
    MUST(c->con && !c->inside, "a change from nowhere");
    borrow(LOAN_INFO, c, NULL, text, length + 1);
    borrow_string(LOAN_INFO, c, NULL, name);
  }
  GET(good, attachsql_connect_local_file_ready, (c->con));
  MUST(!good || (c->con && !c->inside), "a file is ready for nobody");
}

static inline void call_memory(void)
{
  con *c = pick_con();
  attachsql_memory_st memory;
  attachsql_stmt_cache_stats_st stats;
  bool good;

  memset(&memory, 0xff, sizeof memory);
  memset(&stats, 0xff, sizeof stats);
  memory.size = LIKELY(60) ? sizeof memory : roll(sizeof memory + 1);
  stats.size = LIKELY(60) ? sizeof stats : roll(sizeof stats + 1);
  GET(good, attachsql_connect_get_memory, (c->con, LIKELY(95) ? &memory : NULL));
  MUST(!good || (c->con && !c->inside && memory.size >= 2 * sizeof(size_t)), "memory of nothing");
  if (good && memory.size == sizeof memory)
    MUST(memory.peak >= memory.current && memory.current > 0, "current %zu, peak %zu", memory.current, memory.peak);
  GET(good, attachsql_stmt_cache_get_stats, (c->con, LIKELY(95) ? &stats : NULL));
  MUST(!good || (c->con && stats.size >= sizeof(size_t) + 4), "statistics of nothing");
}

#endif
