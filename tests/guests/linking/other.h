/* What the two files of the program share. */
extern __thread int external_own;
extern int shared_zeros[4];
int external_function(int value);
int read_shared(int index);
int *address_of_aligned(void);
const char *other_word(void);
