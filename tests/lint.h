/*
 * Macros of foreign headers, spelled out for cppcheck, which reads none.
 */
#define json_array_foreach(a, i, v)					       \
	for (i = 0; (v = json_array_get(a, i)) != NULL; i++)
#define json_object_foreach(o, k, v)					       \
	for (k = json_key(o); (v = json_object_get(o, k)) != NULL;)
#define LIST_HEAD(n, t)		struct n { struct t *lh_first; }
#define LIST_ENTRY(t)		struct { struct t *le_next; }
#define TAILQ_HEAD(n, t)	struct n { struct t *tqh_first; }
#define TAILQ_ENTRY(t)		struct { struct t *tqe_next; }
#define LIST_FOREACH(v, h, f)						       \
	for (v = (h)->lh_first; v != NULL; v = v->f.le_next)
#define TAILQ_FOREACH(v, h, f)						       \
	for (v = (h)->tqh_first; v != NULL; v = v->f.tqe_next)
