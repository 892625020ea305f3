/* Aborts a call: the guest writes bytes in packets of three to a port, and 0xFF at the end (amd64 sheet 5.8). */
#include "internal.h"

#define ABORT_END 0xFFu
#define ABORT_PACKET_BYTES 3u
#define ABORT_CODE_EXCEPTION 0x0Fu
#define ABORT_PLACE_FOLLOWS (uintptr_t)0x4C504C48u /* in RSI at the end of the message: RDI has the place, or HL_NO_PLACE */

typedef struct Packet {
    uint32_t count;
    uint32_t bits; /* byte 0: the count, bytes 1 to 3: the data */
} Packet;

static void put_in(Packet *packet, uint8_t byte)
{
    packet->count++;
    packet->bits |= (uint32_t)byte << (8 * packet->count);
}

static void send(Packet *packet, uint8_t byte)
{
    put_in(packet, byte);
    if (packet->count == ABORT_PACKET_BYTES) {
        hl_out(HL_PORT_ABORT, packet->bits | packet->count);
        packet->count = 0;
        packet->bits = 0;
    }
}

_Noreturn static void send_text_and_end(Packet *packet, const char *text, uintptr_t place)
{
    for (size_t i = 0; text[i] != 0 && i < HL_MAX_ABORT_TEXT; i++) {
        uint8_t byte = (uint8_t)text[i];
        send(packet, byte == ABORT_END ? '?' : byte); /* 0xFF is no part of UTF-8 */
    }
    put_in(packet, ABORT_END);
    __asm__ volatile("outl %0, %1"
                     :
                     : "a"(packet->bits | packet->count), "d"((uint16_t)HL_PORT_ABORT), "S"(ABORT_PLACE_FOLLOWS), "D"(place)
                     : "memory");
    hl_halt(); /* the host does not resume a guest that aborted */
}

_Noreturn void hl_abort_at(uintptr_t place, int32_t code, const char *message)
{
    Packet packet = {0};
    send(&packet, (uint8_t)code);
    send_text_and_end(&packet, message, place);
}

_Noreturn void hl_abort_with_code_and_message(int32_t code, const char *message)
{
    hl_abort_at(HL_CALLER, code, message);
}

_Noreturn void hl_abort_with_code(int32_t code)
{
    hl_abort_at(HL_CALLER, code, "");
}

/* Weak, because an operating system inside the guest raises a signal first. */
__attribute__((weak)) _Noreturn void abort(void)
{
    hl_abort_at(HL_CALLER, hl_ErrorCode_NoError, "");
}

_Noreturn void hl_abort_with_exception(uint8_t vector, const char *text)
{
    Packet packet = {0};
    send(&packet, ABORT_CODE_EXCEPTION);
    send(&packet, vector);
    send_text_and_end(&packet, text, HL_NO_PLACE); /* the text has the address */
}
