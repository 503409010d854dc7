-- Arguments: method, path with @ for the request's number, first number, count of numbers, headers "Name: value".
-- All requests are formatted before the load begins, then sent in turn.
local requests = {}
local at = 0

function init(args)
  local headers = {}
  for i = 5, #args do
    local name, value = args[i]:match("^(.-): (.*)$")
    headers[name] = value
  end
  local first, count = tonumber(args[3]), tonumber(args[4])
  for i = 1, count do
    local path = args[2]:gsub("@", tostring(first + i - 1))
    requests[i] = wrk.format(args[1], path, headers)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nJSON {"requests": %d, "seconds": %f, "failedStatus": %d, "broken": %d, "p99Ms": %f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(99) / 1e3))
end
