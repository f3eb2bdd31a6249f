/*
 * The handlers, as the table of routes names them: one section a file.
 */
#ifndef FORUMD_HANDLERS_H
#define FORUMD_HANDLERS_H

#include "forumd/request.h"

/* api_threads.c */
request_handler	api_threads, api_thread, api_counts, api_counts_ask;
request_handler	api_policy, api_policy_one;
/* api_comments.c */
request_handler	api_comments, api_comment, api_comment_receipt;
request_handler	api_questions, api_search;
/* page_thread.c */
request_handler	page_home, page_thread, page_thread_post, page_thread_account;
/* page_comment.c */
request_handler	page_comment, page_comment_fragment;
/* api_post.c */
request_handler	api_thread_open, api_thread_mode;
request_handler	api_comment_post, api_comment_edit, api_comment_withdraw;
request_handler	api_comment_vote, api_comment_erase, api_preview;
request_handler	api_comment_pick, api_comment_pin;
request_then	api_comment_staff;
/* api_appeal.c */
request_handler	api_flag, api_flag_one, api_flag_appeal;
request_handler	api_comment_appeal, api_sanction_appeal, api_appeal_one;
/* api_review.c */
request_handler	api_claim, api_release, api_decision, api_undo, api_batch;
request_handler	api_sanction, api_sanction_end, api_redact, api_remark;
request_handler	api_member_remark;
request_then	api_claimed;

/* api_account.c */
request_handler	api_account_create, api_session, api_session_begin;
request_handler	api_session_end, api_me_password, api_me_totp;
request_handler	api_me_totp_confirm, api_me_totp_off, api_me_tokens;
request_handler	api_me_token_make, api_me_token_revoke;
request_handler	api_me_key_rotate, api_me_key_revoke;
/* api_statement.c */
request_handler	api_statement_comment, api_statement_sanction;
request_handler	api_statement_export;
/* api_me.c */
request_handler	api_me, api_me_comments, api_me_sanctions, api_me_notices;
request_handler	api_me_notices_read, api_me_notices_feed;
request_handler	api_me_link, api_me_link_revoke, api_account_link;
request_handler	api_me_erase;
/* api_export.c */
request_handler	api_me_export;
/* page_account.c */
request_handler	page_sign_in, page_sign_in_post, page_sign_up;
request_handler	page_sign_up_post, page_sign_out, page_keep, page_keep_post;
request_handler	page_account_link;
/* page_report.c */
request_handler	page_report, page_report_appeal;
/* api_mail.c */
request_handler	api_mail, api_mail_set, api_mail_kinds, api_mail_remove;
request_handler	api_mail_confirm, api_mail_stop;
/* page_mail.c */
request_handler	page_mail_set, page_mail_kinds, page_mail_remove;
request_handler	page_mail_confirm, page_mail_confirm_post;
request_handler	page_mail_stop, page_mail_stop_post;
/* page_me.c, page_me_settings.c */
request_handler	page_me, page_me_notices_read, page_me_password, page_me_totp;
request_handler	page_me_totp_confirm, page_me_totp_off, page_me_token_make;
request_handler	page_me_token_revoke, page_me_key_rotate, page_me_key_revoke;
request_handler	page_me_link_make, page_me_link_revoke, page_me_erase;
/* page_statement.c */
request_handler	page_statement, page_statement_sanction, page_sanction_appeal;
/* live.c */
request_handler	api_live;
/* api_log.c */
request_handler	api_log, api_log_entry;
request_handler	tlog_checkpoint, tlog_tile, tlog_vkey;
/* page_log.c */
request_handler	page_log, page_log_entry, page_policy;
/* api_health.c */
request_handler	api_healthz, api_readyz, api_metrics;
/* feed.c */
request_handler	feed_thread, feed_site, feed_log;
/* openapi.c */
request_handler	api_openapi;
/* page_pick.c */
request_handler	page_pick_post, page_pin_post;
/* page_act.c */
request_handler	page_reply, page_flag, page_edit, page_withdraw, page_appeal;
request_handler	page_public, page_proof;
request_handler	page_edit_post, page_flag_post, page_withdraw_post;
request_handler	page_appeal_post, page_vote_post;
/* asset_page.c */
request_handler	asset_page, asset_demo, asset_embed;
/* api_queue.c */
request_handler	api_queue;
/* api_grave.c */
request_handler	api_quarantine, api_quarantine_open, api_quarantine_keep;
request_handler	api_escalations, api_escalation_close;
request_handler	api_orders, api_order_receive, api_order_answer;
/* page_tone.c */
request_handler	api_tone, api_tone_draw, api_tone_code;
request_handler	page_tone, page_tone_post, page_tone_draw;
/* page_grave.c */
request_handler	page_grave, page_escalation_close, page_order_receive;
request_handler	page_order_answer, page_quarantine_open;
request_handler	page_quarantine_keep, page_quarantine_release;
/* api_stats.c */
request_handler	api_stats_thread, api_stats_site, api_stats_moderation;
/* page_stats.c */
request_handler	page_stats, page_desk;
/* page_review.c */
request_handler	page_review, page_review_one, page_review_post;
request_handler	page_review_undo, page_review_claim, page_review_release;
request_handler	page_translations, page_mode, page_mode_post;

#endif
