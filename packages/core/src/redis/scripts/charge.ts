import { counters } from "./counters.ts";

/**
 * Makes all charges of one owner, or none.
 *
 * KEYS: the counters' keys, all under one hash tag.
 * ARGV: whether this only looks (0 or 1); the moment after which nobody waits for it any more (µs by the
 * server's clock, 0: none); then eight a charge: which key (from 1), the policy's id, its code, the cost,
 * how many units more a lease would take (0: none), and of a rate µs a unit, its tolerance in µs and 0;
 * of a quota its units (`-`: unlimited), and the start and the end of the period that it is now, as
 * far as the caller knows: spares the script the calendar.
 * Reply: 1 (charged), 0 (refused) or 2 (too late, nothing is done); the server's clock, µs; two numbers a
 * key: when it began, µs, and its first ticket; three a charge: its two marks and the units leased.
 */
export const chargeScript = `${counters}
local looks, deadline = ARGV[1] == '1', ARGV[2] + 0
if deadline > 0 and now > deadline then return { 2, now } end

local found, counts, tickets = {}, {}, {}
for k = 1, #KEYS do
  found[k], counts[k] = load(KEYS[k])
  tickets[k] = 0
end

local allowed, reply, befores = true, { 1, now }, {}
local told = 2 * #KEYS + 2
for a = 3, #ARGV, 8 do
  local k, id, code = ARGV[a] + 0, ARGV[a + 1], ARGV[a + 2] + 0
  local cost, more = ARGV[a + 3] + 0, ARGV[a + 4] + 0
  local counter = found[k]
  local at = find(counter, id)
  local known = counter[at] == id
  local before, side, last, left, after
  if code == 0 then
    last = ARGV[a + 5] + 0
    before, side = now, counter[3]
    if known then
      before, side = counter[at + 2], counter[at + 3]
      local interval = counter[at + 4]
      if interval ~= last and before > now then
        -- Receipts from before the change count in µs of another worth: nothing is left to give back.
        side = side + before - now
        before = math.min(MOST, now + math.ceil((before - now) / interval * last))
      end
    end
    local from = before > now and before or now
    left = floor((ARGV[a + 6] - from + now) / last)
    after = from + cost * last
  else
    local quota = ARGV[a + 5] == '-' and math.huge or ARGV[a + 5] + 0
    local start = ARGV[a + 6] + 0
    last = ARGV[a + 7] + 0
    if now < start or now >= last then start, last = periodOf(code, now) end
    before, side = 0, start
    if known then
      before, side = counter[at + 2], counter[at + 3]
      local ends = counter[at + 4]
      if counter[at + 1] ~= code then
        -- What was used in a period that still runs goes over into the new kind of period.
        if now >= ends then before = 0 end
        side, ends = periodOf(code, math.max(now, side))
      end
      -- A period later than the clock's, after the clock stepped back, stays.
      if side < start then before, side = 0, start else last = ends end
    end
    left = quota - before
    after = math.min(MOST, before + cost)
  end
  local granted, taken = 0, cost
  if cost > left then
    if cost > 0 then allowed = false end
    after, taken = before, 0
  elseif more > 0 then
    -- The nearer the limit, the less is taken ahead: others want to find something too.
    granted = math.min(more, floor((left - cost) / 8))
    taken = taken + granted
    after = math.min(MOST, after + (code == 0 and granted * last or granted))
  end
  if taken > 0 then
    if not known then
      counts[k] = counts[k] + 1
      if counts[k] > ENTRIES then return redis.error_reply('FLUXSCHEMA too many policies on one key') end
      counter[at] = id
    end
    counter[at + 1], counter[at + 2], counter[at + 3], counter[at + 4] = code, after, side, last
  else
    after = before
  end
  tickets[k] = tickets[k] + 2
  befores[#befores + 1] = before
  reply[told + 1], reply[told + 2], reply[told + 3] = after, side, granted
  told = told + 3
end

for k = 1, #KEYS do
  local counter = found[k]
  if allowed and not looks then
    -- Tickets of one call are in one chunk of 8,192, so that one key knows which are settled.
    local first = counter[2]
    if first % 8192 + tickets[k] > 8192 then first = first + 8192 - first % 8192 end
    counter[2] = first + tickets[k]
    save(KEYS[k], counter, counts[k])
    reply[2 * k + 1], reply[2 * k + 2] = counter[1], first
  else
    reply[2 * k + 1], reply[2 * k + 2] = 0, 0
  end
end
if not allowed then
  reply[1] = 0
  for i, before in ipairs(befores) do
    reply[2 * #KEYS + 3 * i], reply[2 * #KEYS + 3 * i + 2] = before, 0
  end
end
return reply
`;
