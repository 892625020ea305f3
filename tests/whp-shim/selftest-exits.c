// Each exit, in each mode of the processor.
#include "selftest.h"

static void check_port(struct guest *guest, uint16_t port, uint32_t size, uint32_t length, uint64_t start, uint32_t flags)
{
    CHECK(run(guest) == EXIT_IO_PORT);
    CHECK(guest->exit.IoPortAccess.PortNumber == port);
    CHECK(guest->exit.IoPortAccess.AccessInfo == (size << PORT_SIZE_SHIFT | flags));
    CHECK((guest->exit.VpContext.InstructionLengthAndCr8 & 15u) == length);
    CHECK(guest->exit.IoPortAccess.InstructionByteCount == length);
    CHECK(memcmp(guest->exit.IoPortAccess.InstructionBytes, guest->memory + start, length) == 0);
    CHECK(guest->exit.VpContext.Rip == start);
    CHECK(get(guest, RIP) == start);
    set(guest, RIP, start + length);
}

static void ports_have_each_size(enum mode mode)
{
    struct guest guest;
    bool is_16_bit = mode == REAL;
    uint8_t word = is_16_bit ? 0x90 : 0x66;
    uint8_t dword = is_16_bit ? 0x66 : 0x90;
    // out %al, $0x42; out %ax, $0x43; out %eax, $0x44; out %al, (%dx); in (%dx), %al; in $0x42, %eax; hlt
    OPEN(&guest, mode, 0xE6, 0x42, word, 0xE7, 0x43, dword, 0xE7, 0x44, 0xEE, 0xEC, dword, 0xE5, 0x42, 0xF4);
    set(&guest, RAX, 0x12345678);
    set(&guest, RDX, 0x1234);
    check_port(&guest, 0x42, 1, 2, CODE, PORT_IS_WRITE);
    CHECK((uint8_t)guest.exit.IoPortAccess.Rax == 0x78);
    uint32_t nop = is_16_bit ? 1 : 0;
    set(&guest, RIP, get(&guest, RIP) + nop);
    check_port(&guest, 0x43, 2, 3 - nop, CODE + 2 + nop, PORT_IS_WRITE);
    set(&guest, RIP, get(&guest, RIP) + 1 - nop);
    check_port(&guest, 0x44, 4, 2 + nop, CODE + 6 - nop, PORT_IS_WRITE);
    check_port(&guest, 0x1234, 1, 1, CODE + 8, PORT_IS_WRITE);
    check_port(&guest, 0x1234, 1, 1, CODE + 9, 0);
    CHECK(get(&guest, RAX) == 0x12345678);
    set(&guest, RAX, 0x99);
    set(&guest, RIP, get(&guest, RIP) + 1 - nop);
    check_port(&guest, 0x42, 4, 2 + nop, CODE + 11 - nop, 0);
    CHECK(get(&guest, RAX) == 0x99);
    CHECK(run(&guest) == EXIT_HALT);
    CHECK(get(&guest, RIP) == CODE + 14);
    close_guest(&guest);
}

static void strings_are_exits(enum mode mode)
{
    struct guest guest;
    // outsb; rep outsw; insb; rep insl; hlt
    OPEN(&guest, mode, 0x6E, 0x66, 0xF3, 0x6F, 0x6C, 0xF3, 0x6D, 0xF4);
    set(&guest, RDX, 0x1234);
    set(&guest, RSI, DATA);
    set(&guest, RDI, DATA + 64);
    set(&guest, RCX, 3);
    check_port(&guest, 0x1234, 1, 1, CODE, PORT_IS_WRITE | PORT_STRING);
    CHECK(guest.exit.IoPortAccess.Rsi == DATA && get(&guest, RSI) == DATA);
    check_port(&guest, 0x1234, 2, 3, CODE + 1, PORT_IS_WRITE | PORT_STRING | PORT_REP);
    CHECK(guest.exit.IoPortAccess.Rcx == 3 && get(&guest, RCX) == 3);
    check_port(&guest, 0x1234, 1, 1, CODE + 4, PORT_STRING);
    CHECK(guest.exit.IoPortAccess.Rdi == DATA + 64 && get(&guest, RDI) == DATA + 64);
    check_port(&guest, 0x1234, 4, 2, CODE + 5, PORT_STRING | PORT_REP);
    CHECK(run(&guest) == EXIT_HALT);
    close_guest(&guest);
}

// The codes of INSB and OUTSB as port numbers.
static void ports_are_no_codes(enum mode mode)
{
    struct guest guest;
    // out %al, $0x6C; out %al, $0x6E; in $0x6C, %al; hlt
    OPEN(&guest, mode, 0xE6, 0x6C, 0xE6, 0x6E, 0xE4, 0x6C, 0xF4);
    check_port(&guest, 0x6C, 1, 2, CODE, PORT_IS_WRITE);
    check_port(&guest, 0x6E, 1, 2, CODE + 2, PORT_IS_WRITE);
    check_port(&guest, 0x6C, 1, 2, CODE + 4, 0);
    CHECK(run(&guest) == EXIT_HALT);
    close_guest(&guest);
}

void test_exits(void)
{
    ports_are_no_codes(LONG);
    strings_are_exits(PROTECTED);
    strings_are_exits(LONG);
    for (enum mode mode = REAL; mode <= LONG; mode++) {
        if (has_mode(mode)) {
            ports_have_each_size(mode);
        } else {
            puts("whp-shim: KVM has no 32-bit paging here: its guests are not checked");
        }
    }
}
