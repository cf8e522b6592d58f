/* SPDX-License-Identifier: Apache-2.0
 *
 * Stand-in for a Windows DLL that Wine 8 does not have: Rust's std takes its random bytes from ProcessPrng in it, so that
 * no Rust program would start (they end with 53, without a word). It goes into the test prefix only; every Windows since
 * version 10 has the real one, so it must never be shipped. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length > 65536 ? 65536 : (ULONG)length;
        if (!RtlGenRandom(data, part))
            return FALSE;
        data += part;
        length -= part;
    }
    return TRUE;
}
