import { counters } from "./counters.ts";

/**
 * Turns what was charged into what was used, each charge once.
 *
 * KEYS: the counters' key; the key of the bits that say which tickets of one chunk are settled.
 * ARGV: when the counters' key began, µs, by the receipt; then eight a charge: its ticket within the chunk
 * (`-`: it has none, and the caller sees to it that this is asked once), the policy's id, its code, µs a
 * unit (of a quota the end of the receipt's period, µs), the units charged, the units used, and the
 * receipt's two marks.
 */
export const settleScript = `${counters}
local LONG = 60 * 86400000000
local counter, count = load(KEYS[1])
-- What was charged to a key that is gone cannot be taken off the one that came after it.
local same = counter[1] == ARGV[1] + 0
-- Until when the bits are of use.
local lasts, changed = 0, false

for a = 2, #ARGV, 8 do
  local ticket, id, code, last = ARGV[a], ARGV[a + 1], ARGV[a + 2] + 0, ARGV[a + 3] + 0
  local cost, used = ARGV[a + 4] + 0, ARGV[a + 5] + 0
  local value, side = ARGV[a + 6] + 0, ARGV[a + 7] + 0
  local ends = code == 0 and value or last
  local over = code > 0 and now >= ends
  if not over and (ticket == '-' or call('SETBIT', KEYS[2], ticket, 1) == 0) then
    -- Giving back is worth nothing as soon as the rate is full; more is charged at any time, and once.
    if code == 0 and used > cost then ends = now + LONG end
    if ticket ~= '-' and ends > lasts then lasts = ends end
    local at = find(counter, id)
    local known = counter[at] == id
    local after, afterSide
    if code == 0 and used > cost then
      local tat = known and math.max(now, counter[at + 2]) or now
      if known then last = counter[at + 4] end
      after, afterSide = math.min(MOST, tat + (used - cost) * last), known and counter[at + 3] or counter[3]
    elseif code == 0 and used < cost and same and known and counter[at + 1] == 0 then
      -- What still lies in the future of what the charge added, less what was given to others since.
      local credit = math.min((cost - used) * last, value - (counter[at + 3] - side) - now)
      if credit > 0 then
        last = counter[at + 4]
        after, afterSide = counter[at + 2] - credit, counter[at + 3] + credit
      end
    elseif code > 0 and used ~= cost and (same or used > cost) then
      if known and counter[at + 3] == side then
        code, last = counter[at + 1], counter[at + 4]
        after, afterSide = math.max(0, math.min(MOST, counter[at + 2] + used - cost)), side
      elseif used > cost and (not known or counter[at + 1] == code and counter[at + 3] < side) then
        after, afterSide = used - cost, side
      end
    end
    if after then
      if not known then
        counter[at] = id
        count = count + 1
      end
      counter[at + 1], counter[at + 2], counter[at + 3], counter[at + 4] = code, after, afterSide, last
      changed = true
    end
  end
end
if changed then save(KEYS[1], counter, count) end
-- The bits live as long as anything that they speak of could be settled.
if lasts > 0 and call('PTTL', KEYS[2]) < (lasts + GRACE - now) / 1000 then
  call('PEXPIREAT', KEYS[2], floor((math.max(lasts, now) + GRACE) / 1000))
end
return 1
`;
