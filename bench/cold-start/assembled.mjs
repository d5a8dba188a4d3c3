// Starts the assembled stack in a fresh process: ms for its imports, and for making its parts.
const began = performance.now();
await import("jose");
await import("@openfeature/server-sdk");
await import("@openfeature/flagd-core");
await import("express-rate-limit");
await import("rate-limiter-flexible");
const imported = performance.now();
// The rest of what this imports is for Redis, and is not counted.
const { assembledStack } = await import("../scenario/assembled.ts");
const before = performance.now();
await assembledStack({ jwks: { keys: [] } });
const defined = performance.now();
console.log(JSON.stringify({ imported: imported - began, defined: defined - before }));
process.exit();
