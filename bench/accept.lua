-- wrk: accepts dossiers, each once, in the order of their numbers.
-- Environment: BENCH_TOKEN, BENCH_RUN (makes keys unique), BENCH_PREFIX (of the codes), BENCH_FROM (first number).
local run = os.getenv("BENCH_RUN")
local prefix = os.getenv("BENCH_PREFIX")
local number = tonumber(os.getenv("BENCH_FROM")) - 1

local pieces = dofile((os.getenv("BENCH_REPORT"):gsub("report.lua$", "pieces.lua")))
local before, code, rest

function init(args)
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["If-Match"] = '"v1"'
  wrk.headers["Idempotency-Key"] = "@@@@@@"
  before, code, rest = unpack(pieces(wrk.format("POST", "/api/v1/dossiers/@@@@@@/accept", nil, "{}")))
end

function request()
  number = number + 1
  return before .. string.format("%s%04d", prefix, number) .. code .. run .. "-" .. number .. rest
end

done = dofile(os.getenv("BENCH_REPORT"))
