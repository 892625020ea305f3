#include "selftest.h"

void test_cancel(void)
{
}
