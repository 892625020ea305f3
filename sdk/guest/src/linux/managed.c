/* A guest in C#: its exports are called when the C library has started. */
#include "linux.h"
#include "../amd64/pages.h"

#define SCRATCH_SIZE 8 /* the word with the size of scratch, in bytes from its top */
#define LEAST_SCRATCH 0x800000u /* the runtime of .NET does not start with less */

/* Exported by managed code. The call starts the .NET runtime; the function returns 0 when the guest is ready for calls. */
__attribute__((weak)) int hl_managed_main(void);

void hl_linux_managed_main(void)
{
    if (hl_managed_main == NULL) {
        return;
    }
    if (hl_scratch_word(SCRATCH_SIZE) < LEAST_SCRATCH) {
        hl_abort_with_code_and_message(
            hl_ErrorCode_MallocFailed, "A guest in C# needs 8 MiB of scratch, and this one has less: raise ScratchSize");
    }
    int result = hl_managed_main();
    if (result != 0) {
        hl_linux_exit(result);
    }
}
