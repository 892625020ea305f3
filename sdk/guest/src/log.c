/* Sends log records to the host (amd64 sheet 5.9). */
#include "internal.h"

static uint32_t max_level;

void hl_log_start(uint32_t level)
{
    max_level = level;
}

bool hl_log_enabled(hl_Level level)
{
    return level >= hl_Level_Error && level <= hl_Level_Trace && level <= max_level;
}

void hl_log(hl_Level level, const char *message, int32_t line, const char *file)
{
    if (!hl_log_enabled(level)) {
        return;
    }
    size_t capacity;
    uint8_t *to = hl_output_begin(&capacity);
    size_t size = hl_encode_log(to, capacity, level, message, file, (uint32_t)line);
    if (size == 0) {
        size = hl_encode_log(to, capacity, level, "(a log record larger than the output buffer)", file, (uint32_t)line);
    }
    if (size != 0) {
        hl_output_commit(size);
        hl_out(HL_PORT_LOG, 0);
    }
}
