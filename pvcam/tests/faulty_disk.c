/* Preloaded, it makes a disk of the file system: after so many bytes each write fails with an error, or each takes so long;
   or what was written cannot be put on the disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static _Atomic long long written;

static long long number(const char *name)
{
    const char *text = getenv(name);
    return text ? atoll(text) : 0;
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real)
        real = (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    if (number("DISK_ERROR") && (written += (long long)length) > number("DISK_BYTES")) {
        errno = (int)number("DISK_ERROR");
        return -1;
    }
    if (number("DISK_MICROSECONDS") && length > 4096)
        usleep((useconds_t)number("DISK_MICROSECONDS"));
    return real(file, bytes, length, at);
}

int fdatasync(int file)
{
    if (number("DISK_SYNC_ERROR")) {
        errno = (int)number("DISK_SYNC_ERROR");
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}
