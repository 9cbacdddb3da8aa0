-- wrk: reads dossiers by code, any of those there are.
-- Environment: BENCH_TOKEN, BENCH_PREFIX (of the codes), BENCH_ROWS (how many there are).
local prefix = os.getenv("BENCH_PREFIX")
local rows = tonumber(os.getenv("BENCH_ROWS"))

local pieces = dofile((os.getenv("BENCH_REPORT"):gsub("report.lua$", "pieces.lua")))
local before, rest

function init(args)
  math.randomseed(os.time())
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
  before, rest = unpack(pieces(wrk.format("GET", "/api/v1/dossiers/@@@@@@")))
end

function request()
  return before .. string.format("%s%04d", prefix, math.random(1, rows)) .. rest
end

done = dofile(os.getenv("BENCH_REPORT"))
