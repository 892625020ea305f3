/* System calls for files, pipes and the process. */
#include "calls.h"
#include <string.h>

enum { READ_WRITE = 2, NON_BLOCKING = 0x800, CLOSE_ON_EXEC = 0x80000, HERE = -100, SIGPIPE = 13 };
enum { DUPFD = 0, GETFD = 1, SETFD = 2, GETFL = 3, SETFL = 4 };
enum { IN = 1, OUT = 4, HANG_UP = 16, INVALID = 32 };
enum { STAT_BYTES = 144, MODE = 24, KIND = 0170000, FREE = 40 /* a number without an open file */ };

static char stat[256];

static int kind_of(const char *status)
{
    int mode;
    memcpy(&mode, status + MODE, sizeof(mode));
    return mode & KIND;
}

const char *calls_of_files(void)
{
    long missing = P("/no/such/file");
    char path[8] = "";
    CALL(chdir, P("/"));
    SHOW(getcwd, P(path), 1);
    SHOW(getcwd, P(path), sizeof(path));
    SHOW(getcwd, NOWHERE, 8);
    say("in %s, ", path);
    SHOW(open, missing, 0);
    SHOW(openat, HERE, missing, 0);
    SHOW(stat, missing, P(stat));
    SHOW(lstat, missing, P(stat));
    SHOW(newfstatat, HERE, missing, P(stat), 0);
    SHOW(access, missing, 0);
    SHOW(faccessat, HERE, missing, 0);
    SHOW(faccessat2, HERE, missing, 0, 0);
    SHOW(readlink, missing, P(stat), 8);
    SHOW(readlinkat, HERE, missing, P(stat), 8);
    SHOW(unlink, missing);
    SHOW(unlinkat, HERE, missing, 0);
    SHOW(rename, missing, missing);
    SHOW(statfs, missing, P(stat));
    SHOW(open, NOWHERE, 0);
    SHOW(openat, HERE, NOWHERE, 0);

    long null = CALL(open, P("/dev/null"), READ_WRITE), random = CALL(openat, HERE, P("/dev/urandom"), 0);
    say("opened %d, ", null > 2 && random > null);
    SHOW(write, null, missing, 5);
    SHOW(read, null, P(path), 5);
    SHOW(read, random, P(stat), 16);
    SHOW(read, random, NOWHERE, 16);
    SHOW(lseek, null, 0, 1);
    SHOW(fsync, null);
    SHOW(ioctl, null, 0x5401, P(stat));
    SHOW(fstat, null, P(stat));
    say("kind %o, ", (unsigned)kind_of(stat));
    SHOW(fstat, null, NOWHERE);
    SHOW(fcntl, null, DUPFD, FREE);
    say("mode %ld, ", CALL(fcntl, null, GETFL) & 3); /* Linux adds O_LARGEFILE */
    SHOW(fcntl, null, 9999, 0);
    SHOW(dup2, null, FREE + 1);
    SHOW(dup2, FREE + 1, FREE + 1);
    SHOW(dup3, null, FREE + 2, CLOSE_ON_EXEC);
    SHOW(dup3, null, null, 0);
    SHOW(dup3, null, FREE, 1);
    SHOW(dup2, null, 2000000000);
    say("dup %d, ", CALL(dup, null) > random);
    SHOW(close, random + 1);
    for (int i = 0; i < 3; i++) {
        SHOW(close, FREE + i);
    }
    SHOW(close, random);
    SHOW(close, null);

    SHOW(close, FREE);
    SHOW(read, FREE, P(path), 1);
    SHOW(write, FREE, P(path), 1);
    SHOW(readv, FREE, P(stat), 0);
    SHOW(writev, FREE, P(stat), 0);
    SHOW(lseek, FREE, 0, 0);
    SHOW(fsync, FREE);
    SHOW(ioctl, FREE, 0x5401, P(stat));
    SHOW(fstat, FREE, P(stat));
    SHOW(fcntl, FREE, GETFL);
    SHOW(dup, FREE);
    SHOW(dup2, FREE, FREE + 1);
    SHOW(dup3, FREE, FREE + 1, 0);
    return said();
}

typedef struct Poll {
    int file;
    short wanted, found;
} Poll;

const char *calls_of_pipes(void)
{
    struct { void (*handler)(int); unsigned long flags; void *restorer; unsigned long mask; } ignore = {(void (*)(int))1, 0, 0, 0};
    int ends[2], others[2];
    char got[16] = "";
    struct { const void *start; long size; } out[] = {{"abc", 3}, {"", 0}, {"defg", 4}}, in[] = {{got, 2}, {got + 2, 10}};
    CALL(rt_sigaction, SIGPIPE, P(&ignore), 0, 8);
    SHOW(pipe, P(ends));
    SHOW(pipe, NOWHERE);
    SHOW(pipe2, P(others), 1);
    SHOW(pipe2, P(others), NON_BLOCKING | CLOSE_ON_EXEC);
    Poll polls[] = {{ends[0], IN, 9}, {ends[1], OUT, 9}, {-1, IN, 9}, {FREE, IN, 9}};
    SHOW(read, others[0], P(got), 1);
    SHOW(fcntl, ends[0], GETFL);
    SHOW(fcntl, ends[1], GETFL);
    SHOW(fcntl, others[0], GETFL);
    SHOW(lseek, ends[0], 0, 0);
    SHOW(fstat, ends[0], P(stat));
    say("kind %o, ", (unsigned)kind_of(stat));
    SHOW(poll, P(polls), 1, 3);
    SHOW(poll, P(polls), 4, 0);
    say("found %d %d %d %d, ", polls[0].found, polls[1].found, polls[2].found, polls[3].found);
    SHOW(poll, NOWHERE, 1, 0);
    SHOW(poll, P(polls), 100000000, 0);

    SHOW(writev, ends[1], P(out), 3);
    SHOW(poll, P(polls), 1, -1);
    say("found %d, ", polls[0].found);
    SHOW(readv, ends[0], P(in), 2);
    say("got %s, ", got);
    SHOW(writev, ends[1], P(out), 1025);
    SHOW(writev, ends[1], P(out), -1);
    SHOW(writev, ends[1], NOWHERE, 1);
    SHOW(readv, ends[0], P(in), 1025);
    SHOW(write, ends[1], NOWHERE, 1);
    SHOW(write, ends[1], P("x"), 1);
    SHOW(read, ends[0], NOWHERE, 1);
    SHOW(read, ends[0], P(got), 9);
    SHOW(read, ends[1], P(got), 1);
    SHOW(write, ends[0], P(got), 1);
    SHOW(fcntl, ends[0], SETFL, NON_BLOCKING);
    SHOW(read, ends[0], P(got), 1);
    SHOW(fcntl, ends[0], GETFL);
    SHOW(fcntl, ends[0], GETFD);
    SHOW(fcntl, ends[0], SETFD, 0);

    SHOW(write, ends[1], P("last"), 4);
    SHOW(close, ends[1]);
    SHOW(poll, P(polls), 1, 0);
    say("found %d, ", polls[0].found);
    SHOW(read, ends[0], P(got), 9);
    SHOW(read, ends[0], P(got), 9);
    SHOW(close, others[0]);
    SHOW(write, others[1], P("x"), 1);
    SHOW(close, others[1]);
    SHOW(close, ends[0]);
    return said();
}

const char *calls_of_process(void)
{
    enum { PR_SET_NAME = 15, RLIMIT_STACK = 3, RLIMIT_NOFILE = 7, RUSAGE_SELF = 0 };
    struct { long uptime; unsigned long loads[3], total, free, shared, buffers, total_swap, free_swap; short processes, padding;
        unsigned long total_high, free_high; unsigned unit; } info = {0};
    unsigned long limit[2] = {0}, usage[18];
    char names[6][65] = {""};
    memset(usage, 1, sizeof(usage));
    say("id %d, ", CALL(getpid) > 0 && CALL(getpid) == CALL(gettid));
    SHOW(uname, P(names));
    say("on %s %s, ", names[0], names[4]);
    SHOW(uname, NOWHERE);
    SHOW(sysinfo, P(&info));
    say("memory %d, ", info.total >= info.free && info.free > 0 && info.unit > 0 && info.uptime >= 0 && info.processes > 0);
    SHOW(sysinfo, NOWHERE);
    SHOW(getrlimit, RLIMIT_STACK, P(limit));
    say("stack %d, ", limit[0] >= 65536 && limit[0] <= limit[1]);
    SHOW(getrlimit, 99, P(limit));
    SHOW(getrlimit, RLIMIT_STACK, NOWHERE);
    SHOW(prlimit64, 0, RLIMIT_NOFILE, 0, P(limit));
    say("files %d, ", limit[0] >= 64);
    SHOW(prlimit64, 0, 99, 0, P(limit));
    SHOW(prlimit64, 0x3FFFFFFF, RLIMIT_NOFILE, 0, P(limit));
    SHOW(prlimit64, 0, RLIMIT_NOFILE, 0, NOWHERE);
    SHOW(getrusage, RUSAGE_SELF, P(usage));
    say("used %d, ", usage[0] < 1000000 && usage[1] < 1000000);
    SHOW(getrusage, 99, P(usage));
    SHOW(getrusage, RUSAGE_SELF, NOWHERE);
    SHOW(prctl, PR_SET_NAME, P("name"), 0, 0, 0);
    SHOW(prctl, 9999, 0, 0, 0, 0);
    say("users %d, ", CALL(getuid) == CALL(geteuid) && CALL(getgid) == CALL(getegid) && CALL(getppid) >= 0);
    return said();
}
