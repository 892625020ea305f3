/*
 * The version note: the version of the ABI that this guest was built for (amd64 sheet 1.4). Owner and version each end with
 * NUL and are padded to a multiple of 8 bytes from the start of the note. An i686 guest without the note follows no upstream
 * version.
 */
#if defined(__x86_64__)
#define VERSION "0.16.0"
#elif defined(HL_PAGED_LAYOUT)
#define VERSION "0.15.0"
#elif defined(HL_IDENTITY_LAYOUT)
#define VERSION "0.13.1"
#endif

#ifdef VERSION
    .section .note.hyperlight-version, "a", @note
    .balign 8
    .long   owner_end - owner
    .long   version_end - version
    .long   1
owner:
    .asciz  "Hyperlight"
owner_end:
    .balign 8
version:
    .asciz  VERSION
version_end:
    .balign 8
#endif

    .section .note.GNU-stack, "", @progbits
