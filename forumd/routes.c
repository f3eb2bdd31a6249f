/*
 * The table of routes: what the outside can ask for, by whom, and how it is
 * bounded. The first row that matches wins. /openapi.json is made from it.
 */
#include <stddef.h>

#include "forumd/handlers.h"

const struct route routes[] = {
	{ HTTP_GET, "/t/{slug}.atom", feed_thread, ROUTE_PUBLIC | ROUTE_CORS,
	    LIMIT_READ, "the newest comments of a thread, as a feed",
	    "not_found" },
	{ HTTP_GET, "/site/{site}.atom", feed_site, ROUTE_PUBLIC | ROUTE_CORS,
	    LIMIT_READ, "the newest comments of a site, as a feed",
	    "not_found" },
	{ HTTP_GET, "/log.atom", feed_log, ROUTE_PUBLIC | ROUTE_CORS,
	    LIMIT_READ, "the newest decisions, as a feed",
	    "invalid_field not_found" },
	{ HTTP_GET, "/openapi.json", api_openapi, ROUTE_SAME | ROUTE_CORS,
	    LIMIT_READ, "this contract", "" },
	{ HTTP_GET, "/", page_home, ROUTE_PUBLIC | ROUTE_PAGE, LIMIT_READ,
	    "the threads", "invalid_field" },
	{ HTTP_GET, "/api/v1/threads", api_threads, ROUTE_PUBLIC | ROUTE_CORS,
	    LIMIT_READ, "the threads, newest first", "invalid_field" },
	{ HTTP_GET, "/api/v1/search", api_search, ROUTE_CORS, LIMIT_SEARCH,
	    "full-text search among visible comments",
	    "invalid_field not_found rate_limited" },
	{ HTTP_GET, "/api/v1/policy", api_policy, ROUTE_PUBLIC | ROUTE_CORS,
	    LIMIT_READ, "the house rules in force", "" },
	{ HTTP_POST, "/api/v1/counts", api_counts, ROUTE_CORS, LIMIT_READ,
	    "visible counts of article addresses", "bad_json invalid_field" },
	{ HTTP_OPTIONS, "/api/v1/counts", api_counts_ask, ROUTE_CORS,
	    LIMIT_READ, "what another site's script may send", "" },
	{ HTTP_POST, "/api/v1/accounts", api_account_create, 0, LIMIT_COUNT,
	    "signs a member up", "bad_json invalid_field name_taken "
	    "role_required rate_limited csrf" },
	{ HTTP_GET, "/api/v1/session", api_session, 0, LIMIT_READ,
	    "who one is, and the session's CSRF token", "" },
	{ HTTP_POST, "/api/v1/session", api_session_begin, 0, LIMIT_COUNT,
	    "signs in", "bad_json invalid_field sign_in_required "
	    "code_required rate_limited csrf" },
	{ HTTP_DELETE, "/api/v1/session", api_session_end, 0, LIMIT_COUNT,
	    "signs out", "csrf" },
	{ HTTP_POST, "/api/v1/me/password", api_me_password, ROUTE_MEMBER,
	    LIMIT_COUNT, "changes the password; ends all sessions",
	    "bad_json invalid_field sign_in_required rate_limited csrf" },
	{ HTTP_POST, "/api/v1/me/totp", api_me_totp, ROUTE_MEMBER,
	    LIMIT_COUNT, "tells a second factor's secret",
	    "bad_json invalid_field sign_in_required rate_limited csrf" },
	{ HTTP_POST, "/api/v1/me/totp/confirm", api_me_totp_confirm,
	    ROUTE_MEMBER, LIMIT_COUNT, "the second factor counts from now on",
	    "bad_json invalid_field sign_in_required code_required "
	    "rate_limited csrf" },
	{ HTTP_DELETE, "/api/v1/me/totp", api_me_totp_off, ROUTE_MEMBER,
	    LIMIT_COUNT, "takes the second factor away",
	    "bad_json invalid_field sign_in_required code_required "
	    "rate_limited csrf" },
	{ HTTP_GET, "/api/v1/me/tokens", api_me_tokens, ROUTE_MEMBER,
	    LIMIT_READ, "one's bearer tokens", "sign_in_required" },
	{ HTTP_POST, "/api/v1/me/tokens", api_me_token_make, ROUTE_MEMBER,
	    LIMIT_COUNT, "makes a bearer token, told once",
	    "bad_json invalid_field sign_in_required code_required "
	    "role_required csrf" },
	{ HTTP_POST, "/api/v1/me/author-key", api_me_key_rotate, ROUTE_MEMBER,
	    LIMIT_COUNT, "a new author key in the place of the old",
	    "invalid_field sign_in_required csrf" },
	{ HTTP_DELETE, "/api/v1/me/author-key", api_me_key_revoke,
	    ROUTE_MEMBER, LIMIT_COUNT, "revokes one's author key",
	    "invalid_field sign_in_required csrf" },
	{ HTTP_GET, "/api/v1/export/statements", api_statement_export,
	    ROUTE_CORS, LIMIT_SEARCH, "statements for the EU's database",
	    "invalid_field overloaded" },
	{ HTTP_POST, "/api/v1/threads", api_thread_open, ROUTE_EDITOR,
	    LIMIT_COUNT, "opens a thread", "bad_json invalid_field "
	    "slug_taken role_required sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/preview", api_preview, 0, LIMIT_POST,
	    "renders a text and gives advice", "bad_json invalid_field "
	    "body_too_long rate_limited csrf" },
	{ HTTP_POST, "/api/v1/review/batch", api_batch, ROUTE_STAFF,
	    LIMIT_COUNT, "one decision on many comments", "bad_json "
	    "invalid_field reason_required reason_too_thin personal_data "
	    "role_required sign_in_required csrf" },
	{ HTTP_GET, "/api/v1/log", api_log, ROUTE_PUBLIC | ROUTE_CORS,
	    LIMIT_READ, "decisions, newest first", "invalid_field not_found" },
	{ HTTP_GET, "/ledger/checkpoint", tlog_checkpoint, ROUTE_CORS,
	    LIMIT_READ, "the newest signed head", "not_found" },
	{ HTTP_GET, "/ledger/vkey", tlog_vkey, ROUTE_CORS, LIMIT_READ,
	    "the record's verification keys, a line each", "not_found" },
	{ HTTP_GET, "/ledger/tile/*", tlog_tile, ROUTE_SAME | ROUTE_CORS,
	    LIMIT_READ, "a tile or bundle of entries", "not_found" },
	{ HTTP_GET, "/ledger/{log}/checkpoint", tlog_checkpoint, ROUTE_CORS,
	    LIMIT_READ, "the signed head of a log begun anew", "not_found" },
	{ HTTP_GET, "/ledger/{log}/tile/*", tlog_tile, ROUTE_SAME |
	    ROUTE_CORS, LIMIT_READ, "its tiles and bundles of entries", "not_found" },
	{ HTTP_GET, "/log", page_log, ROUTE_PUBLIC | ROUTE_PAGE, LIMIT_READ,
	    "the public record", "invalid_field not_found" },
	{ HTTP_GET, "/policy", page_policy, ROUTE_PUBLIC | ROUTE_PAGE,
	    LIMIT_READ, "the house rules", "" },
	{ HTTP_GET, "/translations", page_translations, ROUTE_PUBLIC |
	    ROUTE_PAGE, LIMIT_READ, "what each language lacks", "" },
	{ HTTP_GET, "/embed.js", asset_embed, ROUTE_SAME | ROUTE_CORS, LIMIT_READ,
	    "the script for news pages", "" },
	{ HTTP_GET, "/demo", asset_demo, ROUTE_PAGE, LIMIT_READ,
	    "a news page that embeds a thread of the seeds", "" },
	{ HTTP_GET, "/assets/*", asset_page, ROUTE_SAME | ROUTE_CORS, LIMIT_READ,
	    "files of the pages", "not_found" },
	{ HTTP_GET, "/healthz", api_healthz, 0, LIMIT_COUNT,
	    "is the server alive", "" },
	{ HTTP_GET, "/readyz", api_readyz, 0, LIMIT_COUNT,
	    "does it take posts; 503 with a reason where not", "" },
	{ HTTP_GET, "/metrics", api_metrics, 0, LIMIT_COUNT,
	    "figures in Prometheus' text format", "not_found" },
	{ HTTP_GET, "/stats", page_stats, ROUTE_PAGE, LIMIT_READ,
	    "rates of all moderators together, for everybody",
	    "overloaded" },
	{ HTTP_GET, "/desk", page_desk, ROUTE_PAGE | ROUTE_EDITOR,
	    LIMIT_READ, "the editors' figures", "not_found invalid_field "
	    "overloaded role_required sign_in_required" },
	{ HTTP_GET, "/api/v1/quarantine", api_quarantine, ROUTE_EDITOR,
	    LIMIT_READ, "what is locked away, and who opened it",
	    "invalid_field role_required sign_in_required" },
	{ HTTP_POST, "/api/v1/quarantine/{comment}/open",
	    api_quarantine_open, ROUTE_ADMIN, LIMIT_COUNT,
	    "opens a text in quarantine; logged", "bad_json not_found "
	    "invalid_field role_required sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/quarantine/{comment}", api_quarantine_keep,
	    ROUTE_ADMIN, LIMIT_COUNT, "until when it is kept, and when its "
	    "author is told", "bad_json not_found invalid_field "
	    "stale_version role_required sign_in_required csrf" },
	{ HTTP_GET, "/api/v1/escalations", api_escalations, ROUTE_EDITOR,
	    LIMIT_READ, "what authorities had to be told of",
	    "invalid_field role_required sign_in_required" },
	{ HTTP_POST, "/api/v1/escalations/{id}", api_escalation_close,
	    ROUTE_EDITOR, LIMIT_COUNT, "which authority was told, and when",
	    "bad_json not_found invalid_field stale_version role_required "
	    "sign_in_required csrf" },
	{ HTTP_GET, "/api/v1/orders", api_orders, ROUTE_EDITOR, LIMIT_READ,
	    "orders of authorities", "invalid_field role_required "
	    "sign_in_required" },
	{ HTTP_POST, "/api/v1/orders", api_order_receive, ROUTE_EDITOR,
	    LIMIT_COUNT, "writes an authority's order down", "bad_json "
	    "not_found invalid_field role_required sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/orders/{id}", api_order_answer, ROUTE_EDITOR,
	    LIMIT_COUNT, "what came of an order", "bad_json not_found "
	    "invalid_field role_required sign_in_required csrf" },
	{ HTTP_GET, "/api/v1/tone", api_tone, ROUTE_STAFF, LIMIT_READ,
	    "the next text whose tone one may code, and the draws",
	    "role_required sign_in_required" },
	{ HTTP_POST, "/api/v1/tone", api_tone_draw, ROUTE_EDITOR,
	    LIMIT_COUNT, "draws a sample by the newest signed head",
	    "bad_json invalid_field role_required sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/tone/{item}", api_tone_code, ROUTE_STAFF,
	    LIMIT_COUNT, "says of what tone a text is", "bad_json not_found "
	    "invalid_field own_case role_required sign_in_required csrf" },
	{ HTTP_GET, "/review/tone", page_tone, ROUTE_PAGE | ROUTE_STAFF,
	    LIMIT_READ, "a text whose tone is to be coded",
	    "role_required sign_in_required" },
	{ HTTP_POST, "/review/tone", page_tone_post, ROUTE_PAGE |
	    ROUTE_STAFF, LIMIT_COUNT, "says of what tone a text is, by form",
	    "not_found invalid_field own_case role_required "
	    "sign_in_required csrf" },
	{ HTTP_POST, "/review/tone/draw", page_tone_draw, ROUTE_PAGE |
	    ROUTE_EDITOR, LIMIT_COUNT, "draws a sample by form",
	    "invalid_field role_required sign_in_required csrf" },
	{ HTTP_GET, "/desk/grave", page_grave, ROUTE_PAGE | ROUTE_EDITOR,
	    LIMIT_READ, "the gravest cases, and orders",
	    "role_required sign_in_required" },
	{ HTTP_POST, "/desk/escalations", page_escalation_close, ROUTE_PAGE |
	    ROUTE_EDITOR, LIMIT_COUNT, "which authority was told, by form",
	    "not_found invalid_field stale_version role_required "
	    "sign_in_required csrf" },
	{ HTTP_POST, "/desk/orders", page_order_receive, ROUTE_PAGE |
	    ROUTE_EDITOR, LIMIT_COUNT, "writes an order down by form",
	    "not_found invalid_field role_required sign_in_required csrf" },
	{ HTTP_POST, "/desk/orders/answer", page_order_answer, ROUTE_PAGE |
	    ROUTE_EDITOR, LIMIT_COUNT, "what came of an order, by form",
	    "not_found invalid_field role_required sign_in_required csrf" },
	{ HTTP_POST, "/desk/quarantine/open", page_quarantine_open,
	    ROUTE_PAGE | ROUTE_ADMIN, LIMIT_COUNT,
	    "opens a text in quarantine by form; logged", "not_found "
	    "invalid_field role_required sign_in_required csrf" },
	{ HTTP_POST, "/desk/quarantine/keep", page_quarantine_keep,
	    ROUTE_PAGE | ROUTE_ADMIN, LIMIT_COUNT,
	    "until when it is kept, by form", "not_found invalid_field "
	    "stale_version role_required sign_in_required csrf" },
	{ HTTP_POST, "/desk/quarantine/release", page_quarantine_release,
	    ROUTE_PAGE | ROUTE_ADMIN, LIMIT_COUNT,
	    "lets a comment out of quarantine by form", "not_found "
	    "invalid_field reason_required reason_too_thin personal_data "
	    "stale_version claimed own_case role_required sign_in_required "
	    "csrf" },
	{ HTTP_GET, "/api/v1/stats/threads/{slug}", api_stats_thread,
	    ROUTE_EDITOR, LIMIT_READ, "a thread in figures", "not_found "
	    "invalid_field overloaded role_required sign_in_required" },
	{ HTTP_GET, "/api/v1/stats/site", api_stats_site, ROUTE_EDITOR,
	    LIMIT_READ, "the whole forum in figures", "invalid_field "
	    "overloaded role_required sign_in_required" },
	{ HTTP_GET, "/api/v1/stats/moderation", api_stats_moderation,
	    ROUTE_EDITOR, LIMIT_READ, "how it was moderated, in figures",
	    "not_found invalid_field overloaded role_required "
	    "sign_in_required" },
	{ HTTP_GET, "/api/v1/review", api_queue, ROUTE_STAFF, LIMIT_READ,
	    "the queue", "invalid_field role_required sign_in_required" },
	{ HTTP_GET, "/review", page_review, ROUTE_PAGE | ROUTE_STAFF,
	    LIMIT_READ, "the queue", "invalid_field role_required "
	    "sign_in_required" },
	{ HTTP_GET, "/t/{slug}", page_thread, ROUTE_PUBLIC | ROUTE_PAGE,
	    LIMIT_READ, "a thread", "not_found invalid_field" },
	{ HTTP_POST, "/t/{slug}", page_thread_post, ROUTE_PAGE, LIMIT_COUNT,
	    "posts a comment by form", "not_found invalid_field "
	    "body_too_long thread_closed name_taken sanctioned rate_limited "
	    "csrf" },
	{ HTTP_POST, "/t/{slug}/comments", page_thread_post, ROUTE_PAGE,
	    LIMIT_COUNT, "posts a comment by form", "not_found invalid_field "
	    "body_too_long thread_closed name_taken sanctioned rate_limited "
	    "csrf" },
	{ HTTP_GET, "/embed/{slug}", page_thread, ROUTE_PUBLIC | ROUTE_PAGE |
	    ROUTE_EMBED, LIMIT_READ, "a thread for a frame",
	    "not_found invalid_field" },
	{ HTTP_POST, "/embed/{slug}", page_thread_post, ROUTE_PAGE |
	    ROUTE_EMBED, LIMIT_COUNT, "posts a comment by form",
	    "not_found invalid_field body_too_long thread_closed name_taken "
	    "sanctioned rate_limited csrf" },
	{ HTTP_GET, "/embed/{slug}/sign-in", page_sign_in, ROUTE_PAGE |
	    ROUTE_EMBED, LIMIT_READ, "the form to sign in, in a frame", "" },
	{ HTTP_POST, "/embed/{slug}/sign-in", page_sign_in_post, ROUTE_PAGE |
	    ROUTE_EMBED, LIMIT_COUNT, "signs in within a frame",
	    "invalid_field sign_in_required code_required rate_limited csrf" },
	{ HTTP_POST, "/embed/{slug}/sign-out", page_sign_out, ROUTE_PAGE |
	    ROUTE_EMBED, LIMIT_COUNT, "signs out within a frame", "csrf" },
	{ HTTP_GET, "/c/{id}", page_comment, ROUTE_PUBLIC | ROUTE_PAGE,
	    LIMIT_READ, "a comment in context", "not_found invalid_field" },
	{ HTTP_GET, "/api/v1/threads/{slug}", api_thread, ROUTE_PUBLIC |
	    ROUTE_CORS, LIMIT_READ, "a thread with its public account",
	    "not_found" },
	{ HTTP_GET, "/api/v1/threads/{slug}/comments", api_comments,
	    ROUTE_PUBLIC | ROUTE_CORS, LIMIT_READ, "the comments of a thread",
	    "not_found invalid_field" },
	{ HTTP_GET, "/api/v1/threads/{slug}/questions", api_questions,
	    ROUTE_PUBLIC | ROUTE_CORS, LIMIT_READ,
	    "questions put to the authority or the paper", "not_found" },
	{ HTTP_GET, "/api/v1/comments/{id}", api_comment, ROUTE_PUBLIC |
	    ROUTE_CORS, LIMIT_READ, "one comment", "not_found" },
	{ HTTP_GET, "/api/v1/comments/{id}/receipt", api_comment_receipt, 0,
	    LIMIT_READ, "the receipt, for its author", "not_found" },
	{ HTTP_GET, "/api/v1/policy/{digest}", api_policy_one, ROUTE_PUBLIC |
	    ROUTE_CORS, LIMIT_READ, "the house rules as they stood",
	    "not_found" },
	{ HTTP_DELETE, "/api/v1/me/tokens/{id}", api_me_token_revoke,
	    ROUTE_MEMBER, LIMIT_COUNT, "revokes a bearer token",
	    "not_found sign_in_required csrf" },
	{ HTTP_GET, "/api/v1/comments/{id}/statement", api_statement_comment,
	    ROUTE_CORS, LIMIT_READ, "the statement of reasons", "not_found" },
	{ HTTP_GET, "/api/v1/sanctions/{id}/statement",
	    api_statement_sanction, 0, LIMIT_READ,
	    "the statement of reasons of a sanction", "not_found" },
	{ HTTP_DELETE, "/api/v1/sanctions/{id}", api_sanction_end,
	    ROUTE_STAFF, LIMIT_COUNT, "lifts a sanction", "not_found "
	    "stale_version role_required sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/comments/{id}/erase", api_comment_erase,
	    ROUTE_STAFF, LIMIT_COUNT, "erases a text under an order",
	    "bad_json not_found invalid_field reason_required not_editable "
	    "role_required sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/members/{id}/notes", api_member_remark,
	    ROUTE_STAFF, LIMIT_COUNT, "a staff note on an account",
	    "bad_json not_found invalid_field role_required "
	    "sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/threads/{slug}/mode", api_thread_mode,
	    ROUTE_STAFF, LIMIT_COUNT, "changes a thread's mode",
	    "bad_json not_found invalid_field reason_required role_required "
	    "sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/threads/{slug}/comments", api_comment_post, 0,
	    LIMIT_COUNT, "posts a comment", "bad_json not_found "
	    "invalid_field body_too_long thread_closed name_taken sanctioned "
	    "role_required rate_limited idempotency_mismatch csrf "
	    "storage_unavailable overloaded outcome_unknown" },
	{ HTTP_PATCH, "/api/v1/comments/{id}", api_comment_edit, 0,
	    LIMIT_COUNT, "edits one's own comment", "bad_json not_found "
	    "invalid_field body_too_long stale_version edit_window_over "
	    "not_editable thread_closed sanctioned sign_in_required csrf" },
	{ HTTP_DELETE, "/api/v1/comments/{id}", api_comment_withdraw, 0,
	    LIMIT_COUNT, "withdraws one's own comment", "not_found "
	    "not_editable sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/comments/{id}/vote", api_comment_vote, 0,
	    LIMIT_COUNT, "votes", "bad_json not_found invalid_field "
	    "not_editable sanctioned sign_in_required rate_limited csrf" },
	{ HTTP_POST, "/api/v1/comments/{id}/pick", api_comment_pick,
	    ROUTE_EDITOR, LIMIT_COUNT, "recommends a comment, or no longer",
	    "bad_json not_found invalid_field not_editable role_required "
	    "sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/comments/{id}/pin", api_comment_pin,
	    ROUTE_EDITOR, LIMIT_COUNT, "pins a comment to its thread's head",
	    "bad_json not_found invalid_field not_editable role_required "
	    "sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/comments/{id}/flags", api_flag, 0, LIMIT_COUNT,
	    "flags a comment or gives notice of illegality", "bad_json "
	    "not_found invalid_field own_case sanctioned rate_limited csrf" },
	{ HTTP_GET, "/api/v1/flags/{id}", api_flag_one, 0, LIMIT_READ,
	    "what became of a flag", "not_found" },
	{ HTTP_POST, "/api/v1/flags/{id}/appeal", api_flag_appeal, 0,
	    LIMIT_COUNT, "appeals against inaction", "bad_json not_found "
	    "invalid_field appeal_exists not_appealable appeal_expired "
	    "sanctioned csrf" },
	{ HTTP_POST, "/api/v1/comments/{id}/appeal", api_comment_appeal, 0,
	    LIMIT_COUNT, "appeals against a decision", "bad_json not_found "
	    "invalid_field appeal_exists not_appealable appeal_expired "
	    "sanctioned csrf" },
	{ HTTP_POST, "/api/v1/sanctions/{id}/appeal", api_sanction_appeal, 0,
	    LIMIT_COUNT, "appeals against a sanction", "bad_json not_found "
	    "invalid_field appeal_exists not_appealable appeal_expired csrf" },
	{ HTTP_GET, "/api/v1/appeals/{id}", api_appeal_one, 0, LIMIT_READ,
	    "an appeal, for whoever filed it", "not_found" },
	{ HTTP_POST, "/api/v1/review/{comment}/claim", api_claim, ROUTE_STAFF,
	    LIMIT_COUNT, "takes an item to decide it", "not_found claimed "
	    "own_case role_required sign_in_required csrf" },
	{ HTTP_DELETE, "/api/v1/review/{comment}/claim", api_release,
	    ROUTE_STAFF, LIMIT_COUNT, "gives a claimed item back",
	    "not_found claimed role_required sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/review/{comment}/decision", api_decision,
	    ROUTE_STAFF, LIMIT_COUNT, "decides on a comment or an appeal",
	    "bad_json not_found invalid_field reason_required "
	    "reason_too_thin personal_data stale_version claimed own_case "
	    "same_moderator not_editable role_required sign_in_required "
	    "csrf" },
	{ HTTP_POST, "/api/v1/review/{comment}/undo", api_undo, ROUTE_STAFF,
	    LIMIT_COUNT, "takes one's own decision back at once", "bad_json "
	    "not_found stale_version role_required sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/review/{comment}/erase", api_comment_erase,
	    ROUTE_STAFF, LIMIT_COUNT, "erases a text under an order",
	    "bad_json not_found invalid_field reason_required not_editable "
	    "role_required sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/review/{comment}/remarks", api_remark,
	    ROUTE_STAFF, LIMIT_COUNT, "a staff note on a comment",
	    "bad_json not_found invalid_field role_required "
	    "sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/decisions/{id}/redact", api_redact,
	    ROUTE_EDITOR, LIMIT_COUNT, "withholds an explanation's words",
	    "bad_json not_found not_editable role_required "
	    "sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/members/{id}/sanctions", api_sanction,
	    ROUTE_STAFF, LIMIT_COUNT, "warns, mutes, suspends or bans",
	    "bad_json not_found invalid_field reason_required "
	    "reason_too_thin personal_data role_required sign_in_required "
	    "csrf" },
	{ HTTP_POST, "/api/v1/sanctions/{id}/end", api_sanction_end,
	    ROUTE_STAFF, LIMIT_COUNT, "lifts a sanction",
	    "not_found role_required sign_in_required csrf" },
	{ HTTP_GET, "/api/v1/threads/{slug}/live", api_live, 0, LIMIT_READ,
	    "events of a thread as they happen", "not_found invalid_field "
	    "overloaded" },
	{ HTTP_GET, "/api/v1/log/{index}", api_log_entry, ROUTE_PUBLIC |
	    ROUTE_CORS, LIMIT_READ, "one entry with leaf and proof",
	    "not_found" },
	{ HTTP_GET, "/log/{index}", page_log_entry, ROUTE_PUBLIC |
	    ROUTE_PAGE, LIMIT_READ, "one entry of the record", "not_found" },
	{ HTTP_GET, "/c/{id}/fragment", page_comment_fragment, ROUTE_PUBLIC |
	    ROUTE_PAGE, LIMIT_READ, "a comment alone", "not_found" },
	{ HTTP_GET, "/t/{slug}/account", page_thread_account, ROUTE_PUBLIC |
	    ROUTE_PAGE, LIMIT_READ, "a thread's public account alone",
	    "not_found" },
	{ HTTP_GET, "/t/{slug}/mode", page_mode, ROUTE_PAGE | ROUTE_STAFF,
	    LIMIT_READ, "the form of a thread's mode and notice",
	    "not_found role_required sign_in_required" },
	{ HTTP_POST, "/t/{slug}/mode", page_mode_post, ROUTE_PAGE |
	    ROUTE_STAFF, LIMIT_COUNT, "changes a thread's mode by form",
	    "not_found invalid_field reason_required role_required "
	    "sign_in_required csrf" },
	{ HTTP_GET, "/c/{id}/reply", page_reply, ROUTE_PAGE, LIMIT_READ,
	    "the reply form", "not_found" },
	{ HTTP_GET, "/c/{id}/flag", page_flag, ROUTE_PAGE, LIMIT_READ,
	    "the report form", "not_found" },
	{ HTTP_GET, "/c/{id}/edit", page_edit, ROUTE_PAGE, LIMIT_READ,
	    "the edit form", "not_found" },
	{ HTTP_GET, "/c/{id}/withdraw", page_withdraw, ROUTE_PAGE, LIMIT_READ,
	    "the form to withdraw", "not_found" },
	{ HTTP_GET, "/c/{id}/appeal", page_appeal, ROUTE_PAGE, LIMIT_READ,
	    "the appeal form", "not_found" },
	{ HTTP_GET, "/c/{id}/public", page_public, ROUTE_PAGE, LIMIT_READ,
	    "a comment as others see it", "not_found" },
	{ HTTP_GET, "/c/{id}/receipt", page_comment, ROUTE_PAGE, LIMIT_READ,
	    "the comment with its receipt", "not_found" },
	{ HTTP_GET, "/c/{id}/receipt.tlog-proof", page_proof, ROUTE_RAW,
	    LIMIT_READ, "the proof as a file", "not_found" },
	{ HTTP_POST, "/c/{id}/edit", page_edit_post, ROUTE_PAGE, LIMIT_COUNT,
	    "edits by form", "not_found invalid_field stale_version "
	    "edit_window_over not_editable csrf" },
	{ HTTP_POST, "/c/{id}/flag", page_flag_post, ROUTE_PAGE, LIMIT_COUNT,
	    "reports by form", "not_found invalid_field own_case csrf" },
	{ HTTP_POST, "/c/{id}/withdraw", page_withdraw_post, ROUTE_PAGE,
	    LIMIT_COUNT, "withdraws by form", "not_found not_editable csrf" },
	{ HTTP_POST, "/c/{id}/appeal", page_appeal_post, ROUTE_PAGE,
	    LIMIT_COUNT, "appeals by form", "not_found invalid_field "
	    "appeal_exists not_appealable appeal_expired csrf" },
	{ HTTP_POST, "/c/{id}/vote", page_vote_post, ROUTE_PAGE, LIMIT_COUNT,
	    "votes by form", "not_found not_editable sign_in_required csrf" },
	{ HTTP_POST, "/c/{id}/pick", page_pick_post, ROUTE_PAGE |
	    ROUTE_EDITOR, LIMIT_COUNT, "recommends a comment by form",
	    "not_found invalid_field not_editable role_required csrf" },
	{ HTTP_POST, "/c/{id}/pin", page_pin_post, ROUTE_PAGE | ROUTE_EDITOR,
	    LIMIT_COUNT, "pins a comment by form",
	    "not_found invalid_field not_editable role_required csrf" },
	{ HTTP_GET, "/review/{comment}", page_review_one, ROUTE_PAGE |
	    ROUTE_STAFF, LIMIT_READ, "one item of the queue",
	    "role_required sign_in_required" },
	{ HTTP_POST, "/review/{comment}", page_review_post, ROUTE_PAGE |
	    ROUTE_STAFF, LIMIT_COUNT, "decides by form", "invalid_field "
	    "reason_required reason_too_thin personal_data stale_version "
	    "claimed own_case same_moderator not_editable role_required "
	    "sign_in_required csrf" },
	{ HTTP_POST, "/review/{comment}/undo", page_review_undo, ROUTE_PAGE |
	    ROUTE_STAFF, LIMIT_COUNT, "takes a decision back by form",
	    "not_found stale_version edit_window_over role_required "
	    "sign_in_required csrf" },
	{ HTTP_POST, "/review/{comment}/claim", page_review_claim,
	    ROUTE_PAGE | ROUTE_STAFF, LIMIT_COUNT, "takes an item by form",
	    "not_found claimed role_required sign_in_required csrf" },
	{ HTTP_POST, "/review/{comment}/release", page_review_release,
	    ROUTE_PAGE | ROUTE_STAFF, LIMIT_COUNT, "gives an item back by "
	    "form", "not_found role_required sign_in_required csrf" },
	{ HTTP_POST, "/review/{comment}/decision", page_review_post,
	    ROUTE_PAGE | ROUTE_STAFF, LIMIT_COUNT, "decides by form",
	    "invalid_field reason_required reason_too_thin personal_data "
	    "stale_version claimed own_case same_moderator not_editable "
	    "role_required sign_in_required csrf" },	{ HTTP_GET, "/api/v1/me", api_me, ROUTE_MEMBER, LIMIT_READ,
	    "who one is, with one's own counts", "sign_in_required" },
	{ HTTP_DELETE, "/api/v1/me", api_me_erase, ROUTE_MEMBER, LIMIT_COUNT,
	    "erases the account and its texts", "bad_json invalid_field "
	    "sign_in_required stale_version rate_limited csrf" },
	{ HTTP_GET, "/api/v1/me/comments", api_me_comments, ROUTE_MEMBER,
	    LIMIT_READ, "one's own comments in every state",
	    "sign_in_required invalid_field" },
	{ HTTP_GET, "/api/v1/me/sanctions", api_me_sanctions, ROUTE_MEMBER,
	    LIMIT_READ, "one's own sanctions",
	    "sign_in_required invalid_field" },
	{ HTTP_GET, "/api/v1/me/notices", api_me_notices, ROUTE_MEMBER,
	    LIMIT_READ, "what one was told",
	    "sign_in_required invalid_field" },
	{ HTTP_POST, "/api/v1/me/notices/read", api_me_notices_read,
	    ROUTE_MEMBER, LIMIT_COUNT, "marks notices as read",
	    "bad_json invalid_field sign_in_required csrf" },
	{ HTTP_GET, "/api/v1/me/notices.atom", api_me_notices_feed,
	    ROUTE_MEMBER, LIMIT_READ, "the same as a private feed",
	    "sign_in_required" },
	{ HTTP_POST, "/api/v1/me/account-link", api_me_link, ROUTE_MEMBER,
	    LIMIT_COUNT, "a page that shows one's counts to others",
	    "sign_in_required csrf" },
	{ HTTP_DELETE, "/api/v1/me/account-link", api_me_link_revoke,
	    ROUTE_MEMBER, LIMIT_COUNT, "takes that page away",
	    "sign_in_required csrf" },
	{ HTTP_GET, "/api/v1/a/{token}", api_account_link, ROUTE_CORS,
	    LIMIT_READ, "what an account link shows",
	    "not_found invalid_field" },
	{ HTTP_GET, "/api/v1/me/email", api_mail, ROUTE_MEMBER, LIMIT_READ,
	    "one's e-mail address and what is sent there",
	    "sign_in_required" },
	{ HTTP_POST, "/api/v1/me/email", api_mail_set, ROUTE_MEMBER,
	    LIMIT_COUNT, "gives an e-mail address; a link is mailed to it",
	    "bad_json invalid_field rate_limited sign_in_required csrf" },
	{ HTTP_PATCH, "/api/v1/me/email", api_mail_kinds, ROUTE_MEMBER,
	    LIMIT_COUNT, "says what is told by e-mail beside decisions",
	    "bad_json invalid_field sign_in_required csrf" },
	{ HTTP_DELETE, "/api/v1/me/email", api_mail_remove, ROUTE_MEMBER,
	    LIMIT_COUNT, "takes the e-mail address away",
	    "sign_in_required csrf" },
	{ HTTP_POST, "/api/v1/mail/confirm", api_mail_confirm, 0,
	    LIMIT_SIGN_IN, "confirms an address by the mailed link's token",
	    "bad_json not_found invalid_field rate_limited csrf" },
	{ HTTP_POST, "/api/v1/mail/stop", api_mail_stop, 0, LIMIT_SIGN_IN,
	    "ends the mails that nobody is owed, by a mail's token",
	    "bad_json not_found invalid_field rate_limited csrf" },
	{ HTTP_GET, "/flags/{id}", page_report, ROUTE_PAGE, LIMIT_READ,
	    "what became of a report or notice", "not_found" },
	{ HTTP_POST, "/flags/{id}/appeal", page_report_appeal, ROUTE_PAGE,
	    LIMIT_COUNT, "appeals against inaction by form", "not_found "
	    "invalid_field appeal_exists not_appealable appeal_expired "
	    "sanctioned csrf" },
	{ HTTP_GET, "/mail/confirm/{token}", page_mail_confirm, ROUTE_PAGE,
	    LIMIT_READ, "the button that confirms an address", "not_found" },
	{ HTTP_POST, "/mail/confirm/{token}", page_mail_confirm_post,
	    ROUTE_PAGE, LIMIT_SIGN_IN, "confirms an address by form",
	    "not_found rate_limited csrf" },
	{ HTTP_GET, "/mail/stop/{token}", page_mail_stop, ROUTE_PAGE,
	    LIMIT_READ, "the button that ends mails", "not_found" },
	{ HTTP_POST, "/mail/stop/{token}", page_mail_stop_post, ROUTE_PAGE,
	    LIMIT_SIGN_IN, "ends mails by form or by one click (RFC 8058)",
	    "not_found rate_limited csrf" },
	{ HTTP_POST, "/me/email", page_mail_set, ROUTE_PAGE | ROUTE_MEMBER,
	    LIMIT_COUNT, "gives an e-mail address by form",
	    "invalid_field rate_limited sign_in_required csrf" },
	{ HTTP_POST, "/me/email/kinds", page_mail_kinds, ROUTE_PAGE |
	    ROUTE_MEMBER, LIMIT_COUNT, "says what is told by e-mail",
	    "sign_in_required csrf" },
	{ HTTP_POST, "/me/email/remove", page_mail_remove, ROUTE_PAGE |
	    ROUTE_MEMBER, LIMIT_COUNT, "takes the e-mail address away",
	    "sign_in_required csrf" },
	{ HTTP_GET, "/api/v1/me/export", api_me_export, ROUTE_MEMBER,
	    LIMIT_READ, "everything held about one, as a file",
	    "sign_in_required" },
	{ HTTP_GET, "/sign-in", page_sign_in, ROUTE_PAGE, LIMIT_READ,
	    "the form to sign in", "" },
	{ HTTP_POST, "/sign-in", page_sign_in_post, ROUTE_PAGE, LIMIT_COUNT,
	    "signs in by form",
	    "invalid_field sign_in_required code_required rate_limited csrf" },
	{ HTTP_GET, "/sign-up", page_sign_up, ROUTE_PAGE, LIMIT_READ,
	    "the form to sign up", "" },
	{ HTTP_POST, "/sign-up", page_sign_up_post, ROUTE_PAGE, LIMIT_COUNT,
	    "signs up by form", "invalid_field name_taken rate_limited csrf" },
	{ HTTP_POST, "/sign-out", page_sign_out, ROUTE_PAGE, LIMIT_COUNT,
	    "signs out by form", "csrf" },
	{ HTTP_GET, "/keep", page_keep, ROUTE_PAGE, LIMIT_READ,
	    "the form for a guest's key", "" },
	{ HTTP_POST, "/keep", page_keep_post, ROUTE_PAGE, LIMIT_SIGN_IN,
	    "takes a guest's key", "invalid_field rate_limited csrf" },
	{ HTTP_GET, "/a/{token}", page_account_link, ROUTE_PAGE, LIMIT_READ,
	    "what an account link shows", "not_found invalid_field" },
	{ HTTP_GET, "/me", page_me, ROUTE_PAGE | ROUTE_MEMBER, LIMIT_READ,
	    "one's own page", "sign_in_required invalid_field" },
	{ HTTP_POST, "/me/notices/read", page_me_notices_read, ROUTE_PAGE |
	    ROUTE_MEMBER, LIMIT_COUNT, "marks notices as read",
	    "sign_in_required csrf" },
	{ HTTP_POST, "/me/password", page_me_password, ROUTE_PAGE |
	    ROUTE_MEMBER, LIMIT_COUNT, "changes the password",
	    "invalid_field rate_limited sign_in_required csrf" },
	{ HTTP_POST, "/me/totp", page_me_totp, ROUTE_PAGE | ROUTE_MEMBER,
	    LIMIT_COUNT, "tells a second factor's secret",
	    "invalid_field rate_limited sign_in_required csrf" },
	{ HTTP_POST, "/me/totp/confirm", page_me_totp_confirm, ROUTE_PAGE |
	    ROUTE_MEMBER, LIMIT_COUNT, "the second factor counts",
	    "invalid_field code_required rate_limited sign_in_required csrf" },
	{ HTTP_POST, "/me/totp/off", page_me_totp_off, ROUTE_PAGE |
	    ROUTE_MEMBER, LIMIT_COUNT, "takes the second factor away",
	    "invalid_field code_required rate_limited sign_in_required csrf" },
	{ HTTP_POST, "/me/tokens", page_me_token_make, ROUTE_PAGE |
	    ROUTE_MEMBER, LIMIT_COUNT, "makes a bearer token",
	    "invalid_field code_required role_required sign_in_required "
	    "csrf" },
	{ HTTP_POST, "/me/tokens/{id}/revoke", page_me_token_revoke,
	    ROUTE_PAGE | ROUTE_MEMBER, LIMIT_COUNT, "revokes a bearer token",
	    "not_found sign_in_required csrf" },
	{ HTTP_POST, "/me/author-key", page_me_key_rotate, ROUTE_PAGE |
	    ROUTE_MEMBER, LIMIT_COUNT, "a new author key",
	    "invalid_field sign_in_required csrf" },
	{ HTTP_POST, "/me/author-key/revoke", page_me_key_revoke, ROUTE_PAGE |
	    ROUTE_MEMBER, LIMIT_COUNT, "revokes the author key",
	    "invalid_field sign_in_required csrf" },
	{ HTTP_POST, "/me/account-link", page_me_link_make, ROUTE_PAGE |
	    ROUTE_MEMBER, LIMIT_COUNT, "a page of one's counts",
	    "sign_in_required csrf" },
	{ HTTP_POST, "/me/account-link/revoke", page_me_link_revoke,
	    ROUTE_PAGE | ROUTE_MEMBER, LIMIT_COUNT, "takes that page away",
	    "sign_in_required csrf" },
	{ HTTP_POST, "/me/erase", page_me_erase, ROUTE_PAGE | ROUTE_MEMBER,
	    LIMIT_COUNT, "erases the account",
	    "invalid_field stale_version rate_limited sign_in_required csrf" },
	{ HTTP_GET, "/c/{id}/statement", page_statement, ROUTE_PAGE,
	    LIMIT_READ, "the statement of reasons", "not_found" },
	{ HTTP_GET, "/sanctions/{id}/statement", page_statement_sanction,
	    ROUTE_PAGE, LIMIT_READ, "the statement of a sanction",
	    "not_found" },
	{ HTTP_POST, "/sanctions/{id}/appeal", page_sanction_appeal,
	    ROUTE_PAGE, LIMIT_COUNT, "appeals against a sanction",
	    "not_found invalid_field appeal_exists not_appealable "
	    "appeal_expired csrf" },

	{ HTTP_GET, NULL, NULL, 0, LIMIT_COUNT, NULL, NULL }
};
