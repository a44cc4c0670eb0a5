/* A disk that cannot lock, and cannot flush a folder: LACKS_FLOCK and LACKS_FOLDERS are the errors that it answers. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

int flock(int file, int operation)
{
    const char *error = getenv("LACKS_FLOCK");
    int (*real)(int, int) = dlsym(RTLD_NEXT, "flock");
    if (!error)
        return real(file, operation);
    errno = atoi(error);
    return -1;
}

int fsync(int file)
{
    const char *error = getenv("LACKS_FOLDERS");
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    struct stat found;
    if (!error || fstat(file, &found) || !S_ISDIR(found.st_mode))
        return real(file);
    errno = atoi(error);
    return -1;
}
