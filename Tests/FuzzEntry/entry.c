// libFuzzer's two functions, which call the Swift targets: HEDDLE_FUZZ names the one to run,
// HEDDLE_FUZZ_SEEDS a folder to write all seeds to instead.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

void heddle_fuzz_one_input(const uint8_t *bytes, ptrdiff_t count);
int heddle_fuzz_write_seeds(const char *folder);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    const char *folder = getenv("HEDDLE_FUZZ_SEEDS");
    if (folder) exit(heddle_fuzz_write_seeds(folder));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    static const uint8_t nothing;
    heddle_fuzz_one_input(count ? bytes : &nothing, (ptrdiff_t)count);
    return 0;
}
