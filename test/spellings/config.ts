/**
 * What every app that is asked in many spellings is guarded by, and who asks it. Nothing of a test
 * runner is imported, so that an app in another process may read it as well.
 */
import { type FluxConfig, hashApiKey } from "@flux/core";

/** The keys of those who ask; a stranger has none. */
const keys = { member: "the-key-of-a-member", staff: "the-key-of-one-of-staff" } as const;

/** Who asks, with the header lines that say so: nobody, a member without the role, and staff. */
export const callers = {
  stranger: [],
  member: [`x-api-key: ${keys.member}`],
  staff: [`x-api-key: ${keys.staff}`],
} as const satisfies Record<string, readonly string[]>;
export type CallerName = keyof typeof callers;

/** The handlers of an app by what it names in `x-handler`, and whether only staff may reach them. */
export const handlers = {
  "GET /admin/x": { staffOnly: true },
  "DELETE /admin/x": { staffOnly: true },
  "POST /admin/x": { staffOnly: false },
  "* /admin/area/*rest": { staffOnly: true },
  "GET /admin/users/:id": { staffOnly: true },
  "GET /admin/users/public": { staffOnly: false },
  /** Whatever else an app answers. */
  open: { staffOnly: false },
} as const;
export type HandlerName = keyof typeof handlers;

/** Everything but the guarded part is open, so that a path which is not recognised is let through. */
export const guardedConfig = {
  auth: {
    apiKeys: {
      header: "x-api-key",
      lookup: async (hash: string) => {
        if (hash === (await hashApiKey(keys.staff))) return { id: "staff", roles: ["staff"] };
        return hash === (await hashApiKey(keys.member)) ? { id: "member" } : undefined;
      },
    },
  },
  routes: {
    "GET /admin/x": { roles: "staff" },
    "DELETE /admin/x": { roles: "staff" },
    "* /admin/area/*rest": { roles: "staff" },
    "GET /admin/users/:id": { roles: "staff" },
    "GET /admin/users/public": "public",
    "POST /admin/x": "public",
  },
  unmatched: "public",
  logger: { warn: () => undefined, error: () => undefined },
} satisfies FluxConfig;
