/* The guest of the sample Hello, for i686. Nothing in it depends on the architecture. */
#include "../../Hello/guest/hello.c"
