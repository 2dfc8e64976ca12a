// What makes the file of a plugin wrong, beside a mutant.cpp that breaks nothing. The linker is
// told to keep mutant_kept.
#include <prx/plugin.h>

#if defined(MUTANT_STARTS_THREAD)
#include <thread>
static void run() {
  std::thread([] {}).join();
}
extern "C" {
extern void (*const mutant_kept)();
void (*const mutant_kept)() = &run;
}
#elif defined(MUTANT_CONSTRUCTOR)
static volatile int loaded = 0;
__attribute__((constructor)) static void on_load() { loaded = 1; }
#elif defined(MUTANT_LENT_SYMBOL)
extern "C" {
int nobody_has_this();
extern int (*const mutant_kept)();
int (*const mutant_kept)() = &nobody_has_this;
}
#elif defined(MUTANT_TEXT_RELOCATIONS)
__asm__(
    ".pushsection .text.mutant,\"ax\"\n"
    ".globl mutant_kept\n.hidden mutant_kept\nmutant_kept: .quad mutant_kept\n"
    ".popsection\n");
#elif defined(MUTANT_WRITABLE_CODE)
__asm__(
    ".pushsection .mutant,\"awx\"\n"
    ".globl mutant_kept\n.hidden mutant_kept\nmutant_kept: .quad 1\n"
    ".popsection\n");
#elif defined(MUTANT_MANY_EXPORTS)
extern "C" PRX_EXPORT int mutant_extra() { return 1; }
#endif
