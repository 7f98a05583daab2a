/*
 * What the common flashers would send: the bytes of each FILE after zlib level 9,
 * summed up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

static uLong packed_bytes(const char *path)
{
	FILE *f = fopen(path, "rb");
	Bytef *data, *packed;
	uLongf size;
	long length;

	if (!f || fseek(f, 0, SEEK_END) || (length = ftell(f)) < 0) {
		perror(path);
		exit(2);
	}
	rewind(f);
	data = malloc((size_t)length + 1);
	size = compressBound((uLong)length);
	packed = malloc(size);
	if (!data || !packed || fread(data, 1, (size_t)length, f) != (size_t)length ||
	    compress2(packed, &size, data, (uLong)length, 9) != Z_OK) {
		fprintf(stderr, "%s: cannot be read or compressed\n", path);
		exit(2);
	}
	fclose(f);
	free(data);
	free(packed);
	return size;
}

int main(int argc, char **argv)
{
	uLong total = 0;

	for (int i = 1; i < argc; i++)
		total += packed_bytes(argv[i]);
	printf("%lu\n", total);
	return 0;
}
