-- For pgbench only: what the server makes in its own memory, and a chain of audit for each client
-- (the server has one a write lane).

-- An identifier ordered by time, as those of the server are (UUID version 7).
CREATE FUNCTION bench_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
        || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
$$;

-- A digest of 64 digits, at the cost of a cheap one.
CREATE FUNCTION bench_digest(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT md5(n::text) || md5((n + 1)::text)
$$;

-- The unit that receives: always the same, or one of several.
CREATE FUNCTION bench_unit(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN n = 0 THEN 'H08.15' ELSE 'H08.15.' || n END
$$;

INSERT INTO audit_heads (chain, seq, hash, owner, lease_until)
SELECT 'bench-' || n, 0, repeat('0', 64), bench_id(), now() + interval '1 day' FROM generate_series(0, 63) AS n;

-- Which dossier is accepted next.
CREATE SEQUENCE bench_turn;
