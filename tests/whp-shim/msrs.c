// Model-specific registers (Intel SDM volume 4) under the register names of the platform.
#include "shim.h"

struct msr {
    uint32_t name;
    uint32_t index;
    bool is_kept; // a reset does not set the register
    bool is_present;
    uint64_t initial;
};

static struct msr msrs[] = {
    { .name = 0x2000, .index = 0x10, .is_kept = true }, // TSC
    { .name = 0x2002, .index = 0xC0000102 },            // KernelGsBase
    { .name = 0x2004, .index = 0x277 },                 // PAT
    { .name = 0x2005, .index = 0x174 },                 // SysenterCs
    { .name = 0x2006, .index = 0x176 },                 // SysenterEip
    { .name = 0x2007, .index = 0x175 },                 // SysenterEsp
    { .name = 0x2008, .index = 0xC0000081 },            // Star
    { .name = 0x2009, .index = 0xC0000082 },            // Lstar
    { .name = 0x200A, .index = 0xC0000083 },            // Cstar
    { .name = 0x200B, .index = 0xC0000084 },            // Sfmask
    { .name = 0x200D, .index = 0xFE, .is_kept = true }, // MtrrCap, read-only
    { .name = 0x200E, .index = 0x2FF },                 // MtrrDefType
    // Memory type ranges: 16 with base and mask, then the fixed ones.
    { .name = 0x2010, .index = 0x200 }, // MtrrPhysBase0
    { .name = 0x2040, .index = 0x201 }, // MtrrPhysMask0
    { .name = 0x2011, .index = 0x202 }, // MtrrPhysBase1
    { .name = 0x2041, .index = 0x203 }, // MtrrPhysMask1
    { .name = 0x2012, .index = 0x204 }, // MtrrPhysBase2
    { .name = 0x2042, .index = 0x205 }, // MtrrPhysMask2
    { .name = 0x2013, .index = 0x206 }, // MtrrPhysBase3
    { .name = 0x2043, .index = 0x207 }, // MtrrPhysMask3
    { .name = 0x2014, .index = 0x208 }, // MtrrPhysBase4
    { .name = 0x2044, .index = 0x209 }, // MtrrPhysMask4
    { .name = 0x2015, .index = 0x20A }, // MtrrPhysBase5
    { .name = 0x2045, .index = 0x20B }, // MtrrPhysMask5
    { .name = 0x2016, .index = 0x20C }, // MtrrPhysBase6
    { .name = 0x2046, .index = 0x20D }, // MtrrPhysMask6
    { .name = 0x2017, .index = 0x20E }, // MtrrPhysBase7
    { .name = 0x2047, .index = 0x20F }, // MtrrPhysMask7
    { .name = 0x2018, .index = 0x210 }, // MtrrPhysBase8
    { .name = 0x2048, .index = 0x211 }, // MtrrPhysMask8
    { .name = 0x2019, .index = 0x212 }, // MtrrPhysBase9
    { .name = 0x2049, .index = 0x213 }, // MtrrPhysMask9
    { .name = 0x201A, .index = 0x214 }, // MtrrPhysBaseA
    { .name = 0x204A, .index = 0x215 }, // MtrrPhysMaskA
    { .name = 0x201B, .index = 0x216 }, // MtrrPhysBaseB
    { .name = 0x204B, .index = 0x217 }, // MtrrPhysMaskB
    { .name = 0x201C, .index = 0x218 }, // MtrrPhysBaseC
    { .name = 0x204C, .index = 0x219 }, // MtrrPhysMaskC
    { .name = 0x201D, .index = 0x21A }, // MtrrPhysBaseD
    { .name = 0x204D, .index = 0x21B }, // MtrrPhysMaskD
    { .name = 0x201E, .index = 0x21C }, // MtrrPhysBaseE
    { .name = 0x204E, .index = 0x21D }, // MtrrPhysMaskE
    { .name = 0x201F, .index = 0x21E }, // MtrrPhysBaseF
    { .name = 0x204F, .index = 0x21F }, // MtrrPhysMaskF
    { .name = 0x2070, .index = 0x250 },
    { .name = 0x2071, .index = 0x258 },
    { .name = 0x2072, .index = 0x259 },
    { .name = 0x2073, .index = 0x268 },
    { .name = 0x2074, .index = 0x269 },
    { .name = 0x2075, .index = 0x26A },
    { .name = 0x2076, .index = 0x26B },
    { .name = 0x2077, .index = 0x26C },
    { .name = 0x2078, .index = 0x26D },
    { .name = 0x2079, .index = 0x26E },
    { .name = 0x207A, .index = 0x26F },
    { .name = 0x207B, .index = 0xC0000103 },            // TscAux
    { .name = 0x207C, .index = 0xD90 },                 // Bndcfgs
    { .name = 0x207E, .index = 0xE7 },                  // MCount
    { .name = 0x207F, .index = 0xE8 },                  // ACount
    { .name = 0x2084, .index = 0x48 },                  // SpecCtrl
    { .name = 0x2088, .index = 0x122 },                 // TsxCtrl
    { .name = 0x208B, .index = 0xDA0 },                 // Xss
    { .name = 0x208C, .index = 0x6A0 },                 // UCet
    { .name = 0x208D, .index = 0x6A2 },                 // SCet
    { .name = 0x208F, .index = 0x6A4 },                 // Pl0Ssp
    { .name = 0x2090, .index = 0x6A5 },                 // Pl1Ssp
    { .name = 0x2091, .index = 0x6A6 },                 // Pl2Ssp
    { .name = 0x2092, .index = 0x6A7 },                 // Pl3Ssp
    { .name = 0x2093, .index = 0x6A8 },                 // InterruptSspTableAddr
    { .name = 0x2095, .index = 0x6E0 },                 // TscDeadline
    { .name = 0x2096, .index = 0x3B, .is_kept = true }, // TscAdjust, which moves the TSC
    { .name = 0x2098, .index = 0xE1 },                  // UmwaitControl
    { .name = 0x2099, .index = 0x1C4 },                 // Xfd
    { .name = 0x209A, .index = 0x1C5 },                 // XfdErr
};

#define MSR_COUNT (sizeof(msrs) / sizeof(msrs[0]))
#define NAME_KERNEL_GS_BASE 0x2002
#define MOST_ENTRIES 128
_Static_assert(MSR_COUNT <= MOST_ENTRIES, "the table fits into one request");

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool were_found;

uint32_t exchange_msrs(struct processor *processor, unsigned long request, struct kvm_msr_entry *entries, uint32_t count)
{
    struct {
        struct kvm_msrs head;
        struct kvm_msr_entry entries[MOST_ENTRIES];
    } list = { .head = { .nmsrs = count } };
    if (count > MOST_ENTRIES) {
        return 0;
    }

    memcpy(list.entries, entries, count * sizeof(*entries));
    int done = ioctl(processor->fd, request, &list);
    memcpy(entries, list.entries, count * sizeof(*entries));
    return done < 0 ? 0 : (uint32_t)done;
}

HRESULT find_msrs(struct processor *processor)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; !were_found && i < MSR_COUNT; i++) {
        struct kvm_msr_entry entry = { .index = msrs[i].index };
        bool is_readable = exchange_msrs(processor, KVM_GET_MSRS, &entry, 1) == 1;
        msrs[i].initial = entry.data;

        // KVM gives 0 for some registers that the processor does not have, and refuses to set them even to 0.
        msrs[i].is_present = is_readable && (msrs[i].is_kept || exchange_msrs(processor, KVM_SET_MSRS, &entry, 1) == 1);
    }

    were_found = true;
    pthread_mutex_unlock(&lock);
    return S_OK;
}

HRESULT reset_msrs(struct processor *processor)
{
    struct kvm_msr_entry entries[MSR_COUNT];
    uint32_t count = 0;
    for (size_t i = 0; i < MSR_COUNT; i++) {
        if (msrs[i].is_present && !msrs[i].is_kept) {
            entries[count++] = (struct kvm_msr_entry){ .index = msrs[i].index, .data = msrs[i].initial };
        }
    }

    uint32_t written = exchange_msrs(processor, KVM_SET_MSRS, entries, count);
    return written == count ? S_OK : unknown("KVM does not set back the model-specific register 0x%X", entries[written].index);
}

bool find_msr(uint32_t name, uint32_t *msr)
{
    for (size_t i = 0; i < MSR_COUNT; i++) {
        if (msrs[i].name == name) {
            *msr = msrs[i].index;
            return msrs[i].is_present && !(name == NAME_KERNEL_GS_BASE && pretends(PRETEND_NO_KERNEL_GS_BASE));
        }
    }

    return false;
}
