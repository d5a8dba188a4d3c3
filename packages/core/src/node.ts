import { createHash } from "node:crypto";
export const placeholderHash = createHash;
