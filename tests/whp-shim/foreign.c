// The memory of other processes. Under Wine a process of Windows is a process of Linux, whose memory is mapped a second time. On Linux
// itself there is no other process, except those that tests add.
#include "shim.h"

#ifndef WHPSHIM_WINE

HRESULT find_foreign_process(HANDLE process, pid_t *pid)
{
    (void)pid;
    return because(E_INVALID_HANDLE, "%p is not a process", process);
}

HRESULT map_foreign_memory(pid_t pid, void *source, uint64_t size, uint32_t flags, uint8_t **host)
{
    (void)source;
    (void)size;
    (void)flags;
    (void)host;
    return unknown("memory of the process %d", pid);
}

#else

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define NT __attribute__((ms_abi))
#define BASIC_INFORMATION 0
#define STATUS_SUCCESS 0
#define MOST_CHARACTERS 2048

typedef int32_t NTSTATUS;

// The fields of the process environment block and of the process parameters that lead to the command line.
#define PEB_PARAMETERS 0x20
#define PARAMETERS_COMMAND_LINE 0x70

struct basic_information {
    uint64_t exit_status;
    uint64_t peb;
    uint64_t others[4];
};

struct unicode_string {
    uint16_t length;
    uint16_t capacity;
    uint64_t buffer;
};

NT NTSTATUS NtQueryInformationProcess(HANDLE process, uint32_t kind, void *buffer, uint32_t size, uint32_t *written);
NT NTSTATUS NtReadVirtualMemory(HANDLE process, const void *address, void *buffer, size_t size, size_t *read);

static bool read_process(HANDLE process, uint64_t address, void *buffer, size_t size)
{
    size_t read = 0;
    return NtReadVirtualMemory(process, (const void *)(uintptr_t)address, buffer, size, &read) == STATUS_SUCCESS && read == size;
}

// The last argument of a process, which no other process has. Wine gives no other way from a process of Windows to the one of Linux.
static bool read_last_argument(HANDLE process, char argument[MOST_CHARACTERS])
{
    struct basic_information basic;
    uint64_t parameters;
    struct unicode_string line;
    uint16_t characters[MOST_CHARACTERS];
    if (NtQueryInformationProcess(process, BASIC_INFORMATION, &basic, sizeof(basic), NULL) != STATUS_SUCCESS
        || !read_process(process, basic.peb + PEB_PARAMETERS, &parameters, sizeof(parameters))
        || !read_process(process, parameters + PARAMETERS_COMMAND_LINE, &line, sizeof(line)) || line.length > sizeof(characters)
        || !read_process(process, line.buffer, characters, line.length)) {
        return false;
    }

    int end = line.length / 2;
    while (end > 0 && (characters[end - 1] == ' ' || characters[end - 1] == '"')) {
        end--;
    }

    int begin = end;
    while (begin > 0 && characters[begin - 1] != ' ' && characters[begin - 1] != '"') {
        begin--;
    }

    for (int i = begin; i < end; i++) {
        argument[i - begin] = (char)characters[i];
    }

    argument[end - begin] = 0;
    return begin < end;
}

static bool has_last_argument(const char *directory, const char *argument)
{
    char path[64];
    char line[4 * MOST_CHARACTERS];
    snprintf(path, sizeof(path), "/proc/%.16s/cmdline", directory);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }

    ssize_t length = read(file, line, sizeof(line) - 1);
    close(file);
    while (length > 0 && line[length - 1] == 0) {
        length--;
    }

    if (length <= 0) {
        return false;
    }

    line[length] = 0;
    const char *last = memrchr(line, 0, (size_t)length);
    return strcmp(last == NULL ? line : last + 1, argument) == 0;
}

HRESULT find_foreign_process(HANDLE process, pid_t *pid)
{
    char argument[MOST_CHARACTERS];
    if (!read_last_argument(process, argument)) {
        return because(E_INVALID_HANDLE, "%p is not a process whose command line can be read", process);
    }

    DIR *processes = opendir("/proc");
    if (processes == NULL) {
        return unknown("/proc: %s", strerror(errno));
    }

    int found = 0;
    for (struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes)) {
        if (isdigit((unsigned char)entry->d_name[0]) && has_last_argument(entry->d_name, argument)) {
            *pid = atoi(entry->d_name);
            found++;
        }
    }

    closedir(processes);
    return found == 1 ? S_OK : unknown("%d processes have the last argument %.60s: it has to be the mark of one", found, argument);
}

// Maps a part of a view of another process at an address.
static HRESULT map_part(pid_t pid, uint64_t view, uint64_t view_end, uint64_t begin, uint64_t end, const char *rights, uint64_t offset,
    uint32_t flags, uint8_t *place)
{
    bool is_writable = rights[1] == 'w';
    if (rights[0] != 'r' || ((flags & MAP_WRITE) != 0 && (!is_writable || rights[3] != 's'))) {
        return because(E_INVALIDARG, "the view at 0x%llX has the rights %.4s", (unsigned long long)view, rights);
    }

    char path[96];
    snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", pid, (unsigned long long)view, (unsigned long long)view_end);
    int file = open(path, (is_writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (file < 0) {
        return unknown("%s: %s; it has to be a view of a section, and the shim has to run as root", path, strerror(errno));
    }

    int access = PROT_READ | (is_writable ? PROT_WRITE : 0);
    void *mapped = mmap(place, end - begin, access, MAP_SHARED | MAP_FIXED, file, (off_t)(offset + (begin - view)));
    HRESULT result = mapped == MAP_FAILED ? unknown("%s: %s", path, strerror(errno)) : S_OK;
    close(file);
    return result;
}

HRESULT map_foreign_memory(pid_t pid, void *source, uint64_t size, uint32_t flags, uint8_t **host)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d/maps", pid);
    FILE *maps = fopen(path, "re");
    if (maps == NULL) {
        return unknown("%s: %s", path, strerror(errno));
    }

    uint8_t *place = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    HRESULT result = place == MAP_FAILED ? E_OUTOFMEMORY : S_OK;
    uint64_t next = (uintptr_t)source;
    uint64_t end = next + size;
    char line[8192];
    while (result == S_OK && next < end && fgets(line, sizeof(line), maps) != NULL) {
        unsigned long long view, view_end, offset;
        char rights[5];
        if (sscanf(line, "%llx-%llx %4s %llx", &view, &view_end, rights, &offset) == 4 && view <= next && next < view_end) {
            uint64_t part_end = view_end < end ? view_end : end;
            result = map_part(pid, view, view_end, next, part_end, rights, offset, flags, place + (next - (uintptr_t)source));
            next = part_end;
        }
    }

    fclose(maps);
    if (result == S_OK && next < end) {
        result = because(E_INVALIDARG, "the process has no memory at 0x%llX", (unsigned long long)next);
    }

    if (result != S_OK && place != MAP_FAILED) {
        munmap(place, size);
    }

    *host = place;
    return result;
}

#endif
