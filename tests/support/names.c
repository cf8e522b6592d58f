/* SPDX-License-Identifier: Apache-2.0
 *
 * A resolver for tests, to be loaded before the system's: names that end in ".list.test" are
 * answered from themselves, all others by the system.
 *
 *   127.0.0.2_127.0.0.1_::1.list.test     these addresses, in this order
 *   sleep1000_127.0.0.1.list.test         the same after 1000 ms
 *   sleep1000.list.test                   no address after 1000 ms
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int resolver(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static void sleep_ms(long ms)
{
  struct timespec left = { ms / 1000, ms % 1000 * 1000000 };
  while (nanosleep(&left, &left) != 0)
    ;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
  static const char ending[] = ".list.test";
  resolver *system = (resolver *)dlsym(RTLD_NEXT, "getaddrinfo");
  size_t length = name == NULL ? 0 : strlen(name);
  struct addrinfo **end = result;
  char *list, *word, *state;

  if (length < sizeof ending || strcmp(name + length - sizeof ending + 1, ending) != 0)
    return system(name, service, hints, result);
  list = strndup(name, length - sizeof ending + 1);
  *result = NULL;
  for (word = strtok_r(list, "_", &state); word != NULL; word = strtok_r(NULL, "_", &state))
  {
    if (strncmp(word, "sleep", 5) == 0)
      sleep_ms(atol(word + 5));
    else if (system(word, service, hints, end) != 0)
      abort();
    /* To the end of the chain, which freeaddrinfo frees as a whole. */
    while (*end != NULL)
      end = &(*end)->ai_next;
  }
  free(list);
  return *result == NULL ? EAI_NONAME : 0;
}
