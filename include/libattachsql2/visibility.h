/* SPDX-License-Identifier: Apache-2.0
 *
 * ASQL_API, the decoration of every prototype. Kept by hand.
 *
 * It is empty as a rule, which suits the shared and the static library on every platform. A Windows
 * program that uses the DLL may define ATTACHSQL_SHARED before including the header; its calls then
 * reach the library without a detour.
 */
#ifndef LIBATTACHSQL2_VISIBILITY_H
#define LIBATTACHSQL2_VISIBILITY_H

#ifndef ASQL_API
#if defined(_WIN32) && defined(ATTACHSQL_SHARED)
#define ASQL_API __declspec(dllimport)
#else
#define ASQL_API
#endif
#endif

#endif
