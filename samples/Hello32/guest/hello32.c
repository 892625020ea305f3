/* The guest of the sample Hello, for i686: nothing in it depends on the architecture. */
#include "../../Hello/guest/hello.c"
