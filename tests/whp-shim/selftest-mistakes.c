#include "selftest.h"

void make_mistake(const char *name)
{
    (void)name;
}

void test_mistakes(const char *self)
{
    (void)self;
}
