// The processes whose memory the partitions map. Windows lets one partition have the memory of a process.
#include <sys/mman.h>
#include "shim.h"

#define MOST_OTHER_PROCESSES 512

// A place in this process where memory of another process is mapped.
struct window {
    void *address;
    uint64_t size;
    struct window *next;
};

struct source {
    HANDLE process;              // of the own process, or of one that a test added; null for a foreign process
    pid_t pid;                   // of a foreign process; 0 if the memory is that of the own process
    struct partition *partition; // null if no partition has memory of the process
    struct window *windows;
    struct source *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct source own_process = { .process = OWN_PROCESS };
static struct source *sources = &own_process;

static struct source *find_source(HANDLE process, pid_t pid)
{
    struct source *source = sources;
    while (source != NULL && (source->process != process || source->pid != pid)) {
        source = source->next;
    }

    return source;
}

static int count_other_processes(void)
{
    int count = 0;
    for (struct source *source = sources; source != NULL; source = source->next) {
        count += source != &own_process && source->partition != NULL;
    }

    return count;
}

static struct source *add_source(HANDLE process, pid_t pid)
{
    struct source *source = calloc(1, sizeof(*source));
    if (source != NULL) {
        source->process = process;
        source->pid = pid;
        source->next = sources;
        sources = source;
    }

    return source;
}

static HRESULT open_window(struct source *source, void *address, uint64_t size, uint32_t flags, uint8_t **host)
{
    struct window *window = calloc(1, sizeof(*window));
    if (window == NULL) {
        return E_OUTOFMEMORY;
    }

    HRESULT result = map_foreign_memory(source->pid, address, size, flags, host);
    if (result != S_OK) {
        free(window);
        return result;
    }

    *window = (struct window){ *host, size, source->windows };
    source->windows = window;
    return S_OK;
}

static void close_windows(struct source *source)
{
    while (source->windows != NULL) {
        struct window *window = source->windows;
        source->windows = window->next;
        munmap(window->address, window->size);
        free(window);
    }
}

static HRESULT take(struct partition *partition, struct source *source)
{
    if (source->partition != NULL && source->partition != partition) {
        return because(ERROR_VID_PARTITION_ALREADY_EXISTS, "another partition has memory of this process");
    }

    if (source->partition == NULL && source != &own_process && count_other_processes() == MOST_OTHER_PROCESSES) {
        return because(E_OUTOFMEMORY, "%d other processes are in use", MOST_OTHER_PROCESSES);
    }

    source->partition = partition;
    return S_OK;
}

HRESULT take_source(struct partition *partition, HANDLE process, void *address, uint64_t size, uint32_t flags, uint8_t **host)
{
    pthread_mutex_lock(&lock);
    HRESULT result = S_OK;
    struct source *source = process == NULL ? NULL : find_source(process, 0);
    if (source == NULL) {
        pid_t pid = 0;
        result = find_foreign_process(process, &pid);
        source = result == S_OK ? find_source(NULL, pid) : NULL;
        source = result == S_OK && source == NULL ? add_source(NULL, pid) : source;
        result = result == S_OK && source == NULL ? E_OUTOFMEMORY : result;
    }

    result = result == S_OK ? take(partition, source) : result;
    *host = address;
    if (result == S_OK && source->pid != 0) {
        result = open_window(source, address, size, flags, host);
    }

    pthread_mutex_unlock(&lock);
    return result;
}

void release_sources(struct partition *partition)
{
    pthread_mutex_lock(&lock);
    struct source **link = &sources;
    while (*link != NULL) {
        struct source *source = *link;
        if (source->partition == partition) {
            source->partition = NULL;
            close_windows(source);
        }

        if (source->pid != 0 && source->partition == NULL) {
            *link = source->next;
            free(source);
        } else {
            link = &source->next;
        }
    }

    pthread_mutex_unlock(&lock);
}

API void whpshim_add_process(HANDLE process)
{
    pthread_mutex_lock(&lock);
    if (process == NULL || find_source(process, 0) != NULL) {
        corrupt("a test adds the process %p, which is null or was added before", process);
    }

    if (add_source(process, 0) == NULL) {
        corrupt("there is no memory for a process");
    }

    pthread_mutex_unlock(&lock);
}

API void whpshim_remove_process(HANDLE process)
{
    pthread_mutex_lock(&lock);
    struct source **link = &sources;
    while (*link != NULL && ((*link)->process != process || (*link)->pid != 0)) {
        link = &(*link)->next;
    }

    struct source *source = *link;
    if (process == NULL || source == NULL || source == &own_process) {
        corrupt("a test removes the process %p, which was not added", process);
    }

    if (source->partition != NULL) {
        corrupt("the process %p ends while a partition has its memory", process);
    }

    *link = source->next;
    pthread_mutex_unlock(&lock);
    free(source);
}
