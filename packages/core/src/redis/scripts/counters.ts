/**
 * The Lua that both scripts begin with: the server's clock, the calendar, and how counters are packed.
 *
 * A key holds the counters of one owner, or of one partition of an owner: a head, then an entry for each
 * policy. Numbers are little-endian; every number is an integer below 2^53, so that a double is exact.
 *
 * | head | | entry | |
 * | --- | --- | --- | --- |
 * | byte | version of this layout | text | the policy's id, and a zero byte |
 * | 2 bytes | how many entries | byte | 0: a rate; 1, 2, 3: a quota per hour, day, month |
 * | double | when the key began, µs: tells it from one of the same name before it | double | TAT, µs; of a quota the units used |
 * | double | the next ticket | double | credits given, µs; of a quota the start of its period, µs |
 * | double | credits of entries that are gone, µs: what a new rate's credits begin at | double | µs a unit; of a quota the end of its period, µs |
 * | double | when the key expires, µs | | |
 *
 * In Lua this is one flat table: the four doubles of the head, then five values an entry. One call
 * packs or unpacks it all; with a table an entry, the script takes twice as long.
 *
 * Entries that tell nothing any more are dropped 10 s later, and the key expires 10 s after all of them at
 * the earliest: a clock that steps back by less opens nothing. Its expiry is moved once a minute at most,
 * since that costs as much as two charges.
 */
export const counters = `
local call, floor, unpackBytes = redis.call, math.floor, struct.unpack
local VERSION, MOST, GRACE, SLACK, ENTRIES = 1, 9007199254740991, 10000000, 60000000, 1500
local time = call('TIME')
local now = time[1] * 1000000 + time[2]

local function load(key)
  local data = call('GET', key)
  if not data then return { now, 0, 0, 0 }, 0 end
  local version, count = struct.unpack('<BH', data)
  if version ~= VERSION then
    error('FLUXSCHEMA ' .. key .. ' has layout ' .. version .. ', and this is for ' .. VERSION, 0)
  end
  local counter = { struct.unpack('<dddd' .. string.rep('sBddd', count), data, 4) }
  counter[5 + 5 * count] = nil
  return counter, count
end

local function save(key, counter, count)
  local last, idle = now, false
  for at = 5, 5 * count, 5 do
    local ends = counter[at + (counter[at + 1] == 0 and 2 or 4)]
    if ends > last then last = ends elseif ends <= now - GRACE then idle = true end
  end
  for at = 5 * count, idle and 5 or math.huge, -5 do
    if counter[at + (counter[at + 1] == 0 and 2 or 4)] <= now - GRACE then
      if counter[at + 1] == 0 and counter[at + 3] > counter[3] then counter[3] = counter[at + 3] end
      for _ = 1, 5 do table.remove(counter, at) end
      count = count - 1
    end
  end
  local moves = last + GRACE > counter[4]
  if moves then counter[4] = last + GRACE + SLACK end
  local data = struct.pack('<BHdddd' .. string.rep('sBddd', count), VERSION, count, unpack(counter))
  if moves then
    call('SET', key, data, 'PXAT', floor(counter[4] / 1000))
  else
    call('SET', key, data, 'KEEPTTL')
  end
end

-- Where the entry of a policy is, or would be added.
local function find(counter, id)
  local at = 5
  while counter[at] and counter[at] ~= id do at = at + 5 end
  return at
end

-- The start and the end of the period that a moment is in: UTC, proleptic Gregorian calendar.
local function periodOf(code, at)
  local day = 86400000000
  local length = code == 1 and 3600000000 or day
  if code < 3 then return at - at % length, at - at % length + length end
  local days = floor(at / day) + 719468
  local era = floor(days / 146097)
  local ofEra = days - era * 146097
  local year = floor((ofEra - floor(ofEra / 1460) + floor(ofEra / 36524) - floor(ofEra / 146096)) / 365)
  local ofYear = ofEra - (365 * year + floor(year / 4) - floor(year / 100))
  -- Counted from March, so that the leap day is the last of its year.
  local month = floor((5 * ofYear + 2) / 153)
  year = year + 400 * era
  local function first(ofMonth)
    local y, m = year, ofMonth
    if m > 11 then y, m = y + 1, m - 12 end
    local e = floor(y / 400)
    local yearOfEra = y - e * 400
    return (e * 146097 + yearOfEra * 365 + floor(yearOfEra / 4) - floor(yearOfEra / 100)
      + floor((153 * m + 2) / 5) - 719468) * day
  end
  return first(month), first(month + 1)
end
`;
