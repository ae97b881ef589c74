// `statfs` tells the kind of a file system; Swift's Glibc module leaves its header out.
#include <sys/vfs.h>
