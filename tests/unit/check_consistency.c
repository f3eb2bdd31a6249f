/*
 * Kappa and Wilson intervals against known answers.
 */
#include <check.h>

#include "moderation/consistency.h"

static const struct {
	int	both, first, second, neither;
	double	kappa;		/* 9: not defined */
} kappas[] = {
	{ 20, 5, 10, 15, 0.4 },
	{ 45, 15, 25, 15, 0.13043478 },
	{ 25, 35, 5, 35, 0.25925926 },
	{ 10, 0, 0, 10, 1.0 },
	{ 0, 10, 10, 0, -1.0 },
	{ 25, 25, 25, 25, 0.0 },
	{ 30, 0, 0, 0, 9 },	/* both always removed */
	{ 0, 0, 0, 30, 9 },
	{ 0, 30, 0, 0, 0.0 },	/* one always, the other never */
	{ 0, 0, 0, 0, 9 },
};

START_TEST(kappa_known_table_agrees)
{
	struct consistency_kappa	k;

	consistency_kappa(&k, kappas[_i].both, kappas[_i].first,
	    kappas[_i].second, kappas[_i].neither);
	ck_assert_int_eq(k.defined, kappas[_i].kappa < 8);
	if (!k.defined)
		return;
	ck_assert_double_eq_tol(k.kappa, kappas[_i].kappa, 1e-6);
	ck_assert(k.low <= k.kappa && k.kappa <= k.high);
	ck_assert(k.low >= -1 && k.high <= 1);
}
END_TEST

/* Standard error sqrt(po (1 - po) / n) / (1 - pe) = 0.130 here. */
START_TEST(kappa_interval_isLargeSample)
{
	struct consistency_kappa	k;

	consistency_kappa(&k, 20, 5, 10, 15);
	ck_assert_double_eq_tol(k.low, 0.14597, 1e-4);
	ck_assert_double_eq_tol(k.high, 0.65403, 1e-4);
}
END_TEST

static const struct {
	int	k, n;
	double	low, high;
} wilsons[] = {
	{ 10, 20, 0.299298, 0.700702 },
	{ 0, 10, 0.0, 0.277533 },
	{ 10, 10, 0.722467, 1.0 },
	{ 1, 100, 0.001767, 0.054490 },
	{ 30, 100, 0.218949, 0.395848 },
};

START_TEST(wilson_known_table_agrees)
{
	struct consistency_rate	r;

	consistency_wilson(&r, wilsons[_i].k, wilsons[_i].n);
	ck_assert(r.defined);
	ck_assert_double_eq_tol(r.low, wilsons[_i].low, 2e-5);
	ck_assert_double_eq_tol(r.high, wilsons[_i].high, 2e-5);
}
END_TEST

START_TEST(wilson_of_nothing_isNotDefined)
{
	struct consistency_rate	r;

	consistency_wilson(&r, 0, 0);
	ck_assert(!r.defined);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("consistency");
	TCase	*c = tcase_create("consistency");
	SRunner	*sr;
	int	 failed;

	tcase_add_loop_test(c, kappa_known_table_agrees, 0,
	    sizeof(kappas) / sizeof(kappas[0]));
	tcase_add_test(c, kappa_interval_isLargeSample);
	tcase_add_loop_test(c, wilson_known_table_agrees, 0,
	    sizeof(wilsons) / sizeof(wilsons[0]));
	tcase_add_test(c, wilson_of_nothing_isNotDefined);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
