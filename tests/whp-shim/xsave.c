// The extended state: Windows has the compacted format of XSAVE, KVM the standard format (Intel SDM volume 1, section 13.4).
#include <cpuid.h>
#include "shim.h"

#define LEAF_EXTENDED_STATE 0xD
#define FIRST_EXTENDED_COMPONENT 2
#define COMPONENTS 63
#define X87_AND_SSE 3ull
#define PROTECTION_KEYS (1ull << 9) // KVM_SET_XSAVE does not reset this component
#define TILES (3ull << 17)          // larger than the area of KVM_GET_XSAVE
#define COMPACTED (1ull << 63)
#define IS_ALIGNED (1u << 1)
#define ALIGNMENT 64

#define LEGACY_SIZE 512
#define HEADER_SIZE 64
#define EXTENDED_START (LEGACY_SIZE + HEADER_SIZE)
#define XSTATE_BV 512
#define XCOMP_BV 520
#define RESERVED_HEADER 528

struct component {
    uint32_t size;
    uint32_t standard;
    uint32_t compacted;
};

// The components that KVM lets guests have, in both formats. CPUID is slow on some machines, so it is asked once.
static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t mask;
static uint32_t needed;
static struct component components[COMPONENTS];

static uint64_t read64(const uint8_t *area, size_t offset)
{
    uint64_t value;
    memcpy(&value, area + offset, sizeof(value));
    return value;
}

static void write64(uint8_t *area, size_t offset, uint64_t value)
{
    memcpy(area + offset, &value, sizeof(value));
}

// Where KVM does not tell what it lets guests have, CPUID does.
static void find_mask(void)
{
    struct kvm_device_attr attribute = { .group = 0, .attr = KVM_X86_XCOMP_GUEST_SUPP, .addr = (uintptr_t)&mask };
    if (ioctl(kvm_device(), KVM_GET_DEVICE_ATTR, &attribute) != 0) {
        uint32_t eax, ebx, ecx, edx;
        mask = __get_cpuid_count(LEAF_EXTENDED_STATE, 0, &eax, &ebx, &ecx, &edx) ? eax : 0;
    }

    mask = (mask & ~(PROTECTION_KEYS | TILES)) | X87_AND_SSE;
}

static void lay_out(void)
{
    find_mask();
    needed = EXTENDED_START;
    for (uint32_t i = FIRST_EXTENDED_COMPONENT; i < COMPONENTS; i++) {
        if ((mask >> i & 1) == 0) {
            continue;
        }

        uint32_t size, standard, flags, edx;
        __cpuid_count(LEAF_EXTENDED_STATE, i, size, standard, flags, edx);
        needed = (flags & IS_ALIGNED) != 0 ? (needed + ALIGNMENT - 1) & ~(uint32_t)(ALIGNMENT - 1) : needed;
        components[i] = (struct component){ size, standard, needed };
        if (standard + size > KVM_XSAVE_SIZE) {
            corrupt("the component %u of the extended state does not fit into the area of KVM_GET_XSAVE", i);
        }

        needed += size;
    }
}

uint64_t supported_xsave_mask(void)
{
    pthread_once(&once, lay_out);
    return mask;
}

HRESULT get_xsave(struct processor *processor, void *buffer, uint32_t size, uint32_t *written)
{
    pthread_once(&once, lay_out);
    if (written != NULL) {
        *written = needed;
    }

    if (buffer == NULL || size < needed) {
        return because(WHV_E_INSUFFICIENT_BUFFER, "the state has %u bytes", needed);
    }

    uint8_t standard[KVM_XSAVE_SIZE];
    if (ioctl(processor->fd, KVM_GET_XSAVE, standard) != 0) {
        return unknown("KVM_GET_XSAVE: %s", strerror(errno));
    }

    uint8_t *area = buffer;
    uint64_t present = read64(standard, XSTATE_BV) & mask;
    memset(area, 0, needed);
    memcpy(area, standard, LEGACY_SIZE);
    write64(area, XSTATE_BV, present);
    write64(area, XCOMP_BV, COMPACTED | mask);
    for (uint32_t i = FIRST_EXTENDED_COMPONENT; i < COMPONENTS; i++) {
        if ((present >> i & 1) != 0) {
            memcpy(area + components[i].compacted, standard + components[i].standard, components[i].size);
        }
    }

    return S_OK;
}

HRESULT set_xsave(struct processor *processor, const void *buffer, uint32_t size)
{
    pthread_once(&once, lay_out);
    if (buffer == NULL || size != needed) {
        return because(E_INVALIDARG, "the state has %u bytes, not %u", needed, size);
    }

    const uint8_t *area = buffer;
    uint64_t present = read64(area, XSTATE_BV);
    if (read64(area, XCOMP_BV) != (COMPACTED | mask)) {
        return because(E_INVALIDARG, "XCOMP_BV is 0x%llX, not 0x%llX", (unsigned long long)read64(area, XCOMP_BV),
            (unsigned long long)(COMPACTED | mask));
    }

    if ((present & ~mask) != 0) {
        return because(E_INVALIDARG, "XSTATE_BV is 0x%llX, which has unknown components", (unsigned long long)present);
    }

    for (size_t offset = RESERVED_HEADER; offset < EXTENDED_START; offset += sizeof(uint64_t)) {
        if (read64(area, offset) != 0) {
            return because(E_INVALIDARG, "the reserved byte %zu of the header is not 0", offset);
        }
    }

    uint8_t standard[KVM_XSAVE_SIZE] = { 0 };
    memcpy(standard, area, LEGACY_SIZE);
    write64(standard, XSTATE_BV, present);
    for (uint32_t i = FIRST_EXTENDED_COMPONENT; i < COMPONENTS; i++) {
        if ((present >> i & 1) != 0) {
            memcpy(standard + components[i].standard, area + components[i].compacted, components[i].size);
        }
    }

    return ioctl(processor->fd, KVM_SET_XSAVE, standard) == 0 ? S_OK
                                                              : because(E_INVALIDARG, "KVM refuses the state: %s", strerror(errno));
}
