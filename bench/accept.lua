-- wrk: accepts dossiers, each once, in the order of their numbers.
-- Environment: BENCH_TOKEN, BENCH_RUN (makes keys unique), BENCH_PREFIX (of the codes), BENCH_FROM (first number).
local run = os.getenv("BENCH_RUN")
local prefix = os.getenv("BENCH_PREFIX")
local number = tonumber(os.getenv("BENCH_FROM")) - 1

function init(args)
  wrk.method = "POST"
  wrk.body = "{}"
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["If-Match"] = '"v1"'
end

function request()
  number = number + 1
  wrk.headers["Idempotency-Key"] = run .. "-" .. number
  return wrk.format(nil, string.format("/api/v1/dossiers/%s%04d/accept", prefix, number))
end

done = dofile(os.getenv("BENCH_REPORT"))
