/*
 * Entries and receipts as a hostile forum would serve them: the input is cut
 * at NUL bytes into entries that follow a start, and read as a receipt whole.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/audit_receipt.h"
#include "forumd/audit_rules.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char	start[] = "forumd/entry/v1\nkind log.started\n"
	    "time 2026-11-22\norigin o\npolicy 00000000000000000000000000000000"
	    "00000000000000000000000000000007\n";
	static FILE		*null;
	struct audit_receipt	 receipt = { NULL, 0, NULL, 0, NULL, 0, NULL, NULL };
	struct audit_rules	*r = audit_rules_new();
	const uint8_t		*p = data, *end = data + size, *nul;
	char			*copy = malloc(size + 1);

	if (null == NULL)
		null = fopen("/dev/null", "w");
	if (r == NULL || copy == NULL || null == NULL)
		abort();
	audit_rules_add(r, start, strlen(start), NULL);
	for (; p < end; p = nul + 1) {
		nul = memchr(p, 0, (size_t)(end - p));
		if (nul == NULL)
			nul = end;
		audit_rules_add(r, (const char *)p, (size_t)(nul - p), NULL);
	}
	audit_rules_tally(r);
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	receipt.receipt = copy;
	receipt.receipt_len = size;
	receipt.leaf = start;
	receipt.leaf_len = strlen(start);
	audit_receipt_check(&receipt, size % 2 == 0, null);
	audit_rules_free(&r);
	free(copy);
	return (0);
}
