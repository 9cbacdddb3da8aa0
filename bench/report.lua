-- wrk: one line that bench/run reads.
return function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'REPORT {"requests":%d,"seconds":%.4f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency.max / 1000, e.status, e.connect + e.read + e.write + e.timeout))
end
