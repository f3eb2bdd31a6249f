/*
 * Projectors of the tone of comments: what was drawn, and what two people
 * found each on its own. See project.h and moderation/tone.c.
 */
#include "storage/project.h"

/* items: [{"inum":..,"id":..,"tnum":..,"num":..}]. */
int
project_tone_drawn(struct db *db, const struct event *e, struct err *err)
{
	json_t	*items = event_get(e, "items"), *o;
	size_t	 i;

	if (db_run(db, err, "INSERT INTO tone_draw (num, id, size, root, "
	    "since, at) VALUES (?, ?, ?, ?, ?, ?)", "isisii",
	    event_int(e, "wnum"), event_str(e, "id"), event_int(e, "size"),
	    event_str(e, "root"), event_int(e, "since"), e->time) != 0)
		return -1;
	for (i = 0; i < json_array_size(items); i++) {
		o = json_array_get(items, i);
		if (db_run(db, err, "INSERT INTO tone_item (num, id, draw, "
		    "thread, comment) VALUES (?, ?, ?, ?, ?)", "isiii",
		    (int64_t)json_integer_value(json_object_get(o, "inum")),
		    json_string_value(json_object_get(o, "id")),
		    event_int(e, "wnum"),
		    (int64_t)json_integer_value(json_object_get(o, "tnum")),
		    (int64_t)json_integer_value(json_object_get(o,
		    "num"))) != 0)
			return -1;
	}
	return 0;
}

int
project_tone_coded(struct db *db, const struct event *e, struct err *err)
{
	return db_run(db, err, "INSERT INTO tone_code (item, account, tone, "
	    "at) VALUES (?, ?, ?, ?)", "iisi", event_int(e, "inum"),
	    event_int(e, "account"), event_str(e, "tone"), e->time);
}
