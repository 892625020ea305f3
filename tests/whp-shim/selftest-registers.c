#include "selftest.h"

void test_registers(void)
{
}
