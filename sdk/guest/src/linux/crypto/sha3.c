/* SHA-3 and SHAKE (FIPS 202). */
#include "digest.h"

static uint64_t left(uint64_t value, uint32_t bits)
{
    return bits == 0 ? value : value << bits | value >> (64 - bits);
}

/* The constant of a round has bits of a shift register of 8 bits, which goes on over all rounds (FIPS 202, section 3.2.5). */
static uint64_t round_constant(uint8_t *lfsr)
{
    uint64_t constant = 0;
    for (int i = 0; i < 7; i++) {
        constant |= (uint64_t)(*lfsr & 1) << ((1 << i) - 1);
        *lfsr = (uint8_t)(*lfsr << 1 ^ (*lfsr >> 7) * 0x71);
    }
    return constant;
}

void hl_keccak(uint64_t lanes[25])
{
    uint8_t lfsr = 1;
    for (int round = 0; round < 24; round++) {
        uint64_t parity[5];
        for (int x = 0; x < 5; x++)
            parity[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20];
        for (int i = 0; i < 25; i++)
            lanes[i] ^= parity[(i + 4) % 5] ^ left(parity[(i + 1) % 5], 1);

        /* Each lane moves to the place of the next one on a walk over all lanes but the first, rotated by a growing triangle number. */
        uint64_t moved = lanes[1];
        for (int x = 1, y = 0, step = 0; step < 24; step++) {
            int next = (2 * x + 3 * y) % 5;
            x = y;
            y = next;
            uint64_t old = lanes[x + 5 * y];
            lanes[x + 5 * y] = left(moved, (uint32_t)((step + 1) * (step + 2) / 2 % 64));
            moved = old;
        }
        for (int y = 0; y < 25; y += 5) {
            uint64_t row[5];
            for (int x = 0; x < 5; x++)
                row[x] = lanes[y + x];
            for (int x = 0; x < 5; x++)
                lanes[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
        }
        lanes[0] ^= round_constant(&lfsr);
    }
}

static void start(struct digest_state *state)
{
    for (int i = 0; i < 25; i++)
        state->lanes[i] = 0;
}

static void absorb(struct digest_state *state, const uint8_t *block, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        state->lanes[i / 8] ^= (uint64_t)block[i] << 8 * (i % 8);
    hl_keccak(state->lanes);
}

static void step_168(struct digest_state *state, const uint8_t *block) { absorb(state, block, 168); }
static void step_136(struct digest_state *state, const uint8_t *block) { absorb(state, block, 136); }
static void step_104(struct digest_state *state, const uint8_t *block) { absorb(state, block, 104); }
static void step_72(struct digest_state *state, const uint8_t *block) { absorb(state, block, 72); }

const struct digest_algorithm hl_sha3_256 = {.size = 32, .block = 136, .suffix = 0x06, .start = start, .step = step_136};
const struct digest_algorithm hl_sha3_384 = {.size = 48, .block = 104, .suffix = 0x06, .start = start, .step = step_104};
const struct digest_algorithm hl_sha3_512 = {.size = 64, .block = 72, .suffix = 0x06, .start = start, .step = step_72};
const struct digest_algorithm hl_shake128 = {
    .size = 16, .block = 168, .suffix = 0x1F, .extendable = 1, .start = start, .step = step_168,
};
const struct digest_algorithm hl_shake256 = {
    .size = 32, .block = 136, .suffix = 0x1F, .extendable = 1, .start = start, .step = step_136,
};
