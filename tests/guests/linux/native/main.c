/* Runs the system calls on Linux: prints the name of each function and its text. */
#include "../calls.h"
#include <stdio.h>

#define PRINT(name) printf("%s: %s\n", #name, name());

int main(void)
{
    SAME_AS_LINUX(PRINT)
    return 0;
}
