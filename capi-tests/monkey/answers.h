/* SPDX-License-Identifier: Apache-2.0
 *
 * What the made-up server of monkey.c says to a command: something that the protocol allows. Errors, rows of every
 * type, further results, cursors, requests for local files. It follows from the seed and from what was asked. Only
 * writes into the buffer of the peer; server.h sends it.
 */
#ifndef ATTACHSQL_MONKEY_ANSWERS_H
#define ATTACHSQL_MONKEY_ANSWERS_H

/* Numbers that look random (SplitMix64). */
typedef uint64_t dice;

static inline uint64_t dice_next(dice *d)
{
  uint64_t n = *d += 0x9e3779b97f4a7c15u;

  n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
  n = (n ^ n >> 27) * 0x94d049bb133111ebu;
  return n ^ n >> 31;
}

static inline unsigned dice_below(dice *d, unsigned limit)
{
  return (unsigned)(dice_next(d) % limit);
}

/* --- Bytes -------------------------------------------------------------------------------------- */

typedef struct bytes
{
  uint8_t *data;
  size_t length, space;
} bytes;

static inline void put(bytes *b, const void *data, size_t length)
{
  if (b->length + length > b->space)
  {
    b->space = 2 * (b->length + length) + 256;
    b->data = realloc(b->data, b->space);
    if (!b->data)
      test_fatal("no memory", "");
  }
  if (length)
    memcpy(b->data + b->length, data, length);
  b->length += length;
}

/* A number of so many bytes. */
static inline void put_n(bytes *b, uint64_t value, unsigned size)
{
  for (uint8_t byte; size--; value >>= 8)
  {
    byte = (uint8_t)value;
    put(b, &byte, 1);
  }
}

static inline void put_lenenc(bytes *b, uint64_t value)
{
  if (value < 251)
  {
    put_n(b, value, 1);
    return;
  }
  put_n(b, value < 65536 ? 0xfc : 0xfd, 1);
  put_n(b, value, value < 65536 ? 2 : 3);
}

static inline void put_text(bytes *b, const void *data, size_t length)
{
  put_lenenc(b, length);
  put(b, data, length);
}

static inline void take(bytes *b, size_t length)
{
  memmove(b->data, b->data + length, b->length - length);
  b->length -= length;
}

/* --- Peers -------------------------------------------------------------------------------------- */

#define CAP_UNUSED_BY_MARIADB 1u
#define CAP_TRACK (1u << 23)
#define CAP_NO_EOF (1u << 24)
#define CAP_ATTRIBUTES (1u << 27)
#define STATUS_MORE 8u
#define STATUS_CURSOR 0x40u
#define STATUS_LAST_ROW 0x80u
#define STATUS_TRACK 0x4000u

enum peer_state
{
  PEER_LOGIN,
  PEER_DIALOG,
  PEER_READY,
  PEER_FILE
};

#define PEER_STATEMENTS 16
#define PEER_COLUMNS 8

typedef struct peer
{
  int fd;
  dice luck;
  enum peer_state state;
  bool is_unix;
  uint32_t id, caps;
  uint8_t seq;
  bytes in, out;
  size_t start;    /* of the packet that is being written */
  unsigned delay;  /* turns until the next answer */
  unsigned answers_left; /* until it hangs up; 0: never */
  uint32_t last;   /* statement */
  struct
  {
    unsigned columns, params;
    uint8_t types[PEER_COLUMNS];
    unsigned rows; /* left in the cursor */
  } statements[PEER_STATEMENTS];
} peer;

static inline void begin(peer *p)
{
  p->start = p->out.length;
  put_n(&p->out, 0, 4);
}

static inline void finish(peer *p)
{
  size_t length = p->out.length - p->start - 4;
  uint8_t head[4] = {(uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16), p->seq++};

  memcpy(p->out.data + p->start, head, 4);
}

static inline void say(peer *p, const void *data, size_t length)
{
  begin(p);
  put(&p->out, data, length);
  finish(p);
}

/* --- Answers ------------------------------------------------------------------------------------ */

static inline void say_error(peer *p, uint16_t code, const char *text)
{
  begin(p);
  put_n(&p->out, 0xff, 1);
  put_n(&p->out, code, 2);
  put(&p->out, text, strlen(text));
  finish(p);
}

/* OK, or what ends rows. */
static inline void say_ok(peer *p, uint8_t head, unsigned status)
{
  static const char changes[] = "\1\4\3two" "\0\x8\1a\5value";
  bool track = head == 0 && p->caps & CAP_TRACK && dice_below(&p->luck, 3) == 0;

  begin(p);
  put_n(&p->out, head, 1);
  put_lenenc(&p->out, dice_below(&p->luck, 4) ? dice_below(&p->luck, 3) : 70000);
  put_lenenc(&p->out, dice_below(&p->luck, 3));
  put_n(&p->out, 2u | status | (track ? STATUS_TRACK : 0), 2);
  put_n(&p->out, dice_below(&p->luck, 3), 2);
  if (track || dice_below(&p->luck, 2))
    put_text(&p->out, "Rows matched: 2", 15);
  if (track)
    put_text(&p->out, changes, 16);
  finish(p);
}

static inline void say_end(peer *p, unsigned status)
{
  if (p->caps & CAP_NO_EOF)
  {
    say_ok(p, 0xfe, status);
    return;
  }
  begin(p);
  put_n(&p->out, 0xfe, 1);
  put_n(&p->out, dice_below(&p->luck, 3), 2);
  put_n(&p->out, 2u | status, 2);
  finish(p);
}

static inline void say_column(peer *p, const char *name, uint8_t type)
{
  static const uint16_t flags[] = {0, 1, 0x20, 0x21, 0x80};
  const char *const parts[] = {"def", "testdb", "alias", "origin", name, "origin_column"};

  begin(p);
  for (int i = 0; i < 6; i++)
    put_text(&p->out, parts[i], strlen(parts[i]));
  put_n(&p->out, 12, 1);
  put_n(&p->out, dice_below(&p->luck, 2) ? 45 : 63, 2);
  put_n(&p->out, 1020, 4);
  put_n(&p->out, type, 1);
  put_n(&p->out, flags[dice_below(&p->luck, 5)], 2);
  put_n(&p->out, dice_below(&p->luck, 32), 1);
  put_n(&p->out, 0, 2);
  finish(p);
}

static inline void say_columns(peer *p, unsigned count, const uint8_t *types)
{
  begin(p);
  put_lenenc(&p->out, count);
  finish(p);
  for (unsigned i = 0; i < count; i++)
    say_column(p, "a column", types ? types[i] : 253);
  if (!(p->caps & CAP_NO_EOF))
    say_end(p, 0);
}

static inline size_t value_size(peer *p)
{
  static const size_t sizes[] = {0, 1, 5, 19, 250, 251, 3000, 70000};

  return sizes[dice_below(&p->luck, dice_below(&p->luck, 20) ? 6 : 8)];
}

static inline void put_value(peer *p)
{
  static const char *const texts[] = {"12", "-7", "2024-02-29 01:02:03.5", "-838:59:59", "true", "1e400", "99999999999999999999"};
  size_t size = value_size(p);

  if (size == 5 || size == 19)
  {
    const char *text = texts[dice_below(&p->luck, 7)];

    put_text(&p->out, text, strlen(text));
    return;
  }
  put_lenenc(&p->out, size);
  for (size_t i = 0; i < size; i++)
    put_n(&p->out, i * 7 + size, 1);
}

/* A value as a binary row has it. */
static inline void put_binary(peer *p, uint8_t type)
{
  static const uint8_t dates[] = {0, 4, 7, 11}, times[] = {0, 8, 12};
  uint64_t luck = dice_next(&p->luck);
  unsigned size;

  switch (type)
  {
    case 1:
      put_n(&p->out, luck, 1);
      return;
    case 2:
    case 13:
      put_n(&p->out, luck, 2);
      return;
    case 3:
    case 4:
    case 9:
      put_n(&p->out, luck, 4);
      return;
    case 5:
    case 8:
      put_n(&p->out, luck, 8);
      return;
    case 7:
    case 10:
    case 12:
      size = dates[luck % 4];
      put_n(&p->out, size, 1);
      if (size)
        put(&p->out, "\xe8\x07\x02\x1d\x17\x3b\x3b\x3f\x42\x0f\0", size);
      return;
    case 11:
      size = times[luck % 3];
      put_n(&p->out, size, 1);
      if (size)
        put(&p->out, luck & 64 ? "\1\x22\0\0\0\x17\x3b\x3b\x3f\x42\x0f\0" : "\0\xff\xff\xff\xff\x17\x3b\x3b\x3f\x42\x0f\0", size);
      return;
    default:
      put_value(p);
  }
}

static inline void say_rows(peer *p, unsigned rows, unsigned columns, const uint8_t *types)
{
  while (rows--)
  {
    uint8_t nulls[3] = {0, 0, 0};

    begin(p);
    if (types)
    {
      for (unsigned i = 0; i < columns; i++)
        if (types[i] == 6 || dice_below(&p->luck, 6) == 0)
          nulls[(i + 2) / 8] |= (uint8_t)(1u << (i + 2) % 8);
      put_n(&p->out, 0, 1);
      put(&p->out, nulls, (columns + 9) / 8);
      for (unsigned i = 0; i < columns; i++)
        if (!(nulls[(i + 2) / 8] & 1u << (i + 2) % 8))
          put_binary(p, types[i]);
    }
    else
      for (unsigned i = 0; i < columns; i++)
      {
        if (dice_below(&p->luck, 6) == 0)
          put_n(&p->out, 0xfb, 1);
        else
          put_value(p);
      }
    finish(p);
  }
}

static inline unsigned more(peer *p)
{
  return dice_below(&p->luck, 5) == 0 ? STATUS_MORE : 0;
}

static inline void answer_query(peer *p)
{
  unsigned status = STATUS_MORE, columns;

  while (status & STATUS_MORE)
  {
    status = more(p);
    switch (dice_below(&p->luck, 8))
    {
      case 0:
      case 1:
        say_ok(p, 0, status);
        break;
      case 2:
        say_error(p, 1064, "#42000no such thing");
        return;
      case 3:
        columns = 1 + dice_below(&p->luck, 3);
        say_columns(p, columns, NULL);
        say_rows(p, dice_below(&p->luck, 3), columns, NULL);
        say_error(p, 1028, "#HY000in the midst");
        return;
      default:
        columns = 1 + dice_below(&p->luck, 4);
        say_columns(p, columns, NULL);
        say_rows(p, dice_below(&p->luck, 30) ? dice_below(&p->luck, 7) : 3000 / columns, columns, NULL);
        say_end(p, status);
    }
  }
}

static inline void answer_prepare(peer *p, const bytes *packet, size_t length)
{
  static const uint8_t kinds[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 245, 246, 252, 253, 255};
  unsigned at, params = 0;

  if (dice_below(&p->luck, 8) == 0)
  {
    say_error(p, 1295, "#HY000not that");
    return;
  }
  for (size_t i = 5; i < length + 4; i++)
    params += packet->data[i] == '?';
  params = params > 300 ? 300 : params;
  at = ++p->last % PEER_STATEMENTS;
  p->statements[at].params = params;
  p->statements[at].columns = dice_below(&p->luck, PEER_COLUMNS + 1);
  p->statements[at].rows = 0;
  for (unsigned i = 0; i < PEER_COLUMNS; i++)
    p->statements[at].types[i] = kinds[dice_below(&p->luck, sizeof kinds)];
  begin(p);
  put_n(&p->out, 0, 1);
  put_n(&p->out, p->last, 4);
  put_n(&p->out, p->statements[at].columns, 2);
  put_n(&p->out, params, 2);
  put_n(&p->out, 0, 3);
  finish(p);
  for (unsigned i = 0; i < params; i++)
    say_column(p, "?", 253);
  if (params && !(p->caps & CAP_NO_EOF))
    say_end(p, 0);
  for (unsigned i = 0; i < p->statements[at].columns; i++)
    say_column(p, "a column", p->statements[at].types[i]);
  if (p->statements[at].columns && !(p->caps & CAP_NO_EOF))
    say_end(p, 0);
}

static inline void answer_execute(peer *p, uint32_t id, bool fetch, bool cursor, unsigned wanted)
{
  unsigned at = (id == UINT32_MAX ? p->last : id) % PEER_STATEMENTS, columns = p->statements[at].columns;
  unsigned rows = wanted < p->statements[at].rows ? wanted : p->statements[at].rows;

  if (dice_below(&p->luck, 8) == 0)
    say_error(p, 1615, "#HY000to be prepared again");
  else if (fetch)
  {
    p->statements[at].rows -= rows;
    say_rows(p, rows, columns, p->statements[at].types);
    say_end(p, rows < wanted ? STATUS_LAST_ROW : STATUS_CURSOR);
  }
  else if (!columns)
    say_ok(p, 0, 0);
  else if (cursor)
  {
    p->statements[at].rows = dice_below(&p->luck, 9);
    say_columns(p, columns, p->statements[at].types);
    say_end(p, STATUS_CURSOR);
  }
  else
  {
    say_columns(p, columns, p->statements[at].types);
    say_rows(p, dice_below(&p->luck, 7), columns, p->statements[at].types);
    say_end(p, dice_below(&p->luck, 9) ? 0 : 0x1000);
  }
}

static inline bool has_text(const bytes *b, size_t length, const char *text)
{
  for (size_t at = 4; at + strlen(text) <= length + 4; at++)
    if (memcmp(b->data + at, text, strlen(text)) == 0)
      return true;
  return false;
}

static inline uint32_t number_at(const bytes *b, size_t length, size_t at)
{
  uint32_t value = 0;

  for (int i = 3; i >= 0; i--)
    value = value << 8 | (at + (size_t)i < length ? b->data[4 + at + (size_t)i] : 0);
  return value;
}

/* The answer to the packet that is at the beginning of `in`. */
static inline void answer_command(peer *p, size_t length)
{
  static const char file[] = "\xfb" "the file";
  uint8_t command = length ? p->in.data[4] : 0;

  switch (command)
  {
    case 0x01: /* quit */
    case 0x18: /* long data */
    case 0x19: /* close */
      return;
    case 0x03:
      if (has_text(&p->in, length, "LOCAL INFILE") && dice_below(&p->luck, 8))
      {
        say(p, file, sizeof file - 1);
        p->state = PEER_FILE;
      }
      else if (has_text(&p->in, length, "KILL "))
        say_ok(p, 0, 0);
      else
        answer_query(p);
      return;
    case 0x09:
      say(p, "Uptime: 5  Threads: 1", 21);
      return;
    case 0x16:
      answer_prepare(p, &p->in, length);
      return;
    case 0x17:
      answer_execute(p, number_at(&p->in, length, 1), false, length > 5 && p->in.data[4 + 5] & 1, 0);
      return;
    case 0x1c:
      answer_execute(p, number_at(&p->in, length, 1), true, false, number_at(&p->in, length, 5));
      return;
    case 0x1b:
      say_end(p, 0);
      return;
    default:
      if (dice_below(&p->luck, 8) == 0)
        say_error(p, 1047, "#08S01unknown command");
      else
        say_ok(p, 0, 0);
  }
}

#endif
