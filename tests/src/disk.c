/* A disk that fails on cue: loaded into a process by LD_PRELOAD, it stands between the process and the files of one folder.
 *
 *   AMBERD_TEST_DISK      the folder
 *   AMBERD_TEST_DISK_CUE  a file that is there while the disk fails: "sync 5 once", "write 28 lasting". The number is the
 *                         errno; "once" removes the cue with the first call that fails.
 *
 * A sync that fails also takes back what was written to the file since its last good sync, as a disk may that has told
 * the kernel so. Whoever goes on as if it had been written loses it. What is written through mmap is passed by. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef ssize_t put_at(int, const void *, size_t, off64_t);

/* What a write went over, and how long the file was before it. */
struct unsynced {
    dev_t dev;
    ino_t ino;
    off64_t at;
    off64_t file_length;
    ssize_t length;
    struct unsynced *before;
    char octets[];
};

static struct unsynced *newest;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static int is_on_the_disk(int fd, struct stat *file) {
    const char *folder = getenv("AMBERD_TEST_DISK");
    char link[64], path[PATH_MAX];
    if (!folder || fstat(fd, file) != 0 || !(S_ISREG(file->st_mode) || S_ISDIR(file->st_mode)))
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    size_t prefix = strlen(folder);
    return length > (ssize_t)prefix && !strncmp(path, folder, prefix) && path[prefix] == '/';
}

/* The errno with which this call fails now, or 0. */
static int cued(const char *call) {
    const char *path = getenv("AMBERD_TEST_DISK_CUE");
    FILE *cue = path ? fopen(path, "re") : NULL;
    if (!cue)
        return 0;
    char name[16], how[16];
    int number, read = fscanf(cue, "%15s %d %15s", name, &number, how);
    fclose(cue);
    if (read != 3 || strcmp(name, call))
        return 0;
    /* Of several calls at once, the one that removes the cue is the one that fails. */
    return strcmp(how, "once") || unlink(path) == 0 ? number : 0;
}

static void remember(int fd, const struct stat *file, size_t length, off64_t at) {
    struct unsynced *write = calloc(1, sizeof *write + length);
    if (!write)
        abort();
    *write = (struct unsynced){file->st_dev, file->st_ino, at, file->st_size, 0, NULL};
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int reader = open(path, O_RDONLY | O_CLOEXEC);
    if (reader >= 0) {
        write->length = pread64(reader, write->octets, length, at);
        close(reader);
    }
    pthread_mutex_lock(&lock);
    write->before = newest;
    newest = write;
    pthread_mutex_unlock(&lock);
}

/* Forgets what was written to the file since its last sync, or takes it back. */
static void settle(int fd, const struct stat *file, int is_taken_back) {
    put_at *put = (put_at *)real("pwrite64");
    pthread_mutex_lock(&lock);
    for (struct unsynced **next = &newest; *next;) {
        struct unsynced *write = *next;
        if (write->dev != file->st_dev || write->ino != file->st_ino) {
            next = &write->before;
            continue;
        }
        if (is_taken_back && write->length > 0 && put(fd, write->octets, write->length, write->at) < 0)
            abort();
        if (is_taken_back && ftruncate64(fd, write->file_length) != 0)
            abort();
        *next = write->before;
        free(write);
    }
    pthread_mutex_unlock(&lock);
}

/* Whether the write may go on; it is remembered then. */
static int may_write(int fd, size_t length, off64_t at) {
    struct stat file;
    if (!is_on_the_disk(fd, &file))
        return 1;
    int number = cued("write");
    if (number) {
        errno = number;
        return 0;
    }
    remember(fd, &file, length, at);
    return 1;
}

ssize_t write(int fd, const void *octets, size_t length) {
    ssize_t (*write)(int, const void *, size_t) = (ssize_t (*)(int, const void *, size_t))real("write");
    int kept = errno;
    off64_t at = lseek64(fd, 0, SEEK_CUR);
    errno = kept;
    return at < 0 || may_write(fd, length, at) ? write(fd, octets, length) : -1;
}

ssize_t pwrite64(int fd, const void *octets, size_t length, off64_t at) {
    put_at *put = (put_at *)real("pwrite64");
    return may_write(fd, length, at) ? put(fd, octets, length, at) : -1;
}

ssize_t pwrite(int fd, const void *octets, size_t length, off_t at) {
    return pwrite64(fd, octets, length, at);
}

static int sync_file(const char *name, int fd) {
    int (*sync)(int) = (int (*)(int))real(name);
    struct stat file;
    if (!is_on_the_disk(fd, &file))
        return sync(fd);
    int number = cued("sync");
    int done = number ? -1 : sync(fd);
    int kept = number ? number : errno;
    if (S_ISREG(file.st_mode))
        settle(fd, &file, number != 0);
    errno = kept;
    return done;
}

int fsync(int fd) { return sync_file("fsync", fd); }

int fdatasync(int fd) { return sync_file("fdatasync", fd); }
