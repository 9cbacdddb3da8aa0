-- wrk: a working day: of 20 requests one submission, one page, the rest readings.
-- Environment: those of submit.lua and read.lua.
local token = os.getenv("BENCH_TOKEN")
local prefix = os.getenv("BENCH_PREFIX")
local rows = tonumber(os.getenv("BENCH_ROWS"))
local here = os.getenv("BENCH_REPORT"):gsub("report.lua$", "")
local pieces = dofile(here .. "pieces.lua")
local turn, before, rest, page = 0

dofile(here .. "submit.lua")
local submit, begin = request, init

local function get(path)
  return wrk.format("GET", path, { ["Authorization"] = "Bearer " .. token }, "")
end

function init(args)
  begin(args)
  before, rest = unpack(pieces(get("/api/v1/dossiers/@@@@@@")))
  page = get("/api/v1/dossiers?limit=50")
end

function request()
  turn = (turn + 1) % 20
  if turn == 0 then
    return submit()
  elseif turn == 10 then
    return page
  end
  return before .. string.format("%s%04d", prefix, math.random(1, rows)) .. rest
end
