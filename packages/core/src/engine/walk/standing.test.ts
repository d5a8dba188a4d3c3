/** A credential that is known is decided as one that is not: what is remembered of it changes nothing but the time. */
import fc from "fast-check";
import { SignJWT } from "jose";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { FluxConfig } from "../../config/config-types.ts";
import { TenantDirectory } from "../../tenant/directory.ts";
import { createFlux } from "../create-flux.ts";
import { compileEngine } from "../start/compile-engine.ts";
import { readConfig } from "../start/read-config.ts";
import { quiet } from "../test-callers.ts";

const issuer = "https://idp.example.com";
const audience = "https://api.example.com";
const secret = "a secret of at least thirty-two bytes";
const start = Date.UTC(2026, 0, 1, 12);
const second = 1_000;

/** What the tests change while the credential stays the same. */
interface World {
  now: number;
  record: { plan?: string; status?: string; overrides?: object } | null;
  /** Whether the issuer may speak for the tenant. */
  speaks: boolean;
  load?: (id: string) => unknown;
}

const boolean = { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" };
const when = (condition: object) => ({ ...boolean, targeting: { if: [condition, "on", "off"] } });
/** Seconds since the epoch at which a flag goes on. */
const release = start / second + 10;

const config = {
  auth: { jwt: { issuer, audience, secret } },
  tenant: { from: { claim: "org" }, cache: { fresh: "5s", stale: "5s" } },
  features: { exports: { kind: "boolean" } },
  plans: { free: { features: {} }, pro: { extends: "free", features: { exports: true } } },
  defaultPlan: "free",
  attributes: { beta: { header: "x-beta" } },
  flags: {
    "for-pro": when({ "==": [{ var: "plan" }, "pro"] }),
    timed: when({ ">=": [{ var: "$flagd.timestamp" }, release] }),
    until: when({ "<": [{ var: "$flagd.timestamp" }, release] }),
    "by-header": when({ "==": [{ var: "beta" }, "yes"] }),
  },
  routes: {
    "GET /scope": { scopes: "read" },
    "GET /feature": { feature: "exports" },
    "GET /for-pro": { flag: "for-pro" },
    "GET /timed": { flag: "timed" },
    "GET /until": { flag: "until" },
    "GET /by-header": { flag: "by-header" },
  },
} as unknown as FluxConfig;

/** Where flags can see nothing of the request. */
const withoutAttributes = { attributes: {} } as Partial<FluxConfig>;

let token: string;
beforeAll(async () => {
  token = await new SignJWT({ org: "acorn", orgs: ["acorn", "birch"], scope: "read" })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject("ann")
    .setExpirationTime(start / second + 86_400)
    .sign(new TextEncoder().encode(secret));
});

function fluxIn(world: World, changes: Partial<FluxConfig> = {}) {
  const load = world.load ?? (() => world.record);
  const settings = readConfig({
    ...config,
    ...changes,
    tenant: { ...config.tenant, load, ...changes.tenant },
    now: () => world.now,
    logger: quiet,
  } as FluxConfig);
  return createFlux(compileEngine(settings), settings);
}

type Flux = ReturnType<typeof fluxIn>;

const ask = (flux: Flux, line: string, headers: Record<string, string> = {}) => {
  const [method = "", url = ""] = line.split(" ");
  return flux.decide({ method, url, headers: { authorization: `Bearer ${token}`, ...headers } });
};
const statusOf = async (flux: Flux, line: string, headers?: Record<string, string>) =>
  (await ask(flux, line, headers)).status;
/** Asks until the credential is known, and what it leads to is remembered. */
async function known(world: World, line: string, changes?: Partial<FluxConfig>) {
  const flux = fluxIn(world, changes);
  for (let i = 0; i < 3; i++) await ask(flux, line);
  return flux;
}

const onPro = (): World => ({ now: start, record: { plan: "pro" }, speaks: true });

describe("a credential that has passed before", () => {
  test("is not looked up again", async () => {
    const flux = await known(onPro(), "GET /for-pro", withoutAttributes);
    const get = vi.spyOn(TenantDirectory.prototype, "get");
    expect(await statusOf(flux, "GET /for-pro")).toBe(200);
    expect(get).not.toHaveBeenCalled();
    flux.invalidate({ tenant: "birch" });
    expect(await statusOf(flux, "GET /for-pro")).toBe(200);
    expect(get).not.toHaveBeenCalled();
    flux.invalidate({ tenant: "acorn" });
    expect(await statusOf(flux, "GET /for-pro")).toBe(200);
    expect(get).toHaveBeenCalledTimes(1);
    get.mockRestore();
  });

  test("has passed no more than it has, of however many requirements", async () => {
    const scopes = Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? "write" : "read"));
    const routes = Object.fromEntries(scopes.map((name, i) => [`GET /r${i}`, { scopes: name }]));
    const flux = fluxIn(onPro(), { routes } as never);
    for (let round = 0; round < 3; round++)
      for (const [i, name] of scopes.entries())
        expect(await statusOf(flux, `GET /r${i}`)).toBe(name === "read" ? 200 : 403);
  });

  test("is refused once its tenant's record has been invalidated and says so", async () => {
    const world = onPro();
    const flux = await known(world, "GET /feature");
    expect(await statusOf(flux, "GET /feature")).toBe(200);
    world.record = { plan: "free" };
    flux.invalidate({ tenant: "acorn" });
    expect(await statusOf(flux, "GET /feature")).toBe(402);
  });

  test("is refused once its tenant is suspended, at the latest when the record is no longer fresh", async () => {
    const world = onPro();
    const flux = await known(world, "GET /scope");
    world.record = { plan: "pro", status: "suspended" };
    world.now += 5 * second;
    // Too old, and still served while a new look is taken.
    expect(await statusOf(flux, "GET /scope")).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await statusOf(flux, "GET /scope")).toBe(403);
  });

  test("is refused once the override ends that it has passed by", async () => {
    const world = onPro();
    const until = new Date(start + 2 * second).toISOString();
    world.record = { plan: "free", overrides: { exports: { value: true, expiresAt: until } } };
    const flux = await known(world, "GET /feature");
    expect(await statusOf(flux, "GET /feature")).toBe(200);
    world.now += 2 * second;
    expect(await statusOf(flux, "GET /feature")).toBe(402);
  });

  test("sees a flag change that reads the clock", async () => {
    const world = onPro();
    world.now = (release + 2) * second;
    const flux = await known(world, "GET /until", withoutAttributes);
    world.now = (release - 1) * second;
    // The clock was set back to before the record was loaded: it is asked for anew.
    await ask(flux, "GET /until");
    expect(await statusOf(flux, "GET /until")).toBe(200);
    world.now = release * second;
    expect(await statusOf(flux, "GET /until")).toBe(404);
  });

  test("sees a flag change that reads the request", async () => {
    const flux = await known(onPro(), "GET /scope");
    const as = (beta: string) => statusOf(flux, "GET /by-header", { "x-beta": beta });
    expect([await as("yes"), await as("yes"), await as("no"), await as("yes")]).toEqual([
      200, 200, 404, 200,
    ]);
  });

  test("acts for the tenant that each request names", async () => {
    const world = onPro();
    world.load = (id) => ({ plan: id === "acorn" ? "pro" : "free" });
    const flux = await known(world, "GET /feature", {
      auth: { ...config.auth, claims: { tenants: "orgs" } } as never,
      tenant: { from: { header: "x-tenant" } } as never,
    });
    const as = (tenant: string) => statusOf(flux, "GET /feature", { "x-tenant": tenant });
    expect([await as("acorn"), await as("acorn"), await as("birch"), await as("acorn")]).toEqual([
      200, 200, 402, 200,
    ]);
  });

  test("is refused once its issuer may no longer speak for the tenant", async () => {
    const world = onPro();
    const tenants = () => world.speaks;
    const flux = await known(world, "GET /scope", {
      auth: { jwt: { issuer, audience, secret, tenants } } as never,
    });
    expect(await statusOf(flux, "GET /scope")).toBe(200);
    world.speaks = false;
    expect(await statusOf(flux, "GET /scope")).toBe(403);
  });

  test("is refused by a record that was loaded while the clock was set back", async () => {
    const world = onPro();
    const flux = await known(world, "GET /scope");
    world.now -= second;
    world.record = null;
    await ask(flux, "GET /scope");
    await new Promise((resolve) => setImmediate(resolve));
    world.now += second;
    expect(await statusOf(flux, "GET /scope")).toBe(403);
  });

  test("stays refused by the latest record, though the clock is set back after it", async () => {
    const world = onPro();
    const flux = await known(world, "GET /scope");
    world.record = { plan: "pro", status: "suspended" };
    world.now += 5 * second;
    await ask(flux, "GET /scope");
    await new Promise((resolve) => setImmediate(resolve));
    expect(await statusOf(flux, "GET /scope")).toBe(403);
    world.now -= 2 * second;
    expect(await statusOf(flux, "GET /scope")).toBe(403);
  });

  test("is not spoken for by a list that has changed since the config was read", async () => {
    const world = onPro();
    const tenants = ["acorn"];
    const flux = await known(world, "GET /scope", {
      auth: { jwt: { issuer, audience, secret, tenants } } as never,
    });
    tenants.pop();
    expect(await statusOf(flux, "GET /scope")).toBe(200);
    flux.invalidate({ token });
    expect(await statusOf(flux, "GET /scope")).toBe(200);
  });

  test("keeps its tenant's record in use, so that it can be served stale", async () => {
    const world = onPro();
    let isDown = false;
    world.load = () => {
      if (isDown) throw new Error("down");
      return world.record;
    };
    const flux = fluxIn(world, {
      tenant: { from: { claim: "org" }, cache: { max: 4, fresh: "5s", stale: "60s" } } as never,
    });
    // As others come and go, this one is asked for all the time.
    for (let i = 0; i < 5; i++) {
      expect(await statusOf(flux, "GET /scope")).toBe(200);
      await flux.as({ tenant: `other-${i}`, subject: "bob" }).decide();
      expect(await statusOf(flux, "GET /scope")).toBe(200);
    }
    isDown = true;
    world.now += 6 * second;
    expect(await statusOf(flux, "GET /scope")).toBe(200);
  });

  test("does not keep a record that was invalidated while it was loaded", async () => {
    const world = onPro();
    const loads: ((record: object) => void)[] = [];
    world.load = () => new Promise((resolve) => loads.push(resolve));
    const flux = fluxIn(world);
    const first = ask(flux, "GET /scope");
    await expect.poll(() => loads.length).toBe(1);
    flux.invalidate({ tenant: "acorn" });
    loads[0]?.({ plan: "pro" });
    expect((await first).tenant?.plan).toBe("pro");
    const second = ask(flux, "GET /scope");
    await expect.poll(() => loads.length).toBe(2);
    loads[1]?.({ plan: "free" });
    expect((await second).tenant?.plan).toBe("free");
    expect((await ask(flux, "GET /scope")).tenant?.plan).toBe("free");
  });

  test.each([
    ["with attributes", {}],
    ["without", withoutAttributes],
  ])(
    "is decided as one that nobody knows, whatever happens in between, %s",
    async (_, changes) => {
      const lines = Object.keys((config as { routes: object }).routes);
      const record = fc.constantFrom(
        { plan: "pro" },
        { plan: "free" },
        { plan: "pro", status: "suspended" },
        { plan: "free", overrides: { exports: true } },
        {
          overrides: { exports: { value: true, expiresAt: new Date(start + 7_000).toISOString() } },
        },
        null,
      );
      const step = fc.oneof(
        fc.record({ ask: fc.constantFrom(...lines), beta: fc.constantFrom("yes", "no") }),
        fc.record({ ask: fc.constantFrom(...lines), beta: fc.constantFrom("yes", "no") }),
        fc.record({ record }),
        fc.record({ wait: fc.integer({ min: -3, max: 8 }) }),
        fc.record({ invalidate: fc.constantFrom("tenant", "principal", "other") }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const world = onPro();
          const keeps = fluxIn(world, changes);
          const forgets = fluxIn(world, changes);
          for (const each of steps) {
            if ("record" in each) world.record = each.record;
            if ("wait" in each) world.now += each.wait * second;
            if ("invalidate" in each)
              for (const flux of [keeps, forgets])
                flux.invalidate(
                  each.invalidate === "principal"
                    ? { principal: `${issuer}|ann` }
                    : { tenant: each.invalidate === "tenant" ? "acorn" : "birch" },
                );
            if (!("ask" in each)) continue;
            forgets.invalidate({ token });
            const [one, other] = [
              await ask(keeps, each.ask, { "x-beta": each.beta }),
              await ask(forgets, each.ask, { "x-beta": each.beta }),
            ];
            // Loads in the background end before the clock goes on.
            await new Promise((resolve) => setImmediate(resolve));
            expect(JSON.parse(JSON.stringify(one))).toEqual(JSON.parse(JSON.stringify(other)));
          }
        }),
        { numRuns: 500 },
      );
    },
    30_000,
  );
});
