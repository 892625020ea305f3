/*
 * Names with 64, which programs for glibc ask for and musl 1.2.4 and later lack. They mean the functions without 64, because all
 * offsets have 64 bits. Weak, because musl up to 1.2.3 has them, too.
 */
    .macro  same name
    .section .text.\name\()64, "ax", @progbits
    .weak   \name\()64
    .type   \name\()64, @function
\name\()64:
    jmp     \name
    .size   \name\()64, . - \name\()64
    .endm

    .irp    name, creat, fallocate, fopen, fstat, fstatfs, ftruncate, getrlimit, lseek, lstat, mkstemps, mmap, open, openat, \
            posix_fadvise, pread, preadv, pwrite, pwritev, readdir, sendfile, setrlimit, stat, statfs, __fxstat, __lxstat, __xstat
    same    \name
    .endr

    .section .note.GNU-stack, "", @progbits
