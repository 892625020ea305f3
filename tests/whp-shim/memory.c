// The memory of a guest: mappings in the order of guest addresses, each in a memory slot of KVM.
#include <sys/uio.h>
#include <unistd.h>
#include "shim.h"

static bool needs_slot(uint32_t flags)
{
    return (flags & MAP_READ) != 0;
}

// The index of the first mapping that ends after an address.
static int first_after(const struct memory *memory, uint64_t guest)
{
    int low = 0;
    int high = memory->count;
    while (low < high) {
        int middle = (low + high) / 2;
        const struct mapping *mapping = &memory->mappings[middle];
        if (mapping->guest + mapping->size <= guest) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }

    return low;
}

static HRESULT set_slot(struct partition *partition, const struct mapping *mapping, uint64_t size)
{
    if (mapping->slot < 0) {
        return S_OK;
    }

    struct kvm_userspace_memory_region region = {
        .slot = (uint32_t)mapping->slot,
        .flags = (mapping->flags & MAP_WRITE) != 0 ? 0 : KVM_MEM_READONLY,
        .guest_phys_addr = mapping->guest,
        .memory_size = size,
        .userspace_addr = (uintptr_t)mapping->host,
    };
    return ioctl(partition->vm, KVM_SET_USER_MEMORY_REGION, &region) == 0 ? S_OK
        : unknown("KVM_SET_USER_MEMORY_REGION at 0x%llX, 0x%llX bytes: %s", (unsigned long long)mapping->guest,
              (unsigned long long)size, strerror(errno));
}

static void take_slot(struct memory *memory, struct mapping *mapping)
{
    mapping->slot = !needs_slot(mapping->flags) ? -1
        : memory->free_slot_count > 0           ? memory->free_slots[--memory->free_slot_count]
                                                : memory->next_slot++;
}

// Each mapping frees one slot at most, so that the list of free slots has room if it has room for all mappings and slots.
static bool make_room(struct memory *memory)
{
    // One call of map_range adds two mappings at most: the new one, and the end of an old one.
    if (memory->count + 2 <= memory->capacity && memory->next_slot + 2 <= memory->capacity) {
        return true;
    }

    int capacity = 2 * (memory->capacity + 8);
    struct mapping *mappings = realloc(memory->mappings, (size_t)capacity * sizeof(*mappings));
    if (mappings != NULL) {
        memory->mappings = mappings;
    }

    int *slots = realloc(memory->free_slots, (size_t)capacity * sizeof(*slots));
    if (slots != NULL) {
        memory->free_slots = slots;
    }

    if (mappings == NULL || slots == NULL) {
        return false;
    }

    memory->capacity = capacity;
    return true;
}

static HRESULT add_mapping(struct partition *partition, int place, struct mapping mapping)
{
    struct memory *memory = &partition->memory;
    take_slot(memory, &mapping);
    HRESULT result = set_slot(partition, &mapping, mapping.size);
    if (result != S_OK) {
        if (mapping.slot >= 0) {
            memory->free_slots[memory->free_slot_count++] = mapping.slot;
        }

        return result;
    }

    memmove(&memory->mappings[place + 1], &memory->mappings[place], (size_t)(memory->count - place) * sizeof(mapping));
    memory->mappings[place] = mapping;
    memory->count++;
    live_add(LIVE_MAPPINGS, 1);
    return S_OK;
}

static HRESULT remove_mapping(struct partition *partition, int place)
{
    struct memory *memory = &partition->memory;
    struct mapping *mapping = &memory->mappings[place];
    HRESULT result = set_slot(partition, mapping, 0);
    if (result != S_OK) {
        return result;
    }

    if (mapping->slot >= 0) {
        memory->free_slots[memory->free_slot_count++] = mapping->slot;
    }

    memory->count--;
    memmove(mapping, mapping + 1, (size_t)(memory->count - place) * sizeof(*mapping));
    live_add(LIVE_MAPPINGS, -1);
    return S_OK;
}

// Takes the pages of a range out of all mappings. Mappings that the range covers partly lose only those pages.
static HRESULT cut(struct partition *partition, uint64_t guest, uint64_t end)
{
    struct memory *memory = &partition->memory;
    int place = first_after(memory, guest);
    while (place < memory->count && memory->mappings[place].guest < end) {
        struct mapping old = memory->mappings[place];
        HRESULT result = remove_mapping(partition, place);
        if (result == S_OK && old.guest < guest) {
            struct mapping before = old;
            before.size = guest - old.guest;
            result = add_mapping(partition, place++, before);
        }

        if (result == S_OK && old.guest + old.size > end) {
            struct mapping after = old;
            after.guest = end;
            after.size = old.guest + old.size - end;
            after.host += end - old.guest;
            result = add_mapping(partition, place, after);
        }

        if (result != S_OK) {
            return result;
        }
    }

    return S_OK;
}

static HRESULT check_range(struct partition *partition, uint64_t guest, uint64_t size)
{
    if (!partition->is_set_up) {
        return because(E_INVALIDARG, "the partition is not set up");
    }

    if ((guest & PAGE_MASK) != 0 || (size & PAGE_MASK) != 0 || size == 0) {
        return because(E_INVALIDARG, "the range is empty or does not consist of whole pages");
    }

    return guest >= GUEST_END || size > GUEST_END - guest ? because(E_INVALIDARG, "the range ends after 2^52") : S_OK;
}

static HRESULT check_flags(uint32_t flags)
{
    const uint32_t all = MAP_READ | MAP_WRITE | MAP_EXECUTE | MAP_TRACK_DIRTY;
    if ((flags & ~(uint32_t)all) != 0) {
        return because(E_INVALIDARG, "there are unknown flags");
    }

    if ((flags & (MAP_WRITE | MAP_EXECUTE)) != 0 && (flags & MAP_READ) == 0) {
        return because(E_INVALIDARG, "pages cannot be writable or executable without being readable");
    }

    return (flags & MAP_TRACK_DIRTY) != 0 ? because(E_INVALIDARG, "the shim does not track dirty pages") : S_OK;
}

// KVM makes an empty root of its own page tables for page tables of the guest that have no memory, and drops the root only when a slot is
// deleted. So memory for the page tables that comes later would not be seen.
static HRESULT drop_empty_root(struct partition *partition, const struct mapping *mapping)
{
    HRESULT result = set_slot(partition, mapping, 0);
    partition->has_empty_root = false;
    return result == S_OK ? set_slot(partition, mapping, mapping->size) : result;
}

HRESULT map_range(struct partition *partition, HANDLE process, void *source, uint64_t guest, uint64_t size, uint32_t flags)
{
    HRESULT result = check_range(partition, guest, size);
    result = result == S_OK ? check_flags(flags) : result;
    if (result != S_OK) {
        return result;
    }

    if (source == NULL || ((uintptr_t)source & PAGE_MASK) != 0 || (uintptr_t)source + size < size) {
        return because(E_INVALIDARG, "the source address is null, is no page, or wraps around");
    }

    pthread_mutex_lock(&partition->lock);
    struct mapping mapping = { .guest = guest, .size = size, .flags = flags };
    result = take_source(partition, process, source, size, flags, &mapping.host);
    if (result == S_OK && !make_room(&partition->memory)) {
        result = E_OUTOFMEMORY;
    }

    if (result == S_OK) {
        result = cut(partition, guest, guest + size);
    }

    if (result == S_OK) {
        result = add_mapping(partition, first_after(&partition->memory, guest), mapping);
    }

    if (result == S_OK && partition->has_empty_root && needs_slot(flags)) {
        result = drop_empty_root(partition, &partition->memory.mappings[first_after(&partition->memory, guest)]);
    }

    pthread_mutex_unlock(&partition->lock);
    return result;
}

// The shim is stricter than Windows: the range has to be one that was mapped, because older versions cannot unmap a part.
HRESULT unmap_range(struct partition *partition, uint64_t guest, uint64_t size)
{
    HRESULT result = check_range(partition, guest, size);
    if (result != S_OK) {
        return result;
    }

    pthread_mutex_lock(&partition->lock);
    struct memory *memory = &partition->memory;
    int place = first_after(memory, guest);
    struct mapping *mapping = &memory->mappings[place];
    if (place == memory->count || mapping->guest >= guest + size) {
        result = because(WHV_E_GPA_RANGE_NOT_FOUND, "nothing is mapped in the range");
    } else if (mapping->guest != guest || mapping->size != size) {
        result = because(E_INVALIDARG, "the range is not exactly one mapping");
    } else {
        result = remove_mapping(partition, place);
    }

    pthread_mutex_unlock(&partition->lock);
    return result;
}

void free_memory(struct partition *partition)
{
    live_add(LIVE_MAPPINGS, -partition->memory.count);
    free(partition->memory.mappings);
    free(partition->memory.free_slots);
}

bool next_mapping(struct partition *partition, uint64_t guest, struct mapping *mapping)
{
    pthread_mutex_lock(&partition->lock);
    int place = first_after(&partition->memory, guest);
    bool found = place < partition->memory.count;
    if (found) {
        *mapping = partition->memory.mappings[place];
    }

    pthread_mutex_unlock(&partition->lock);
    return found;
}

bool find_mapping(struct partition *partition, uint64_t guest, struct mapping *mapping)
{
    return next_mapping(partition, guest, mapping) && mapping->guest <= guest;
}

void note_root(struct partition *partition, uint64_t guest)
{
    pthread_mutex_lock(&partition->lock);
    int place = first_after(&partition->memory, guest);
    bool has_memory = place < partition->memory.count && partition->memory.mappings[place].guest <= guest;
    partition->has_empty_root |= !has_memory;
    pthread_mutex_unlock(&partition->lock);
}

size_t read_guest(struct partition *partition, uint64_t guest, void *buffer, size_t size)
{
    struct mapping mapping;
    if (!find_mapping(partition, guest, &mapping) || !needs_slot(mapping.flags)) {
        return 0;
    }

    uint64_t offset = guest - mapping.guest;
    uint64_t left = mapping.size - offset;
    struct iovec here = { buffer, size < left ? size : left };
    struct iovec there = { mapping.host + offset, here.iov_len };

    // The host may have protected or unmapped the pages. The kernel's copy fails then, where an access would end the process.
    ssize_t copied = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
    return copied < 0 ? 0 : (size_t)copied;
}
