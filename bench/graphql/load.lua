-- Asks for things in turn over all connections; the last line of what it prints is JSON of what came.
--
-- Answers and the processor time of the contender are counted between two moments of the steady
-- state, so that what is under way at either end makes no difference. Every answer is looked at.
local ffi = require('ffi')
ffi.cdef [[
  typedef struct { long seconds, nanoseconds; } instant;
  int clock_gettime(int clock, instant *now);
  int getpid(void);
  int kill(int process, int signal);
]]
local MONOTONIC, INTERRUPT = 1, 2 -- a clock, a signal
local UTIME = 12 -- of what follows the name in /proc/PID/stat; the next is system time
local IDLE = 4 -- of the figures of a processor in /proc/stat; the next waits for disks
local MOST_WRONG = 5 -- kinds of wrong answers that are told
local threads = {} -- where `done` runs

-- The state of a thread: what has no `local` can be read by `done`.
answers, wrong = 0, {}
local asked, pids, instant, kinds = nil, {}, ffi.new('instant'), 0
local requests, turn, lengths = {}, 0, {}

local function now ()
  ffi.C.clock_gettime(MONOTONIC, instant)
  return tonumber(instant.seconds) + tonumber(instant.nanoseconds) / 1e9
end

local function read (path)
  local file = assert(io.open(path))
  local text = file:read('*a')
  file:close()
  return text
end

local function words (text)
  local found = {}
  for word in text:gmatch('%S+') do found[#found + 1] = word end
  return found
end

local function spent ()
  local sum = 0
  for _, pid in ipairs(pids) do
    local values = words(read('/proc/' .. pid .. '/stat'):match('.*%)(.*)'))
    sum = sum + values[UTIME] + values[UTIME + 1]
  end
  return sum
end

local function idle ()
  local values = words(read('/proc/stat'):match('cpu' .. asked.core .. ' ([^\n]*)'))
  return values[IDLE] + values[IDLE + 1]
end

local function moment ()
  return { at = now(), answers = answers, spent = spent(), idle = idle() }
end

function setup (thread)
  threads[#threads + 1] = thread
end

function init (args)
  asked = {
    settled = tonumber(args[1]), -- answers before the first moment
    least = tonumber(args[2]), -- answers between the moments, if they come in time
    seconds = tonumber(args[3]), -- between the moments, at least
    longest = tonumber(args[4]), -- and at most
    core = args[5]
  }
  local after = 7 + 4 * tonumber(args[6])
  for place = 7, after - 1, 4 do
    local method, path, body, length = unpack(args, place, place + 3)
    requests[#requests + 1] = wrk.format(method, path, nil, body ~= '' and body or nil)
    lengths[tonumber(length)] = true
  end
  for place = after, #args do pids[#pids + 1] = args[place] end
end

function request ()
  turn = turn % #requests + 1
  return requests[turn]
end

local function note (what, body)
  if wrong[what] or kinds == MOST_WRONG then return end
  kinds = kinds + 1
  wrong[what] = body:sub(1, 300)
end

-- A slow contender answers in bursts: so many answers belong to the measure, if they come in time.
local function enough ()
  local waited = now() - from.at
  if waited < asked.seconds then return false end
  return answers - from.answers >= asked.least or waited >= asked.longest
end

function response (status, headers, body)
  answers = answers + 1
  if status ~= 200 then
    note('status ' .. status, body)
  elseif not lengths[#body] then
    note(#body .. ' bytes', body)
  end
  if not from then
    if answers > asked.settled then from = moment() end
  elseif not to and enough() then
    to = moment()
    wrk.thread:stop()
    ffi.C.kill(ffi.C.getpid(), INTERRUPT) -- who waits for the end of the time need not
  end
end

local function quoted (text)
  local function escaped (byte) return string.format('\\u%04x', byte:byte()) end
  return '"' .. text:gsub('[%c"\\\127-\255]', escaped) .. '"'
end

-- Tables whose keys are words, and lists.
local function json (value)
  if type(value) == 'nil' then return 'null' end
  if type(value) == 'number' then return string.format('%.17g', value) end
  if type(value) == 'string' then return quoted(value) end
  local parts = {}
  if value[1] then
    for place, part in ipairs(value) do parts[place] = json(part) end
    return '[' .. table.concat(parts, ',') .. ']'
  end
  for key, part in pairs(value) do parts[#parts + 1] = quoted(key) .. ':' .. json(part) end
  return '{' .. table.concat(parts, ',') .. '}'
end

function done (summary, latency)
  local thread, waits = threads[1], {}
  for place = 1, #latency do waits[place] = { latency(place) } end
  print(json {
    from = thread:get('from'),
    to = thread:get('to'),
    wrong = thread:get('wrong'),
    summary = summary,
    waits = waits[1] and waits or nil -- an empty table has no kind
  })
end
