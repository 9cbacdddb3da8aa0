-- 32 dossiers, one transaction, one statement: what PostgreSQL can do at best with rows made inside it.
-- Variables as in submit.sql.
\set key random(1, 9000000000000000)
\set u random(0, :last_unit)
WITH counted AS (
    INSERT INTO code_sequences (unit, day, next) VALUES (bench_unit(:u), current_date, 33)
        ON CONFLICT (unit, day) DO UPDATE SET next = code_sequences.next + excluded.next - 1
        RETURNING next - 33 AS start, unit
), head AS (
    UPDATE audit_heads SET seq = seq + 32, hash = bench_digest(:key::bigint), lease_until = now() + interval '1 day'
        WHERE chain = 'bench-' || :client_id RETURNING seq - 32 AS start, chain
), made AS MATERIALIZED (
    SELECT i, bench_id() AS id, bench_digest(:key::bigint + i) AS digest, lpad(floor(random() * 1000000)::text, 6, '0') AS person,
        c.unit, c.unit || '-' || to_char(current_date, 'YYMMDD') || '-'
            || lpad((c.start + i)::text, greatest(4, length((c.start + i)::text)), '0') AS code
    FROM counted AS c, generate_series(1, 32) AS i
), answered AS (
    SELECT scope FROM idempotency_keys WHERE scope = ANY(ARRAY(SELECT digest FROM made))
), same AS (
    SELECT o.id FROM made, LATERAL (SELECT id FROM dossiers
        WHERE personal_id = '052190' || made.person AND procedure_code = '1.001978' AND ended_at IS NULL AND returned_at IS NULL
        ORDER BY submitted_at DESC, id DESC LIMIT 200) AS o
), d AS (
    INSERT INTO dossiers (id, code, procedure_code, procedure_version, unit, channel, status, clock, stage, stage_since,
        submitted_at, applicant_name, name_folded, personal_id, born_on, sex, phone, submitted_by, supplement_requests,
        extensions, pauses, form, secret_hash, event_hash, version)
    SELECT id, code, '1.001978', '01a20798-44b0-7e07-8bf1-2fd7b6f6b6a1', unit, 'in_person', 'registered', 'not_started', 1,
        now(), now(), 'Nguyễn Thị Lan', 'nguyen thi lan', '052190' || person, '1990-05-02', 'female', '0905' || person,
        '01a20798-469b-7a4b-a7a6-d46bd1fd4b57', 0, 0, '[]',
        '{"terminated_on": "2026-10-15", "termination": "contract_expired", "contract": {"kind": "indefinite", "months": null}, "contributions": [{"from": "2021-01", "to": "2026-09", "wage_vnd": 8000000}], "months_already_used": 0, "wage_regime": "employer", "wage_region": "III", "after_submission": {"event": "none", "on": null}, "receives": "none"}',
        digest, digest, 1
    FROM made
), e AS (
    INSERT INTO dossier_events (dossier_id, seq, at, recorded_at, action, body, prev_hash, hash)
    SELECT id, 1, now(), now(), 'submit_dossier',
        '{"at": "2026-11-23T09:09:29.602008Z", "to": "registered", "seq": 1, "from": null, "note": null, "role": "desk_officer", "unit": "H08.15", "actor": "bench.desk", "clock": "not_started", "action": "submit_dossier", "detail": {"papers": ["mau_03", "cham_dut_hdld", "so_bhxh"]}, "reason": null, "account": "01a20798-469b-7a4b-a7a6-d46bd1fd4b57", "dossier": "01a20798-5155-7d3b-a387-6cbb14573c32", "reason_code": null, "officer_unit": "H08.15", "rule_version": null, "calendar_version": null}',
        '', digest
    FROM made
), p AS (
    INSERT INTO dossier_papers (id, dossier_id, code, original, digitised, reused, handed_in_at)
    SELECT bench_id(), id, paper, true, false, false, now()
    FROM made, unnest(ARRAY['mau_03', 'cham_dut_hdld', 'so_bhxh']) AS paper
), f AS (
    INSERT INTO figure_deltas (id, day, procedure_code, unit, channel, figure, n)
    SELECT bench_id(), current_date, '1.001978', unit, 'in_person', 'received', 1 FROM made
), o AS (
    INSERT INTO outbox (id, at, topic, subject, body)
    SELECT bench_id(), now(), 'dossier.submit_dossier', code, '{"to": "registered", "from": null, "outcome": null, "version": 1, "reason_code": null, "on_behalf_of": null}' FROM made
), k AS (
    INSERT INTO idempotency_keys (scope, fingerprint, status, headers, body, created_at, expires_at)
    SELECT digest, digest, 201, '[["location", "/api/v1/dossiers/H08.15-261130-0001"], ["etag", "\"v1\""]]',
        '{"code": "H08.15-261130-0001","status": "registered","status_code": 1,"status_label": "Mới đăng ký","procedure": "1.001978","unit": "H08.15","channel": "in_person","outcome": null,"submitted_at": "2026-11-30T13:37:29.766307+07:00","accepted_at": null,"due_at": null,"completed_at": null,"clock": "not_started","stage": 1,"version": 1,"applicant_name": "Nguyễn Thị Lan","applicant_personal_id": "********0001","procedure_name": "Giải quyết hưởng trợ cấp thất nghiệp","unit_name": "Sở Lao động - Thương binh và Xã hội","applicant": {"name": "Nguyễn Thị Lan","personal_id": "052190000001","born_on": "1990-05-02","sex": "female","phone": "0905000001"},"represented": false,"form": {"terminated_on": "2026-10-15","termination": "contract_expired","contract": {"kind": "indefinite","months": null},"contributions": [{"from": "2021-01","to": "2026-09","wage_vnd": 8000000}],"months_already_used": 0,"wage_regime": "employer","wage_region": "III","after_submission": {"event": "none","on": null},"receives": "none"},"stage_name": "Giải quyết","ended_at": null,"returned_at": null,"supplement_until": null,"next": {"actor": "desk","who_vi": "Bộ phận Một cửa của Sở Lao động - Thương binh và Xã hội","who_en": "The desk of Sở Lao động - Thương binh và Xã hội","task": "check_in","until": null,"overdue": false,"text_vi": "Bộ phận Một cửa của Sở Lao động - Thương binh và Xã hội sẽ kiểm tra giấy tờ và tiếp nhận hồ sơ.","text_en": "The desk of Sở Lao động - Thương binh và Xã hội checks the papers and accepts the dossier."},"remaining": null,"proposal": null,"assessment": null,"register_check": null,"decision": null,"portal": null,"possible_duplicates": [],"tracking_secret": "2L2QA363QDZW"}',
        now(), now() + interval '3 days'
    FROM made
)
INSERT INTO audit_entries (chain, seq, at, actor, actor_name, role, action, subject, unit, address, request_id, detail,
        prev_hash, hash)
SELECT h.chain, h.start + i, now(), '01a20798-469b-7a4b-a7a6-d46bd1fd4b57', 'bench.desk', 'desk_officer', 'submit_dossier', code, unit, '127.0.0.1',
    bench_id()::text, '{"to": "registered", "from": null, "outcome": null, "version": 1, "reason_code": null, "on_behalf_of": null}', digest, digest
FROM made, head AS h
WHERE (SELECT count(*) FROM answered) = 0 AND (SELECT count(*) FROM same) >= 0;
