-- wrk: submits dossiers, each with a key of its own and another applicant.
-- Environment: BENCH_TOKEN, BENCH_RUN (makes keys unique), BENCH_DELAY (milliseconds that each connection waits between an
-- answer and its next request, on average; none without it).
local token = os.getenv("BENCH_TOKEN")
local run = os.getenv("BENCH_RUN")
local pieces = dofile((os.getenv("BENCH_REPORT"):gsub("report.lua$", "pieces.lua")))
local sent, before, key, name, rest = 0

-- Each thread of wrk is a program of its own: without a number they would send the same keys with other bodies.
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local body = '{"procedure":"1.001978","unit":"H08.15","channel":"in_person","applicant":{"name":"Nguyễn Thị Lan",'
  .. '"personal_id":"052190%06d","born_on":"1990-05-02","sex":"female","phone":"0905%06d"},'
  .. '"form":{"terminated_on":"2026-10-15","termination":"contract_expired",'
  .. '"contract":{"kind":"indefinite","months":null},'
  .. '"contributions":[{"from":"2021-01","to":"2026-09","wage_vnd":8000000}],"months_already_used":0,'
  .. '"wage_regime":"employer","wage_region":"III","after_submission":{"event":"none","on":null},"receives":"none"},'
  .. '"papers":[{"code":"mau_03","original":true},{"code":"cham_dut_hdld","original":true},'
  .. '{"code":"so_bhxh","original":true}]}'

function init(args)
  math.randomseed(os.time() + number)
  wrk.headers["Authorization"] = "Bearer " .. token
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Idempotency-Key"] = "@@@@@@"
  before, key, name, rest = unpack(pieces(wrk.format("POST", "/api/v1/dossiers", nil, (body:gsub("%%06d", "@@@@@@")))))
end

function request()
  sent = sent + 1
  local person = string.format("%06d", math.random(0, 999999))
  return before .. run .. "-" .. number .. "-" .. sent .. key .. person .. name .. person .. rest
end

local pause = tonumber(os.getenv("BENCH_DELAY") or "0")
if pause > 0 then
  function delay()
    return math.random(0, 2 * pause)
  end
end

done = dofile(os.getenv("BENCH_REPORT"))
