/* The functions of the host (i686 sheet 5.3). */
#include "kernel.h"

#define MAX_BULK_CHUNK 399u /* bytes */

/* The header of a chunk of bulk output: the offset in the stream and the number of bytes that follow. */
typedef struct BulkHeader {
    uint32_t offset;
    uint32_t size;
} BulkHeader;

static void expect(bool ok, const char *message)
{
    if (!ok) {
        hl_set_error(hl_ErrorCode_GuestError, message);
    }
}

MemoryLayout get_memory_layout(void)
{
    MemoryLayout layout = {0};
    HL_CALL_HOST0("GetMemoryLayout", VecBytes);
    const hl_Vec *bytes = hl_get_host_return_value_as_VecBytes();
    expect(bytes->len == sizeof(layout), "GetMemoryLayout has to return 20 bytes");
    if (!hl_has_error()) {
        memcpy(&layout, bytes->data, sizeof(layout));
    }
    return layout;
}

void vmbus_read(char request[MAX_REQUEST + 1])
{
    HL_CALL_HOST0("VmbusRead", VecBytes);
    const hl_Vec *bytes = hl_get_host_return_value_as_VecBytes();
    expect(bytes->len <= MAX_REQUEST, "A request has at most 255 bytes");
    size_t size = hl_has_error() ? 0 : bytes->len;
    memcpy(request, bytes->data, size);
    request[size] = 0;
}

static void write(const char *function, hl_Vec bytes)
{
    HL_CALL_HOST(function, Int, hl_arg_VecBytes(bytes));
    expect(hl_get_host_return_value_as_Int() == (int32_t)bytes.len, "The host did not take all bytes");
}

void vmbus_write(const void *data, size_t size)
{
    write("VmbusWrite", (hl_Vec){.data = (uint8_t *)(uintptr_t)data, .len = size});
}

uint32_t vmbus_echo_bulk(uint32_t *sum)
{
    uint8_t packet[sizeof(BulkHeader) + MAX_BULK_CHUNK];
    uint32_t total = 0;
    *sum = 0;
    for (;;) {
        HL_CALL_HOST0("VmbusBulkRead", VecBytes);
        const hl_Vec *chunk = hl_get_host_return_value_as_VecBytes();
        expect(chunk->len <= MAX_BULK_CHUNK, "A chunk of bulk input has less than 400 bytes");
        if (hl_has_error() || chunk->len == 0) {
            return total;
        }
        BulkHeader header = {.offset = total, .size = chunk->len};
        memcpy(packet, &header, sizeof(header));
        memcpy(packet + sizeof(header), chunk->data, header.size);
        write("VmbusBulkWrite", (hl_Vec){.data = packet, .len = sizeof(header) + header.size});
        for (uint32_t i = 0; i < header.size; i++) {
            *sum += packet[sizeof(header) + i];
        }
        total += header.size;
    }
}
