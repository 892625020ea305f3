/*
 * A guest for tests of snapshots that a build takes. At its start it asks the host for its settings; later it returns them. Init
 * data makes the start fail: "spin" never ends, "abort" aborts.
 */
#include <hyperlight_guest.h>

static char settings[64];
static int32_t calls;

/* Settings() -> string: returns the settings that the host gave at the start. */
static hl_Vec *get_settings(const hl_FunctionCall *call)
{
    (void)call;
    return hl_flatbuffer_result_from_StringBytes(settings, strlen(settings));
}

/* Count() -> int: returns the number of its calls since the start. */
static int32_t count(void)
{
    return ++calls;
}
HYPERLIGHT_WRAP_FUNCTION(count, Int, 0)

static uint64_t random_seed(void)
{
    return hl_random_seed();
}
HYPERLIGHT_WRAP_FUNCTION(random_seed, ULong, 0)

static bool init_data_is(const char *text)
{
    hl_Vec data = hl_init_data();
    return data.data != NULL && data.len >= strlen(text) && memcmp(data.data, text, strlen(text)) == 0;
}

void hyperlight_main(void)
{
    while (init_data_is("spin")) {
    }
    if (init_data_is("abort")) {
        hl_abort_with_code_and_message(7, "the settings make no sense");
    }
    if (HL_CALL_HOST0("Settings", String) != hl_ErrorCode_NoError) {
        hl_abort_with_code_and_message(8, hl_get_host_error_message());
    }
    const char *text = hl_get_host_return_value_as_String();
    if (strlen(text) < sizeof(settings)) {
        strcpy(settings, text);
    }
    hl_print("the guest has started\n");
    hl_register_function_definition("Settings", get_settings, 0, NULL, hl_ReturnType_String);
    HYPERLIGHT_REGISTER_FUNCTION("Count", count);
    HYPERLIGHT_REGISTER_FUNCTION("RandomSeed", random_seed);
}
