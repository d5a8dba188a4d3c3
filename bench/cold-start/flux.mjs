// Starts Flux in a fresh process: ms for the import, and for `defineFlux` of the Express example's config.
const began = performance.now();
await import("@flux/core");
const imported = performance.now();
// That the example is written in TypeScript, and has data of its own, is no part of it.
const { defineReportsFlux } = await import("../../examples/express/flux.ts");
const before = performance.now();
defineReportsFlux({ customers: "https://id.example.com", staff: "https://staff.example.com" });
const defined = performance.now();
console.log(JSON.stringify({ imported: imported - began, defined: defined - before }));
