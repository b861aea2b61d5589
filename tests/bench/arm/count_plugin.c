/* SPDX-License-Identifier: MIT
 *
 * A plugin for qemu-aarch64 (7.2 or later) that counts executed instructions of a
 * program of one thread: for each function of the program itself a line
 *
 *     NAME MULTIPLY LOAD STORE OTHER
 *
 * What is in libraries counts as "(libraries)".  Debian has no qemu-plugin.h:
 * what is used of version 1 of the interface is declared here. */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLUGIN_API __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
typedef void (*TranslateCallback)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*ExitCallback)(uint64_t id, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, TranslateCallback callback);
void qemu_plugin_register_atexit_cb(uint64_t id, ExitCallback callback, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
                                                enum qemu_plugin_op op, void *counter,
                                                uint64_t add);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *insn);
void qemu_plugin_outs(const char *text);

PLUGIN_API int qemu_plugin_version = 1;
PLUGIN_API int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

enum { MULTIPLY, LOAD, STORE, OTHER, KINDS };

typedef struct Function {
    struct Function *next;
    char *name;
    uint64_t counts[KINDS];
} Function;

static Function *functions;

static Function *function_called(const char *name)
{
    for (Function *f = functions; f; f = f->next)
        if (!strcmp(f->name, name))
            return f;
    Function *f = calloc(1, sizeof *f);
    f->name = strdup(name);
    f->next = functions;
    return functions = f;
}

static uint32_t bits(uint32_t word, int high, int low)
{
    return word >> low & ((1u << (high - low + 1)) - 1);
}

/* Vector instructions that multiply, by the groups of the A64 encoding. */
static bool multiplies(uint32_t w)
{
    if (bits(w, 31, 31) || bits(w, 28, 25) != 7)
        return false;
    if (bits(w, 24, 24)) { /* by an element: all but those that shift by an immediate */
        uint32_t opcode = bits(w, 15, 12);
        return !bits(w, 10, 10) && opcode != 15;
    }
    if (!bits(w, 21, 21)) { /* three registers, extra: SDOT, SMMLA; float16: FMLA, FMUL */
        uint32_t half = bits(w, 15, 11);
        return bits(w, 10, 10) &&
               (bits(w, 15, 15) || (bits(w, 22, 22) && (half == 1 || half == 3)));
    }
    if (!bits(w, 10, 10)) /* three registers of different widths: MLAL, MLSL, MULL */
        return bits(w, 11, 11) == 0 && bits(w, 15, 15);
    uint32_t opcode = bits(w, 15, 11); /* MLA, MUL, SQDMULH, FMLA, FMUL */
    return opcode == 18 || opcode == 19 || opcode == 22 || opcode == 25 || opcode == 27;
}

static int kind_of(uint32_t w)
{
    if ((w & 0x0A000000) == 0x08000000) {
        bool literal = bits(w, 29, 27) == 3 && bits(w, 25, 24) == 0;
        bool one = bits(w, 29, 27) == 7 && !bits(w, 26, 26) && bits(w, 23, 23); /* LDRSW... */
        return literal || one || bits(w, 22, 22) ? LOAD : STORE;
    }
    return multiplies(w) ? MULTIPLY : OTHER;
}

static void on_translation(uint64_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        const char *name = qemu_plugin_insn_symbol(insn);
        Function *f = function_called(name && *name ? name : "(libraries)");
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(insn), sizeof word);
        qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
                                                   &f->counts[kind_of(word)], 1);
    }
}

static void on_exit_of_program(uint64_t id, void *data)
{
    (void)id;
    (void)data;
    for (const Function *f = functions; f; f = f->next) {
        char line[256];
        snprintf(line, sizeof line, "%.120s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                 f->name, f->counts[MULTIPLY], f->counts[LOAD], f->counts[STORE], f->counts[OTHER]);
        qemu_plugin_outs(line);
    }
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
    (void)info;
    (void)argc;
    (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_exit_of_program, NULL);
    return 0;
}
