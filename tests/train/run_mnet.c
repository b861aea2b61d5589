/* SPDX-License-Identifier: MIT
 *
 * One child at a time, its output through a small pipe. */
#include "run_mnet.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIPE_BYTES 4096
#define MAX_WORDS 64
#define MAX_TEXT ((size_t)1 << 20)

static char *program;

static void fail(const char *what)
{
    printf("%s: %s\n", what, strerror(errno));
    exit(1);
}

void run_program(const char *path)
{
    program = realpath(path, NULL);
    if (!program)
        fail(path);
}

static void become(char *line, const RunCase *how, int out)
{
    char *words[MAX_WORDS] = { program };
    int n = 1;
    for (char *word = strtok(line, " "); word && n < MAX_WORDS - 1; word = strtok(NULL, " "))
        words[n++] = word;
    struct rlimit limit = { how->most_bytes, how->most_bytes };
    if (how->most_bytes && setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(126);
    /* The tests may run under nohup. */
    if (signal(SIGHUP, SIG_DFL) == SIG_ERR)
        _exit(126);
    if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
        _exit(126);
    execv(program, words);
    _exit(127);
}

static void read_text(Run *run, const RunCase *how, int in, pid_t child)
{
    bool sent = !how->until;
    run->text = calloc(1, MAX_TEXT);
    for (ssize_t n; run->text && run->size < MAX_TEXT - 1;) {
        n = read(in, run->text + run->size, MAX_TEXT - 1 - run->size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        run->size += (size_t)n;
        if (!sent && strstr(run->text, how->until)) {
            kill(child, how->signal);
            sent = true;
        }
    }
}

Run run_mnet(const RunCase *how, const char *format, ...)
{
    static const RunCase nothing;
    char line[2048];
    int ends[2], status;
    Run run = { .status = -1 };
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    how = how ? how : &nothing;
    fflush(NULL);
    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) < 0)
        fail("a pipe");
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0)
        become(line, how, ends[1]);
    close(ends[1]);
    read_text(&run, how, ends[0], child);
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            fail("waitpid");
    if (!run.text)
        fail("memory");
    if (WIFEXITED(status))
        run.status = WEXITSTATUS(status);
    return run;
}

void run_free(Run *run)
{
    free(run->text);
    *run = (Run){ 0 };
}
