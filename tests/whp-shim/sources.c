// The processes whose memory the partitions map. Windows lets one partition have the memory of a process.
#include "shim.h"

#define MOST_OTHER_PROCESSES 512

struct source {
    HANDLE process;
    struct partition *partition; // null if no partition has memory of the process
    struct source *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct source own_process = { .process = OWN_PROCESS };
static struct source *sources = &own_process;

static struct source *find_source(HANDLE process)
{
    struct source *source = sources;
    while (source != NULL && source->process != process) {
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

HRESULT take_source(struct partition *partition, HANDLE process, void *source, uint64_t size, uint32_t flags, uint8_t **host)
{
    (void)size;
    (void)flags;
    pthread_mutex_lock(&lock);
    struct source *found = find_source(process);
    HRESULT result = S_OK;
    if (found == NULL) {
        result = because(E_INVALID_HANDLE, "%p is not a process", process);
    } else if (found->partition == NULL && found != &own_process && count_other_processes() == MOST_OTHER_PROCESSES) {
        result = because(E_OUTOFMEMORY, "%d other processes are in use", MOST_OTHER_PROCESSES);
    } else if (found->partition != NULL && found->partition != partition) {
        result = because(ERROR_VID_PARTITION_ALREADY_EXISTS, "another partition has memory of this process");
    } else {
        found->partition = partition;
        *host = source;
    }

    pthread_mutex_unlock(&lock);
    return result;
}

void release_sources(struct partition *partition)
{
    pthread_mutex_lock(&lock);
    for (struct source *source = sources; source != NULL; source = source->next) {
        if (source->partition == partition) {
            source->partition = NULL;
        }
    }

    pthread_mutex_unlock(&lock);
}

void whpshim_add_process(HANDLE process)
{
    struct source *source = calloc(1, sizeof(*source));
    if (source == NULL) {
        corrupt("there is no memory for a process");
    }

    pthread_mutex_lock(&lock);
    if (find_source(process) != NULL) {
        corrupt("a test adds the process %p a second time", process);
    }

    source->process = process;
    source->next = sources;
    sources = source;
    pthread_mutex_unlock(&lock);
}

void whpshim_remove_process(HANDLE process)
{
    pthread_mutex_lock(&lock);
    struct source **link = &sources;
    while (*link != NULL && (*link)->process != process) {
        link = &(*link)->next;
    }

    struct source *source = *link;
    if (source == NULL || source == &own_process) {
        corrupt("a test removes the process %p, which was not added", process);
    }

    if (source->partition != NULL) {
        corrupt("the process %p ends while a partition has its memory", process);
    }

    *link = source->next;
    pthread_mutex_unlock(&lock);
    free(source);
}
