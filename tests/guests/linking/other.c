/* The second file of the program: the definitions that the first file reaches from outside. */
#include "other.h"

__thread int external_own = 11;
static __thread _Alignas(64) int aligned = 9;

int external_function(int value) { return value * 10; }
int overridden(void) { return 2; }
int read_shared(int index) { return shared_zeros[index]; }
int *address_of_aligned(void) { return &aligned; }
const char *other_word(void) { return "night"; }
