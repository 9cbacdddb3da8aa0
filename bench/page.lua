-- wrk: the newest 50 dossiers within reach.
-- Environment: BENCH_TOKEN.
function init(args)
  wrk.path = "/api/v1/dossiers?limit=50"
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
  local whole = wrk.format()
  request = function() return whole end
end

done = dofile(os.getenv("BENCH_REPORT"))
