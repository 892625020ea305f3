#include "selftest.h"

void test_calls(void)
{
}
