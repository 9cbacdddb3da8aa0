-- wrk: reads dossiers by code, any of those there are.
-- Environment: BENCH_TOKEN, BENCH_PREFIX (of the codes), BENCH_ROWS (how many there are).
local prefix = os.getenv("BENCH_PREFIX")
local rows = tonumber(os.getenv("BENCH_ROWS"))

function init(args)
  math.randomseed(os.time())
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
end

function request()
  return wrk.format("GET", string.format("/api/v1/dossiers/%s%04d", prefix, math.random(1, rows)))
end

done = dofile(os.getenv("BENCH_REPORT"))
