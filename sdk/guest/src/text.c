/* Builds short texts on the stack, for errors and aborts, which must not depend on the heap. */
#include "internal.h"

static void add_char(hl_Text *text, char c)
{
    if (text->length < sizeof(text->chars) - 1) {
        text->chars[text->length++] = c;
        text->chars[text->length] = 0;
    }
}

static void add_digit(hl_Text *text, uint32_t digit)
{
    add_char(text, (char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
}

void hl_text_start(hl_Text *text)
{
    text->length = 0;
    text->chars[0] = 0;
}

void hl_text_add(hl_Text *text, const char *part)
{
    size_t length = strlen(part);
    size_t room = sizeof(text->chars) - 1 - text->length;
    if (length > room) {
        length = room;
        while (length != 0 && (part[length] & 0xC0) == 0x80) {
            length--; /* do not cut a UTF-8 character */
        }
    }
    memcpy(text->chars + text->length, part, length);
    text->length += length;
    text->chars[text->length] = 0;
}

void hl_text_add_decimal(hl_Text *text, uint32_t number)
{
    if (number >= 10) {
        hl_text_add_decimal(text, number / 10);
    }
    add_digit(text, number % 10);
}

void hl_text_add_hex(hl_Text *text, uint64_t number)
{
    hl_text_add(text, "0x");
    int shift = 60;
    while (shift != 0 && number >> shift == 0) {
        shift -= 4;
    }
    for (; shift >= 0; shift -= 4) {
        add_digit(text, (uint32_t)(number >> shift) & 0xF);
    }
}

void hl_text_add_hex_byte(hl_Text *text, uint8_t number)
{
    add_digit(text, number >> 4);
    add_digit(text, number & 0xF);
}
