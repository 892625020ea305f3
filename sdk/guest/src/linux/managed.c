/* A guest in C#: its exports are called when the C library has started. */
#include "linux.h"

/* Exported by managed code. The call starts the .NET runtime; the function returns 0 when the guest is ready for calls. */
__attribute__((weak)) int hl_managed_main(void);

void hl_linux_managed_main(void)
{
    int result = hl_managed_main != NULL ? hl_managed_main() : 0;
    if (result != 0) {
        hl_linux_exit(result);
    }
}
