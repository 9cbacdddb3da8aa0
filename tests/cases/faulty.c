/* Preloaded before a process by the tests: the n-th call on a file of SQLite fails with EIO, and
 * threads of a given name read a clock so far ahead that no date can hold it. What is wanted stands
 * in a small file that both sides map; all zero does nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

struct control {
    int64_t left;    /* calls until the one that fails; 0 for none */
    int64_t failed;  /* calls that failed */
    int64_t lied;    /* readings of the clock that were wrong */
    char thread[16]; /* begin of the names of threads that are lied to */
};

static struct control *control;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTY_CONTROL");
    int fd = path ? open(path, O_RDWR) : -1;
    if (fd < 0) return;
    void *map = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED) control = map;
}

static int fails(int fd) {
    if (!control || __atomic_load_n(&control->left, __ATOMIC_SEQ_CST) <= 0) return 0;
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    if (!strstr(path, ".sqlite")) return 0;
    if (__atomic_fetch_sub(&control->left, 1, __ATOMIC_SEQ_CST) != 1) return 0;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
    errno = EIO;
    return 1;
}

#define CALL(result, name, declared, given)                        \
    result name declared {                                         \
        static result(*real) declared;                             \
        if (!real) real = (result(*) declared)dlsym(RTLD_NEXT, #name); \
        return fails(fd) ? -1 : real given;                        \
    }

CALL(ssize_t, read, (int fd, void *to, size_t n), (fd, to, n))
CALL(ssize_t, write, (int fd, const void *from, size_t n), (fd, from, n))
CALL(ssize_t, pread64, (int fd, void *to, size_t n, off64_t at), (fd, to, n, at))
CALL(ssize_t, pwrite64, (int fd, const void *from, size_t n, off64_t at), (fd, from, n, at))
CALL(int, fsync, (int fd), (fd))
CALL(int, fdatasync, (int fd), (fd))
CALL(int, ftruncate64, (int fd, off64_t size), (fd, size))

int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(which, now);
    if (which == CLOCK_REALTIME && control && control->thread[0]) {
        char name[16] = { 0 };
        prctl(PR_GET_NAME, name);
        if (!strncmp(name, control->thread, strlen(control->thread))) {
            now->tv_sec = (time_t)1 << 55;
            __atomic_add_fetch(&control->lied, 1, __ATOMIC_SEQ_CST);
        }
    }
    return done;
}
