/* Files: standard input, output and error, random numbers, pipes, and no file system. */
#include "linux.h"

#define FILES 64
#define PIPES 8
#define PIPE_BYTES 1024u

enum { O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_ACCMODE = 3, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000 };

typedef enum Kind { FILE_CLOSED, FILE_INPUT, FILE_OUTPUT, FILE_ERROR, FILE_RANDOM, FILE_NULL, FILE_PIPE_READ, FILE_PIPE_WRITE } Kind;

typedef struct File {
    Kind kind;
    int32_t pipe;
    uint32_t flags; /* O_WRONLY, O_RDWR and O_NONBLOCK */
} File;

typedef struct Pipe {
    uint32_t changes; /* the address on which readers and writers wait */
    uint32_t readers, writers;
    size_t first, count;
    uint8_t bytes[PIPE_BYTES];
} Pipe;

typedef struct Vector {
    uint64_t address, size;
} Vector;

static File files[FILES] = {{.kind = FILE_INPUT}, {.kind = FILE_OUTPUT, .flags = O_WRONLY}, {.kind = FILE_ERROR, .flags = O_WRONLY}};
static Pipe pipes[PIPES];

static File *file_of(uint64_t number)
{
    return number < FILES && files[number].kind != FILE_CLOSED ? &files[number] : NULL;
}

static void count_pipe(const File *file, uint32_t change)
{
    if (file->kind == FILE_PIPE_READ) {
        pipes[file->pipe].readers += change;
    } else if (file->kind == FILE_PIPE_WRITE) {
        pipes[file->pipe].writers += change;
    } else {
        return;
    }
    hl_linux_wake(&pipes[file->pipe].changes, ~0u, UINT32_MAX);
}

static int64_t open_at(uint64_t number, File file)
{
    while (number < FILES && files[number].kind != FILE_CLOSED) {
        number++;
    }
    if (number >= FILES) {
        return -EMFILE;
    }
    files[number] = file;
    count_pipe(&file, 1);
    return (int64_t)number;
}

/* ---- Reading and writing ---- */

static int64_t read_pipe(const File *file, uint8_t *to, uint64_t size)
{
    Pipe *pipe = &pipes[file->pipe];
    while (pipe->count == 0) {
        if (pipe->writers == 0) {
            return 0;
        }
        if ((file->flags & O_NONBLOCK) != 0) {
            return -EAGAIN;
        }
        hl_linux_wait(&pipe->changes, ~0u, 0);
    }
    uint64_t part = size < pipe->count ? size : pipe->count;
    for (uint64_t i = 0; i < part; i++) {
        to[i] = pipe->bytes[pipe->first];
        pipe->first = (pipe->first + 1) % PIPE_BYTES;
    }
    pipe->count -= part;
    hl_linux_wake(&pipe->changes, ~0u, UINT32_MAX);
    return (int64_t)part;
}

static int64_t write_pipe(const File *file, const uint8_t *from, uint64_t size)
{
    Pipe *pipe = &pipes[file->pipe];
    for (uint64_t done = 0; done < size; done++) {
        while (pipe->readers != 0 && pipe->count == PIPE_BYTES) {
            if ((file->flags & O_NONBLOCK) != 0) {
                return done != 0 ? (int64_t)done : -EAGAIN;
            }
            hl_linux_wait(&pipe->changes, ~0u, 0);
        }
        if (pipe->readers == 0) {
            return done != 0 ? (int64_t)done : -EPIPE;
        }
        pipe->bytes[(pipe->first + pipe->count++) % PIPE_BYTES] = from[done];
        hl_linux_wake(&pipe->changes, ~0u, UINT32_MAX);
    }
    return (int64_t)size;
}

static int64_t read_from(const File *file, uint64_t address, uint64_t size)
{
    if ((file->flags & O_ACCMODE) == O_WRONLY) {
        return -EBADF;
    }
    if (!hl_linux_can_access(address, size, true)) {
        return -EFAULT;
    }
    switch (file->kind) {
    case FILE_RANDOM: hl_random((void *)address, size); return (int64_t)size;
    case FILE_PIPE_READ: return read_pipe(file, (uint8_t *)address, size);
    default: return 0;
    }
}

static int64_t write_to(const File *file, uint64_t address, uint64_t size)
{
    if ((file->flags & O_ACCMODE) == O_RDONLY) {
        return -EBADF;
    }
    if (!hl_linux_can_access(address, size, false)) {
        return -EFAULT;
    }
    switch (file->kind) {
    case FILE_OUTPUT:
    case FILE_ERROR: hl_linux_output(file->kind == FILE_ERROR, (const char *)address, size); return (int64_t)size;
    case FILE_PIPE_WRITE: return write_pipe(file, (const uint8_t *)address, size);
    default: return (int64_t)size;
    }
}

int64_t hl_linux_read(Registers *r)
{
    const File *file = file_of(r->rdi);
    return file != NULL ? read_from(file, r->rsi, r->rdx) : -EBADF;
}

int64_t hl_linux_write(Registers *r)
{
    const File *file = file_of(r->rdi);
    return file != NULL ? write_to(file, r->rsi, r->rdx) : -EBADF;
}

static int64_t for_each(const Registers *r, int64_t (*act)(const File *file, uint64_t address, uint64_t size))
{
    enum { MOST = 1024 };
    const File *file = file_of(r->rdi);
    if (file == NULL) {
        return -EBADF;
    }
    if (r->rdx > MOST) {
        return -EINVAL;
    }
    if (!hl_linux_can_access(r->rsi, r->rdx * sizeof(Vector), false)) {
        return -EFAULT;
    }
    int64_t all = 0;
    for (uint64_t i = 0; i < r->rdx; i++) {
        Vector part = ((const Vector *)r->rsi)[i];
        int64_t done = part.size != 0 ? act(file, part.address, part.size) : 0;
        if (done < 0) {
            return all != 0 ? all : done;
        }
        all += done;
        if ((uint64_t)done < part.size) {
            break;
        }
    }
    return all;
}

int64_t hl_linux_readv(Registers *r)
{
    return for_each(r, read_from);
}

int64_t hl_linux_writev(Registers *r)
{
    return for_each(r, write_to);
}

/* ---- Opening and closing ---- */

static int64_t open_path(uint64_t path, uint64_t flags)
{
    char name[16];
    for (size_t i = 0; i < sizeof(name); i++) {
        if (!hl_linux_can_access(path + i, 1, false)) {
            return -EFAULT;
        }
        name[i] = ((const char *)path)[i];
        if (name[i] == 0) {
            break;
        }
    }
    name[sizeof(name) - 1] = 0;
    File file = {.flags = flags & (O_ACCMODE | O_NONBLOCK)};
    if (strcmp(name, "/dev/urandom") == 0 || strcmp(name, "/dev/random") == 0) {
        file.kind = FILE_RANDOM;
    } else if (strcmp(name, "/dev/null") == 0) {
        file.kind = FILE_NULL;
    } else {
        return -ENOENT;
    }
    return open_at(0, file);
}

int64_t hl_linux_open(Registers *r)
{
    return open_path(r->rdi, r->rsi);
}

int64_t hl_linux_openat(Registers *r)
{
    return open_path(r->rsi, r->rdx);
}

/* stat, access and others with the name of a file. */
int64_t hl_linux_no_file(Registers *r)
{
    (void)r;
    return -ENOENT;
}

int64_t hl_linux_close(Registers *r)
{
    File *file = file_of(r->rdi);
    if (file == NULL) {
        return -EBADF;
    }
    File closed = *file;
    file->kind = FILE_CLOSED;
    count_pipe(&closed, (uint32_t)-1);
    return 0;
}

int64_t hl_linux_dup(Registers *r)
{
    const File *file = file_of(r->rdi);
    return file != NULL ? open_at(0, *file) : -EBADF;
}

/* dup2 and dup3 */
int64_t hl_linux_dup2(Registers *r)
{
    enum { DUP3 = 292 };
    const File *file = file_of(r->rdi);
    if (r->rax == DUP3 && (r->rdi == r->rsi || (r->rdx & ~(uint64_t)O_CLOEXEC) != 0)) {
        return -EINVAL;
    }
    if (file == NULL || r->rsi >= FILES) {
        return -EBADF;
    }
    if (r->rdi == r->rsi) {
        return (int64_t)r->rsi;
    }
    File copy = *file;
    Registers close = {.rdi = r->rsi};
    hl_linux_close(&close);
    return open_at(r->rsi, copy);
}

/* pipe and pipe2 */
int64_t hl_linux_pipe(Registers *r)
{
    enum { PIPE2 = 293 };
    uint64_t flags = r->rax == PIPE2 ? r->rsi : 0;
    if ((flags & ~(uint64_t)(O_NONBLOCK | O_CLOEXEC)) != 0) {
        return -EINVAL;
    }
    if (!hl_linux_can_access(r->rdi, 8, true)) {
        return -EFAULT;
    }
    for (int32_t i = 0; i < PIPES; i++) {
        if (pipes[i].readers != 0 || pipes[i].writers != 0) {
            continue;
        }
        pipes[i].first = pipes[i].count = 0;
        int64_t from = open_at(0, (File){FILE_PIPE_READ, i, O_RDONLY | (flags & O_NONBLOCK)});
        int64_t to = from >= 0 ? open_at(0, (File){FILE_PIPE_WRITE, i, O_WRONLY | (flags & O_NONBLOCK)}) : from;
        if (to < 0) {
            Registers close = {.rdi = (uint64_t)from};
            hl_linux_close(&close);
            return to;
        }
        ((int32_t *)r->rdi)[0] = (int32_t)from;
        ((int32_t *)r->rdi)[1] = (int32_t)to;
        return 0;
    }
    return -EMFILE;
}

/* ---- The rest ---- */

int64_t hl_linux_fstat(Registers *r)
{
    enum { STAT_BYTES = 144, MODE = 24, CHARACTER_DEVICE = 0020620, PIPE = 0010600 };
    const File *file = file_of(r->rdi);
    if (file == NULL) {
        return -EBADF;
    }
    if (!hl_linux_can_access(r->rsi, STAT_BYTES, true)) {
        return -EFAULT;
    }
    memset((void *)r->rsi, 0, STAT_BYTES);
    bool pipe = file->kind == FILE_PIPE_READ || file->kind == FILE_PIPE_WRITE;
    *(uint32_t *)(r->rsi + MODE) = pipe ? PIPE : CHARACTER_DEVICE;
    return 0;
}

int64_t hl_linux_lseek(Registers *r)
{
    const File *file = file_of(r->rdi);
    return file == NULL ? -EBADF : file->kind == FILE_NULL || file->kind == FILE_RANDOM ? 0 : -ESPIPE;
}

int64_t hl_linux_sync(Registers *r)
{
    return file_of(r->rdi) != NULL ? -EINVAL : -EBADF;
}

int64_t hl_linux_ioctl(Registers *r)
{
    return file_of(r->rdi) != NULL ? -ENOTTY : -EBADF;
}

int64_t hl_linux_fcntl(Registers *r)
{
    enum { F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_DUPFD_CLOEXEC = 1030 };
    File *file = file_of(r->rdi);
    if (file == NULL) {
        return -EBADF;
    }
    switch (r->rsi) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: return r->rdx < FILES ? open_at(r->rdx, *file) : -EINVAL;
    case F_GETFD:
    case F_SETFD: return 0;
    case F_GETFL: return file->flags;
    case F_SETFL: file->flags = (file->flags & O_ACCMODE) | (r->rdx & O_NONBLOCK); return 0;
    default: return -EINVAL;
    }
}

typedef struct Poll {
    int32_t file;
    int16_t wanted, found;
} Poll;

static int16_t ready(const Poll *poll)
{
    enum { POLLIN = 1, POLLOUT = 4, POLLHUP = 16, POLLNVAL = 32 };
    const File *file = file_of((uint64_t)(int64_t)poll->file);
    if (file == NULL) {
        return poll->file < 0 ? 0 : POLLNVAL;
    }
    const Pipe *pipe = &pipes[file->pipe];
    switch (file->kind) {
    case FILE_PIPE_READ: return (int16_t)((pipe->count != 0 ? poll->wanted & POLLIN : 0) | (pipe->writers == 0 ? POLLHUP : 0));
    case FILE_PIPE_WRITE: return (int16_t)(pipe->count < PIPE_BYTES ? poll->wanted & POLLOUT : 0);
    default: return (int16_t)(poll->wanted & (POLLIN | POLLOUT));
    }
}

/* Waits by looking again each time that the other threads have run. */
int64_t hl_linux_poll(Registers *r)
{
    enum { MILLISECOND = 1000000 };
    Poll *polls = (Poll *)r->rdi;
    if (r->rsi > FILES) {
        return -EINVAL;
    }
    if (!hl_linux_can_access(r->rdi, r->rsi * sizeof(Poll), true)) {
        return -EFAULT;
    }
    int32_t timeout = (int32_t)r->rdx;
    int64_t end = timeout >= 0 ? hl_clock(hl_Clock_Monotonic) + (int64_t)timeout * MILLISECOND : INT64_MAX;
    for (;;) {
        int64_t count = 0;
        for (uint64_t i = 0; i < r->rsi; i++) {
            polls[i].found = ready(&polls[i]);
            count += polls[i].found != 0;
        }
        int64_t now = hl_clock(hl_Clock_Monotonic);
        if (count != 0 || now >= end) {
            return count;
        }
        hl_linux_wait(NULL, 0, now + MILLISECOND < end ? now + MILLISECOND : end);
    }
}

int64_t hl_linux_getcwd(Registers *r)
{
    if (r->rsi < 2) {
        return -ERANGE;
    }
    if (!hl_linux_can_access(r->rdi, 2, true)) {
        return -EFAULT;
    }
    memcpy((void *)r->rdi, "/", 2);
    return 2;
}
