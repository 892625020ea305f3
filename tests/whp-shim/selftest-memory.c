#include "selftest.h"

void test_memory(void)
{
}
