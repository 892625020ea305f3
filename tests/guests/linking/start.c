/*
 * The start of a program for tests of linkers. The program has the layout of a guest (amd64-linux.ld) and runs as a process of Linux: it
 * moves itself, and tells the C library where the thread-local variables are, as the kit does in a guest (src/linux/start.c).
 */
#include <elf.h>
#include <stdint.h>
#include <string.h>

#pragma GCC visibility push(hidden)
extern char __image_start[], __tdata_start[], __tdata_end[], __tls_end[];
extern Elf64_Dyn _DYNAMIC[];
int main(void);
int __libc_start_main(int (*main)(void), int count, char **arguments, void (*)(void), void (*)(void), void (*)(void));
#pragma GCC visibility pop

static Elf64_Phdr headers[2];

static void nothing(void)
{
}

__attribute__((used)) static void start(uint64_t *stack)
{
    uint64_t table = 0, size = 0;
    for (Elf64_Dyn *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
        table = entry->d_tag == DT_RELA ? entry->d_un.d_ptr : table;
        size = entry->d_tag == DT_RELASZ ? entry->d_un.d_val : size;
    }
    uint64_t base = (uint64_t)__image_start;
    Elf64_Rela *row = (Elf64_Rela *)(base + table);
    for (uint64_t i = 0; i < size / sizeof(*row); i++) {
        *(uint64_t *)(base + row[i].r_offset) = base + (uint64_t)row[i].r_addend;
    }

    headers[0] = (Elf64_Phdr){.p_type = PT_PHDR, .p_vaddr = (uint64_t)headers};
    headers[1] = (Elf64_Phdr){
        .p_type = PT_TLS, .p_vaddr = (uint64_t)__tdata_start, .p_filesz = (uint64_t)(__tdata_end - __tdata_start),
        .p_memsz = (uint64_t)(__tls_end - __tdata_start), .p_align = 64};
    uint64_t *values = stack + 1 + stack[0] + 1;
    while (*values++ != 0) {
    }
    for (; values[0] != AT_NULL; values += 2) {
        values[1] = values[0] == AT_PHDR ? (uint64_t)headers
            : values[0] == AT_PHNUM ? sizeof(headers) / sizeof(*headers)
            : values[0] == AT_PHENT ? sizeof(*headers) : values[1];
    }
    __libc_start_main(main, (int)stack[0], (char **)(stack + 1), nothing, nothing, 0);
}

__asm__(".section .text.entry, \"ax\"\n"
        ".globl entrypoint\n"
        "entrypoint: xor %ebp, %ebp\n"
        "movq %rsp, %rdi\n"
        "andq $-16, %rsp\n"
        "call start\n"
        "ud2\n"
        ".text\n");
