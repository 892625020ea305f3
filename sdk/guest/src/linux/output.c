/*
 * Standard output and error. Each line goes to the host once: as a log record (stdout: information, stderr: warning) if the host
 * wants records of that level, otherwise through the host function HostPrint.
 */
#include "linux.h"

#define LINE_BYTES 1024u
#define LONGEST_CHARACTER 4u /* bytes of UTF-8 */
#define ERROR_BYTES 900u /* fits into the text of an abort */

typedef struct Line {
    size_t length;
    char chars[LINE_BYTES];
} Line;

static Line lines[2];
static char error_text[ERROR_BYTES + 1];
static size_t error_length;
static uint32_t error_call;

static void send(Line *line, bool error)
{
    hl_Level level = error ? hl_Level_Warn : hl_Level_Info;
    line->chars[line->length] = 0;
    if (hl_log_enabled(level)) {
        hl_log(level, line->chars, 0, error ? "stderr" : "stdout");
    } else {
        line->chars[line->length] = '\n';
        line->chars[line->length + 1] = 0;
        hl_Parameter text = hl_arg_String(line->chars);
        hl_FunctionCall call = {
            .function_name = "HostPrint", .parameters = &text, .parameters_len = 1, .return_type = hl_ReturnType_Int};
        hl_ask_host(&call, NULL, 0);
    }
    line->length = 0;
}

static void keep_error(const char *text, uint64_t size)
{
    if (error_call != hl_call_number) {
        error_call = hl_call_number;
        error_length = 0;
    }
    uint64_t room = ERROR_BYTES - error_length;
    size_t part = size < room ? size : room;
    memcpy(error_text + error_length, text, part);
    error_length += part;
    error_text[error_length] = 0;
}

void hl_linux_output(bool error, const char *text, uint64_t size)
{
    Line *line = &lines[error];
    if (error) {
        keep_error(text, size);
    }
    for (uint64_t i = 0; i < size; i++) {
        bool begins = (text[i] & 0xC0) != 0x80; /* a line is not cut within a character */
        if (text[i] == '\n' || (begins && line->length >= LINE_BYTES - 2 - LONGEST_CHARACTER) || line->length == LINE_BYTES - 2) {
            send(line, error);
        }
        if (text[i] != '\n') {
            line->chars[line->length++] = text[i];
        }
    }
}

void hl_linux_output_flush(void)
{
    for (int error = 0; error < 2; error++) {
        if (lines[error].length != 0) {
            send(&lines[error], error != 0);
        }
    }
}

/* The text of an abort that starts with a control character would be taken for a processor exception (amd64 sheet 5.8). */
const char *hl_linux_error_text(void)
{
    const char *text = error_call == hl_call_number && error_length != 0 ? error_text : "";
    while (*text != 0 && (uint8_t)*text < ' ') {
        text++;
    }
    return text;
}
