-- One dossier accepted, one transaction: the statements of the server, in its order.
-- Variables: prefix (of the codes), from (the number of the first dossier not accepted yet). Each transaction takes
-- the next dossier, as nobody accepts one twice; prepare.sql makes the counter.
\set key random(1, 9000000000000000)
SELECT :prefix::text || lpad(n::text, greatest(4, length(n::text)), '0') AS code FROM (SELECT nextval('bench_turn') AS n) AS turn \gset
BEGIN;
SELECT scope, fingerprint, status, headers, body, created_at, expires_at FROM idempotency_keys
    WHERE scope = ANY(ARRAY[bench_digest(:key)]);
SELECT id, code, procedure_code, procedure_version, unit, channel, status, outcome, clock, stage, stage_since,
        submitted_at, accepted_at, due_at, completed_at, ended_at, returned_at, applicant_name, name_folded,
        personal_id, born_on, sex, phone, representative, representative_id, submitted_by, resume_to,
        supplement_requests, supplement_until, extensions, extension, pauses, proposal, decision, calendar_version,
        form, secret_hash, event_hash, portal, version, overdue_from, ended_by_unit, due_since
    FROM dossiers WHERE code = :code LIMIT 1 \gset
SELECT id, dossier_id, kind, account_id, user_name, assigned_by, assigned_by_name, reason, valid_from, valid_to, ended_by,
        ended_by_name, end_reason
    FROM dossier_assignments WHERE dossier_id = ANY(ARRAY[:id::uuid]) AND (valid_to IS NULL OR valid_to > now())
    ORDER BY dossier_id, valid_from, id;
UPDATE dossiers SET status = 'accepted', outcome = NULL, clock = 'running', stage = 1, stage_since = now(), accepted_at = now(),
        due_at = current_date + interval '28 days', completed_at = NULL, ended_at = NULL, returned_at = NULL, resume_to = NULL,
        supplement_requests = 0, supplement_until = NULL, extensions = 0, extension = NULL, pauses = '[]', proposal = NULL,
        decision = NULL, calendar_version = 'calendar-41f02aa6b3',
        form = '{"contract": {"kind": "indefinite", "months": null}, "receives": "none", "termination": "contract_expired", "wage_regime": "employer", "wage_region": "III", "contributions": [{"to": "2026-09", "from": "2021-01", "wage_vnd": 8000000}], "terminated_on": "2026-10-15", "after_submission": {"on": null, "event": "none"}, "months_already_used": 0}',
        event_hash = bench_digest(:key), version = 2, overdue_from = current_date + interval '28 days', ended_by_unit = NULL,
        due_since = now()
    WHERE id = :id AND version = :version;
INSERT INTO dossier_events (dossier_id, seq, at, recorded_at, action, body, prev_hash, hash)
    VALUES (:id, 2, now(), now(), 'accept',
        '{"at": "2026-11-30T06:37:30.046807Z", "to": "accepted", "seq": 2, "from": "registered", "note": null, "role": "desk_officer", "unit": "H08.15", "actor": "bench.desk", "clock": "running", "action": "accept", "detail": {"due_after": "2026-12-28T10:00:00Z"}, "reason": null, "account": "01a22b2b-cffb-746c-82d3-262fff2f9f19", "dossier": "01a22b2c-3f27-755c-aaa9-948aec498efa", "reason_code": null, "officer_unit": "H08.15", "rule_version": null, "calendar_version": "calendar-41f02aa6b3"}',
        :event_hash, bench_digest(:key));
INSERT INTO outbox (id, at, topic, subject, body)
    VALUES (bench_id(), now(), 'dossier.accept', :code,
        '{"to": "accepted", "from": "registered", "outcome": null, "version": 2, "reason_code": null, "on_behalf_of": null}');
INSERT INTO idempotency_keys (scope, fingerprint, status, headers, body, created_at, expires_at)
    VALUES (bench_digest(:key), bench_digest(:key), 200, '[["etag", "\"v2\""]]',
        '{"code": "H08.15-261130-0001","status": "accepted","status_code": 2,"status_label": "Được tiếp nhận","procedure": "1.001978","unit": "H08.15","channel": "in_person","outcome": null,"submitted_at": "2026-11-30T13:37:29.766307+07:00","accepted_at": "2026-11-30T13:37:30.046807+07:00","due_at": "2026-12-28T17:00:00+07:00","completed_at": null,"clock": "running","stage": 1,"version": 2,"applicant_name": "Nguyễn Thị Lan","applicant_personal_id": "********0001","procedure_name": "Giải quyết hưởng trợ cấp thất nghiệp","unit_name": "Sở Lao động - Thương binh và Xã hội","applicant": {"name": "Nguyễn Thị Lan","personal_id": "052190000001","born_on": "1990-05-02","sex": "female","phone": "0905000001"},"represented": false,"form": {"contract": {"kind": "indefinite","months": null},"receives": "none","termination": "contract_expired","wage_regime": "employer","wage_region": "III","contributions": [{"to": "2026-09","from": "2021-01","wage_vnd": 8000000}],"terminated_on": "2026-10-15","after_submission": {"on": null,"event": "none"},"months_already_used": 0},"stage_name": "Giải quyết","ended_at": null,"returned_at": null,"supplement_until": null,"next": {"actor": "case_officer","who_vi": "Cán bộ giải quyết hồ sơ của Sở Lao động - Thương binh và Xã hội","who_en": "The officer who works the dossier at Sở Lao động - Thương binh và Xã hội","task": "begin","until": "2026-12-28","overdue": false,"text_vi": "Cán bộ giải quyết hồ sơ của Sở Lao động - Thương binh và Xã hội sẽ bắt đầu giải quyết hồ sơ; ngày hẹn trả kết quả là 28/12/2026.","text_en": "The officer who works the dossier at Sở Lao động - Thương binh và Xã hội begins to work on the dossier; the result is expected by 28 December 2026."},"remaining": {"late": false,"working_days": 20,"working_minutes": 9802,"text_vi": "Còn 20 ngày làm việc","text_en": "20 working days left"},"proposal": null,"assessment": null,"register_check": null,"decision": null,"portal": null}',
        now(), now() + interval '3 days');
UPDATE audit_heads SET seq = seq + 1, hash = bench_digest(:key), lease_until = now() + interval '1 day'
    WHERE chain = 'bench-' || :client_id RETURNING seq AS audit_seq, chain AS audit_chain \gset
INSERT INTO audit_entries (chain, seq, at, actor, actor_name, role, action, subject, unit, address, request_id, detail,
        prev_hash, hash)
    VALUES (:audit_chain, :audit_seq, now(), '01a20798-469b-7a4b-a7a6-d46bd1fd4b57', 'bench.desk', 'desk_officer', 'accept', :code,
        'H08.15', '127.0.0.1', bench_id()::text,
        '{"to": "accepted", "from": "registered", "outcome": null, "version": 2, "reason_code": null, "on_behalf_of": null}',
        bench_digest(:key), bench_digest(:key));
COMMIT;
