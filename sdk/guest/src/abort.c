/* Aborts a call: the guest writes bytes in packets of three to a port, and 0xFF at the end (amd64 sheet 5.8). */
#include "internal.h"

#define ABORT_END 0xFFu
#define ABORT_PACKET_BYTES 3u
#define ABORT_CODE_EXCEPTION 0x0Fu

typedef struct Packet {
    uint32_t count;
    uint32_t bits; /* byte 0: the count, bytes 1 to 3: the data */
} Packet;

static void send(Packet *packet, uint8_t byte)
{
    packet->count++;
    packet->bits |= (uint32_t)byte << (8 * packet->count);
    if (packet->count == ABORT_PACKET_BYTES || byte == ABORT_END) {
        hl_out(HL_PORT_ABORT, packet->bits | packet->count);
        packet->count = 0;
        packet->bits = 0;
    }
}

_Noreturn static void send_text_and_end(Packet *packet, const char *text)
{
    for (size_t i = 0; text[i] != 0 && i < HL_MAX_ABORT_TEXT; i++) {
        uint8_t byte = (uint8_t)text[i];
        send(packet, byte == ABORT_END ? '?' : byte); /* 0xFF is no part of UTF-8 */
    }
    send(packet, ABORT_END);
    hl_halt(); /* the host does not resume a guest that aborted */
}

_Noreturn void hl_abort_with_code_and_message(int32_t code, const char *message)
{
    Packet packet = {0};
    send(&packet, (uint8_t)code);
    send_text_and_end(&packet, message);
}

_Noreturn void hl_abort_with_code(int32_t code)
{
    hl_abort_with_code_and_message(code, "");
}

/* Weak, because an operating system inside the guest raises a signal first. */
__attribute__((weak)) _Noreturn void abort(void)
{
    hl_abort_with_code(hl_ErrorCode_NoError);
}

_Noreturn void hl_abort_with_exception(uint8_t vector, const char *text)
{
    Packet packet = {0};
    send(&packet, ABORT_CODE_EXCEPTION);
    send(&packet, vector);
    send_text_and_end(&packet, text);
}
