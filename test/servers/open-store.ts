/** A store by a description that fits on a command line, for processes that a test starts. */
import { memoryStore, type Store } from "../../packages/core/src/index.ts";
import { redisStore } from "../../packages/core/src/redis/index.ts";
import { sqliteStore } from "../../packages/core/src/sqlite/index.ts";

export type StoreDescription =
  | { readonly kind: "memory" }
  | { readonly kind: "redis"; readonly url: string; readonly prefix?: string }
  | { readonly kind: "cluster"; readonly urls: readonly string[]; readonly prefix?: string }
  | { readonly kind: "sqlite"; readonly file: string };

/** @param timeout how long a call may take; by default so long that a busy machine never matters. */
export function openStore(description: StoreDescription, timeout = "10s"): Store {
  const within = { timeout: timeout as `${number}s` };
  switch (description.kind) {
    case "memory":
      return memoryStore();
    case "redis": {
      const { url, prefix = "flux" } = description;
      return redisStore({ url, prefix, ...within });
    }
    case "cluster": {
      const { urls, prefix = "flux" } = description;
      return redisStore({ cluster: urls, prefix, ...within });
    }
    case "sqlite":
      return sqliteStore({ file: description.file, ...within });
  }
}
