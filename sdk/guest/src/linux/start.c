/* The start of a program for Linux: the processor, the C library, then hyperlight_main, hl_managed_main and main, if they are there. */
#include "linux.h"
#include "../amd64/pages.h"

#define CR4_OSFXSR 0x200u
#define CR4_OSXMMEXCPT 0x400u
#define CR4_FSGSBASE 0x10000u
#define LARGEST_STACK 0x800000u
#define STACK_DIVISOR 4 /* the main stack takes this part of scratch at most */

typedef struct ProgramHeader {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
} ProgramHeader;

enum { PT_LOAD = 1, PT_PHDR = 6, PT_TLS = 7, PT_GNU_EH_FRAME = 0x6474E550, PT_GNU_STACK = 0x6474E551, HEADERS = 5 };
enum {
    AT_NULL = 0, AT_PHDR = 3, AT_PHENT = 4, AT_PHNUM = 5, AT_PAGESZ = 6, AT_UID = 11, AT_EUID = 12, AT_GID = 13, AT_EGID = 14,
    AT_HWCAP = 16, AT_SECURE = 23, AT_RANDOM = 25,
};

/* Set by the linker script. */
extern uint8_t __image_start[], __image_end[], __tdata_start[], __tdata_end[], __tls_end[], __eh_hdr_start[], __eh_hdr_end[];

/* The C library and the program. */
int __libc_start_main(int (*main)(int, char **, char **), int count, char **arguments, void (*)(void), void (*)(void), void (*)(void));
int fflush(void *stream);
int setvbuf(void *stream, char *buffer, int mode, size_t size);
extern void *const stdout;
__attribute__((weak)) int main(int count, char **arguments, char **environment);
void hl_linux_managed_main(void);

static ProgramHeader headers[HEADERS];
static uint64_t initial[64]; /* what a program finds on its stack: arguments, environment, auxiliary values */
static uint8_t random_bytes[16];
static void *back[5];

/* A C# guest or a guest with main needs no hyperlight_main. */
__attribute__((weak)) void hyperlight_main(void)
{
}

static void cpuid(uint32_t leaf, uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    __asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "a"(leaf), "c"(0));
}

static void start_processor(void)
{
    enum { FXSR_AND_SSE2 = 1 << 24 | 1 << 25 | 1 << 26, FSGSBASE = 1 };
    uint32_t a, b, c, d, last, features;
    cpuid(0, &last, &b, &c, &d);
    cpuid(1, &a, &b, &c, &features);
    b = 0;
    if (last >= 7) {
        cpuid(7, &a, &b, &c, &d);
    }
    if ((features & FXSR_AND_SSE2) != FXSR_AND_SSE2 || (b & FSGSBASE) == 0) {
        hl_abort_at(
            HL_NO_PLACE, hl_ErrorCode_UnknownError,
            "This guest needs a processor with SSE2 and FSGSBASE (CPUID 7, EBX bit 0), and this one lacks them");
    }
    uint64_t cr4;
    __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
    cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_FSGSBASE;
    __asm__ volatile("movq %0, %%cr4" : : "r"(cr4));
}

static void start_stack(void)
{
    uint64_t size = hl_scratch_word(8) / STACK_DIVISOR & ~(uint64_t)(HL_PAGE_SIZE - 1);
    hl_stack_limit = HL_STACK_TOP - (size < LARGEST_STACK ? size : LARGEST_STACK);
    hl_linux_main_thread()->stack_low = hl_stack_limit;
}

static ProgramHeader header(uint32_t type, const uint8_t *start, uint64_t file_size, uint64_t memory_size, uint64_t alignment)
{
    return (ProgramHeader){
        .type = type, .flags = 4, .address = (uint64_t)start, .physical = (uint64_t)start, .file_size = file_size,
        .memory_size = memory_size, .alignment = alignment};
}

/* The headers of the file have other addresses than the loaded image. */
static void build_headers(void)
{
    uint64_t image = (uint64_t)(__image_end - __image_start), table = (uint64_t)(__eh_hdr_end - __eh_hdr_start);
    headers[0] = header(PT_PHDR, (const uint8_t *)headers, sizeof(headers), sizeof(headers), 8);
    headers[1] = header(PT_LOAD, __image_start, image, image, HL_PAGE_SIZE);
    headers[2] = header(PT_TLS, __tdata_start, (uint64_t)(__tdata_end - __tdata_start), (uint64_t)(__tls_end - __tdata_start), 64);
    headers[3] = header(PT_GNU_EH_FRAME, __eh_hdr_start, table, table, 4);
    headers[4] = header(PT_GNU_STACK, NULL, 0, 0, 16);
}

static void build_initial(void)
{
    static char name[] = "guest", locale[] = "LANG=C.UTF-8";
    hl_random(random_bytes, sizeof(random_bytes));
    uint32_t a, b, c, features;
    cpuid(1, &a, &b, &c, &features);
    const uint64_t values[] = {
        (uint64_t)name, 0, (uint64_t)locale, 0,
        AT_PHDR, (uint64_t)headers, AT_PHENT, sizeof(ProgramHeader), AT_PHNUM, HEADERS, AT_PAGESZ, HL_PAGE_SIZE,
        AT_UID, 0, AT_EUID, 0, AT_GID, 0, AT_EGID, 0, AT_HWCAP, features, AT_SECURE, 0, AT_RANDOM, (uint64_t)random_bytes, AT_NULL, 0,
    };
    memcpy(initial, values, sizeof(values));
}

/* Called by the C library as the program's main. Returning would end the program, but the guest stays for calls. */
static int run(int count, char **arguments, char **environment)
{
    enum { BY_LINE = 1 };
    setvbuf(stdout, NULL, BY_LINE, 0); /* a guest goes on after main, so lines must not wait for its end */
    hyperlight_main();
    hl_linux_managed_main();
    int code = main != NULL ? main(count, arguments, environment) : 0;
    fflush(NULL);
    hl_linux_output_flush();
    if (code != 0) {
        hl_linux_exit(code);
    }
    __builtin_longjmp(back, 1);
}

static void nothing(void)
{
}

void hl_run_program(void)
{
    start_processor();
    start_stack();
    build_headers();
    build_initial();
    if (__builtin_setjmp(back) == 0) {
        __libc_start_main(run, 1, (char **)initial, nothing, nothing, NULL);
    }
    hl_linux_settle();
}
