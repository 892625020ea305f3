/* Prints text through the host. */
#include "internal.h"

int32_t hl_print(const char *text)
{
    if (HL_CALL_HOST("HostPrint", Int, hl_arg_String(text)) != hl_ErrorCode_NoError) {
        return 0;
    }
    return hl_get_host_return_value_as_Int();
}

void hl_debug_print(const char *text)
{
    for (; *text != 0; text++) {
        hl_out(HL_PORT_DEBUG_PRINT, (uint8_t)*text);
    }
}
