/* The processor of an i686 guest: no paging, so only its start and its exceptions are left (i686 sheet 3). */
#include "../internal.h"

#define SCRATCH_ALLOCATOR_OFFSET 0x10u
#define STACK_TOP 0xFFFFE000u /* as in entry.S */
#define LEAST_STACK 0x4000u   /* bytes: four times the need of the kit's own functions */

#define CODE_BYTES 8u /* the number of bytes of the faulting instruction in the text of an abort */

/* The frame that exception entries push, from the stack pointer up (entry.S). */
typedef struct ExceptionFrame {
    uint32_t vector, error_code;
    uint32_t eip, cs, eflags;
} ExceptionFrame;

extern const uint8_t hl_image_start[], hl_image_end[]; /* i686.ld: the first byte of the image, and the byte behind the last */

/* The stack uses the free part of scratch between the buffers and the words at the top. */
void hl_machine_start(void)
{
    if (STACK_TOP - hl_scratch_word(SCRATCH_ALLOCATOR_OFFSET) < LEAST_STACK) {
        hl_abort_at(HL_NO_PLACE, hl_ErrorCode_MallocFailed, "No room for a stack: raise ScratchSize");
    }
}

void *hl_map_region(uint64_t physical, void *address, size_t size, uint32_t flags)
{
    (void)flags;
    bool here = address == NULL || (uintptr_t)address == physical;
    if (!here || physical == 0 || physical % HL_PAGE_SIZE != 0 || size == 0 || physical + size - 1 > UINTPTR_MAX) {
        return NULL;
    }
    return (void *)(uintptr_t)physical;
}

_Noreturn void hl_exception(const ExceptionFrame *frame)
{
    uint32_t cr2;
    __asm__ volatile("movl %%cr2, %0" : "=r"(cr2));
    hl_Text text;
    hl_text_start(&text);
    hl_text_add(&text, "vector ");
    hl_text_add_decimal(&text, frame->vector);
    hl_text_add(&text, ", EIP ");
    hl_text_add_hex(&text, frame->eip);
    hl_text_add(&text, ", code ");
    if (frame->eip - (uintptr_t)hl_image_start <= (uintptr_t)(hl_image_end - hl_image_start) - CODE_BYTES) {
        const volatile uint8_t *code = (const volatile uint8_t *)frame->eip;
        for (uint32_t i = 0; i < CODE_BYTES; i++) {
            hl_text_add_hex_byte(&text, code[i]);
        }
    } else {
        hl_text_add(&text, "outside the image");
    }
    hl_text_add(&text, ", CR2 ");
    hl_text_add_hex(&text, cr2);
    hl_text_add(&text, ", error code ");
    hl_text_add_hex(&text, frame->error_code);
    hl_text_add(&text, ", ESP ");
    hl_text_add_hex(&text, (uintptr_t)(frame + 1));
    hl_abort_with_exception((uint8_t)frame->vector, text.chars);
}
