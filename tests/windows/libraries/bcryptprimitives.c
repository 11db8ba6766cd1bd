/* wine 8 has no bcryptprimitives.dll, from which Rust's standard library gets random numbers. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE numbers, SIZE_T count)
{
    return SystemFunction036(numbers, (ULONG)count);
}
