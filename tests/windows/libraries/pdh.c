/* wine 8's pdh.dll stops programs that list the machine's counters, as Temporal's SDK does. This one reports none. */
#define PDH_CSTATUS_NO_COUNTERNAME 0xC0000BC0u

__declspec(dllexport) unsigned PdhEnumObjectsW(
    const void *source, const void *machine, void *names, void *size, unsigned detail, int refresh)
{
    return PDH_CSTATUS_NO_COUNTERNAME;
}
