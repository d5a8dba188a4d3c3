/** What is sold, what is counted, and what becomes of it. */
import { type Case, one, several, step, times } from "./case.ts";

export const sold: readonly Case[] = [
  one("a flag that is off", "GET /beta", "member"),
  one("a flag that is off for this plan", "GET /pro-only", "member"),
  one("a flag that is on for this plan", "GET /pro-only", "staff"),
  one("a flag in another variant", "GET /dark", "staff"),
  one("a feature that the plan has", "GET /exports", "staff"),
  one("a feature that the plan does not have", "GET /exports", "member"),
  one("features that the plan has", "GET /seats", "staff"),
  one("features that the plan does not have", "GET /seats", "member"),
  one("a feature granted to one tenant", "GET /exports", "key of special-grants"),
  one("several denials at once", "GET /everything", "member"),
  one("several denials at once, and no tenant", "GET /everything", "tenantless"),
  { ...one("a flag that is off, told by its name", "GET /beta", "member"), edition: "open" },
  { ...one("a flag that is off, not told to a stranger", "GET /beta"), edition: "open" },
  {
    ...one("where the config says nothing, and nothing is open", "GET /unlisted", "member"),
    edition: "open",
  },
];

export const counted: readonly Case[] = [
  several(
    "a limit, until it is exhausted",
    ...times(4, step("GET /limited", "key of free-limited")),
  ),
  several("a limit with a larger burst", ...times(2, step("GET /limited", "key of pro-limited"))),
  several("a limit of a day", ...times(3, step("GET /daily", "key of special-grants"))),
  several("a cost of more than one", ...times(2, step("POST /costly", "key of free-costly"))),
  one("a cost above the burst", "POST /huge", "key of free-huge"),
  one("a cost that cannot be told", "POST /broken-cost", "key of free-broken-cost"),
  several("a limit of a principal", ...times(3, step("GET /personal", "tenantless"))),
  several(
    "two limits, of which one is exhausted",
    ...times(3, step("GET /both", "key of free-both")),
  ),
  several("a limit of an address, told to anyone", ...times(3, step("POST /ring"))),
  several("a limit of an address, before anyone is known", ...times(3, step("GET /shielded"))),
  several(
    "a limit of an address, told to who is known",
    ...times(2, step("GET /shielded", "staff")),
  ),
  several("a quota, until it is used up", ...times(2, step("POST /chat", "key of free-chat"))),
  several("a quota of an hour", ...times(2, step("GET /hourly", "key of free-hourly"))),
  one("a quota without end", "POST /chat", "key of scale-chat"),
  one("more than a quota ever has", "POST /too-much", "key of free-peeks"),
  one(
    "more than a quota ever has, of a tenant with a grant of its own",
    "POST /chat",
    "key of special-grants",
  ),
  several(
    "what is only looked at is not charged",
    ...times(2, step("GET /usage", "key of free-peeks")),
  ),
  several(
    "a reservation is settled to what was used",
    step("POST /settles", "key of free-settles"),
    step("GET /usage", "key of free-settles"),
  ),
];

export const guards: readonly Case[] = [
  several(
    "a guard on the route and one for all routes charge once",
    ...times(2, step("POST /guarded", "key of free-guarded")),
  ),
  several(
    "what the guard on the route refuses costs nothing",
    step("POST /guarded/refused", "key of free-refused"),
    step("GET /usage", "key of free-refused"),
    step("GET /limited", "key of free-refused"),
  ),
  one(
    "a guard on the route with a limit of its own",
    "GET /guarded/limits",
    "key of free-two-limits",
  ),
  several(
    "a feature that is missing, behind a limit that is exhausted",
    ...times(2, step("GET /daily", "key of free-order")),
    step("GET /guarded/order", "key of free-order"),
  ),
  one(
    "a guard on the route with a feature that is there",
    "POST /guarded/refused",
    "key of pro-guarded",
  ),
  one(
    "a guard on the route with nothing more to charge",
    "GET /guarded/order",
    "key of pro-guarded",
  ),
  one("a guard on the route, and nobody", "GET /guarded/only"),
  one("a guard on the route, and one who may not", "GET /guarded/only", "member"),
  one("a guard on the route, and one who may", "GET /guarded/only", "staff"),
];

export const outcomes: readonly Case[] = [
  several(
    "an answer that works is paid for",
    step("POST /jobs/works", "key of free-jobs"),
    step("GET /usage", "key of free-jobs"),
  ),
  several("an answer that fails is given back", step("POST /jobs/fails", "key of free-fails"), {
    ...step("GET /usage", "key of free-fails"),
    eventually: true,
  }),
  several(
    "a handler that throws is given back, and the limit is told all the same",
    step("POST /jobs/throws", "key of free-throws"),
    { ...step("GET /usage", "key of free-throws"), eventually: true },
  ),
  several(
    "a stream that is read to its end is paid for",
    step("POST /streams/whole", "key of free-stays"),
    step("GET /usage", "key of free-stays"),
  ),
  several(
    "a stream that the client leaves is given back",
    { ...step("POST /streams/endless", "key of free-streams"), leaves: "first part" },
    step("GET /usage", "key of free-streams"),
    { ...step("GET /usage", "key of free-streams"), eventually: true },
  ),
  several(
    "an answer that the client does not wait for is given back",
    { ...step("POST /left", "key of free-leaves"), leaves: "sent" },
    { ...step("GET /usage", "key of free-leaves"), eventually: true },
    { ...step("GET /usage", "key of free-leaves"), eventually: true },
  ),
];
