import { counters } from "./counters.ts";

/**
 * Makes all charges of one owner, or none.
 *
 * KEYS: the counters' keys, all under one hash tag.
 * ARGV: the call, packed: a byte, whether this only looks (0 or 1); a double, the moment after which nobody
 * waits for it any more, µs by the server's clock; two bytes, how many charges; then for each two bytes, which key
 * it is on (from 1), the policy's id and a zero byte, its code as a byte, and four doubles: the cost, and of
 * a rate µs a unit, its tolerance in µs and 0; of a quota its units, and the start and the end of the period
 * that it is now, as far as the caller knows, which spares the script the calendar. Where leases are asked
 * for, also a JSON array: how many units more they would take, a number for each charge.
 * Reply, packed doubles: 1 (charged), 0 (refused) or 2 (too late, nothing is done); the server's clock, µs;
 * two numbers a key: when it began, µs, and its first ticket; two a charge: its marks; and where leases were
 * asked for, one more a charge: the units leased. (Arguments and replies of many parts would cost more than the script itself.)
 */
export const chargeScript = `${counters}
local given = ARGV[1]
local looks, deadline, charges, place = unpackBytes('<BdH', given)
if not (now <= deadline) then return struct.pack('<dd', 2, now) end
local more = ARGV[2] and cjson.decode(ARGV[2])

local found, counts, tickets = {}, {}, {}
for k = 1, #KEYS do
  found[k], counts[k] = load(KEYS[k])
  tickets[k] = 0
end

local allowed = true
-- Made as long as most are: a table that grows is copied each time.
local reply = { 1, now, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
local befores, leased = { 0, 0, 0, 0 }, more and {}
local told = 2 * #KEYS + 2
for i = 1, charges do
  local k, id, code, cost, first, second, third
  k, id, code, cost, first, second, third, place = unpackBytes('<HsBdddd', given, place)
  local counter = found[k]
  local at = find(counter, id)
  local known = counter[at] == id
  local before, side, last, left, after
  if code == 0 then
    last = first
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
    left = floor((second - from + now) / last)
    after = from + cost * last
  else
    local quota, start = first, second
    last = third
    if not (now >= start and now < last) then start, last = periodOf(code, now) end
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
  elseif more then
    -- The nearer the limit, the less is taken ahead: others want to find something too.
    granted = math.min(more[i], floor((left - cost) / 8))
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
  befores[i] = before
  reply[told + 1], reply[told + 2] = after, side
  if leased then leased[i] = granted end
  told = told + 2
end

for k = 1, #KEYS do
  local counter = found[k]
  if allowed and looks == 0 then
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
  reply[1], told = 0, 2 * #KEYS + 2
  for i, before in ipairs(befores) do
    if i > charges then break end
    reply[told + 1] = before
    told = told + 2
  end
elseif leased then
  for _, granted in ipairs(leased) do
    told = told + 1
    reply[told] = granted
  end
end
return struct.pack('<' .. string.rep('d', told), unpack(reply, 1, told))
`;
