// The arrows of ARCHITECTURE: who may import whom. `npm run lint` runs them over the packages and
// the examples; test/arrows plants a violation of each and expects it to be found.

const src = "^packages/core/src/";
const tests = "\\.test\\.ts$";

/** The folders of packages/core/src. A new one is named here first, and given its arrows below. */
export const rooms = [
  "auth",
  "config",
  "decision",
  "engine",
  "entitlements",
  "facts",
  "flags",
  "flexible",
  "http",
  "limits",
  "redis",
  "route",
  "sqlite",
  "support",
  "tenant",
  "testing",
];

/** Each answers one question about a request; only the engine puts their answers together. */
const stages = "auth|entitlements|flags|limits|route|tenant";
/** Each is a subpath of its own, so that who does not import it does not load it. */
const subpathRooms = "flexible|redis|sqlite|testing";

const everyRoomMay = [`${src}support/`, `${src}errors\\.ts$`];
const ownFiles = `${src}$1/`;
const typeOnly = ["type-only"];

/** A room's files, without its tests. */
const from = (room) => ({ path: `${src}(${room})/`, pathNot: tests });

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "stage-imports-sibling",
      comment:
        "A stage imports its own files, decision, facts, config's types, support and errors.ts. Move what two stages share into support/, or let engine/ pass it in.",
      severity: "error",
      from: from(stages),
      to: {
        path: src,
        pathNot: [ownFiles, `${src}decision/`, `${src}facts/`, `${src}config/`, ...everyRoomMay],
      },
    },
    {
      name: "config-is-types-only",
      comment:
        "Rooms take config's types alone: write `import type`. Validation happens once, in define-flux; a room receives what was parsed.",
      severity: "error",
      from: from(`${stages}|decision|flexible|redis|sqlite`),
      to: { path: `${src}config/`, dependencyTypesNot: typeOnly },
    },
    {
      name: "config-imports-types-only",
      comment:
        "config/ runs before every room and may describe them, but not call them: write `import type`, or move the function into support/.",
      severity: "error",
      from: from("config"),
      to: { path: src, pathNot: [ownFiles, ...everyRoomMay], dependencyTypesNot: typeOnly },
    },
    {
      name: "http-knows-only-decision",
      comment:
        "http/ turns a decision into a response and knows nothing else. Put what it needs on the decision.",
      severity: "error",
      from: from("http"),
      to: { path: src, pathNot: [ownFiles, `${src}decision/`, ...everyRoomMay] },
    },
    {
      name: "decision-imports-upward",
      comment:
        "decision/ imports facts, config's types, support and errors.ts. What a room knows reaches the decision as data, through engine/.",
      severity: "error",
      from: from("decision"),
      to: { path: src, pathNot: [ownFiles, `${src}facts/`, `${src}config/`, ...everyRoomMay] },
    },
    {
      name: "facts-imports-upward",
      comment:
        "facts/ is what every stage may know of a request: it imports support and errors.ts only.",
      severity: "error",
      from: from("facts"),
      to: { path: src, pathNot: [ownFiles, ...everyRoomMay] },
    },
    {
      name: "support-is-a-leaf",
      comment:
        "support/ imports nothing of Flux but errors.ts. A helper that needs a room belongs in that room.",
      severity: "error",
      from: from("support"),
      to: { path: src, pathNot: [ownFiles, `${src}errors\\.ts$`] },
    },
    {
      name: "errors-is-a-leaf",
      comment: "errors.ts imports nothing of Flux but support/. Pass what an error says as data.",
      severity: "error",
      from: { path: `${src}errors\\.ts$` },
      to: { path: src, pathNot: [`${src}support/`] },
    },
    {
      name: "store-imports-upward",
      comment:
        "A store knows the contract in limits/, config's types, support and errors.ts, and nothing of the rest.",
      severity: "error",
      from: from("flexible|redis|sqlite"),
      to: { path: src, pathNot: [ownFiles, `${src}limits/`, `${src}config/`, ...everyRoomMay] },
    },
    {
      name: "subpath-room-stays-apart",
      comment:
        "redis/, sqlite/, flexible/ and testing/ are reached by their own subpaths only, so that nobody loads them unasked. Accept a Store instead.",
      severity: "error",
      from: { path: src, pathNot: [tests, `${src}(${subpathRooms})/`] },
      to: { path: `${src}(${subpathRooms})/` },
    },
    {
      name: "nothing-imports-the-doors",
      comment:
        "define-config.ts, define-flux.ts, index.ts, node.ts, register.ts and web.ts stand above the rooms. Import the file that defines what you need.",
      severity: "error",
      from: { path: src, pathNot: [tests, `${src}[^/]+\\.ts$`, `${src}testing/`] },
      to: { path: `${src}(define-config|define-flux|index|node|register|web)\\.ts$` },
    },
    {
      name: "zod-lives-in-config",
      comment: "Only config/ imports zod. Validate there; a room receives what was parsed.",
      severity: "error",
      from: { path: src, pathNot: [tests, `${src}config/`] },
      to: { path: "(^|node_modules/)zod($|/)" },
    },
    {
      name: "jose-lives-in-auth",
      comment: "Only auth/ imports jose. Ask auth/ for the operation you need.",
      severity: "error",
      from: { path: src, pathNot: [tests, `${src}auth/`] },
      to: { path: "(^|node_modules/)jose($|/)" },
    },
    {
      name: "node-modules-stay-outside",
      comment:
        "The core runs on every JavaScript runtime. Use a web standard (crypto.subtle, URL, Headers), or go to facts/from-node.ts, node.ts, redis/, sqlite/ or flexible/.",
      severity: "error",
      from: {
        path: src,
        pathNot: [
          tests,
          `${src}(flexible|redis|sqlite)/`,
          `${src}facts/from-node\\.ts$`,
          `${src}node\\.ts$`,
        ],
      },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "from-node-has-its-own-door",
      comment:
        "facts/from-node.ts is reached through node.ts (@flux/core/node) alone, so that @flux/core loads everywhere. Take plain facts instead.",
      severity: "error",
      from: { path: src, pathNot: [tests, `${src}node\\.ts$`] },
      to: { path: `${src}facts/from-node\\.ts$` },
    },
    {
      name: "core-imports-no-package-of-flux",
      comment: "Adapters stand on the core, never the other way round.",
      severity: "error",
      from: { path: "^packages/core/" },
      to: { path: "^packages/(?!core/)|^examples/" },
    },
    {
      name: "adapter-enters-by-the-door",
      comment:
        'Import the core by its public subpaths ("@flux/core", "@flux/core/node", "@flux/core/web", "@flux/core/testing"). If something is missing there, export it there.',
      severity: "error",
      from: { path: "^packages/(?!core/)|^examples/" },
      // What a public subpath leads to is "aliased", by the table in tsconfig.json.
      to: { path: "^packages/core/", dependencyTypesNot: ["aliased"] },
    },
    {
      name: "subpath-does-not-exist",
      comment: "No package of Flux exports this subpath.",
      severity: "error",
      from: {},
      to: { path: "^@flux/", couldNotResolve: true },
    },
    {
      name: "no-cycles",
      comment: "Two files that need each other are one, or share a third. Types alone may cycle.",
      severity: "error",
      from: { pathNot: tests },
      to: { circular: true, viaOnly: { dependencyTypesNot: typeOnly } },
    },
  ],
  options: {
    doNotFollow: { path: ["node_modules", "/dist/"] },
    exclude: { path: "/dist/" },
    // Sees `import type` too, and tells it from `import`.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      extensions: [".ts", ".d.ts", ".js", ".json"],
    },
  },
};
