/** What the core uses of Node where that is there. Not imported, as other runtimes would fail on it: asked for. */

/** Node's `Buffer`, as far as it is used. */
interface NodeBuffer {
  isEncoding?(name: string): boolean;
  from(text: string, encoding: "base64url"): Uint8Array<ArrayBuffer>;
}

/** A key as `node:crypto` has them. */
type NodeKey = object;

/** `node:crypto`, as far as it is used. */
export interface NodeCrypto {
  readonly KeyObject: { from(key: object): NodeKey };
  createSecretKey(secret: Uint8Array): NodeKey;
  createHmac(hash: string, key: NodeKey): { update(bytes: Uint8Array): { digest(): Uint8Array } };
  timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
  verify(hash: string, signed: Uint8Array, key: NodeKey, signature: Uint8Array): boolean;
}

const node = globalThis as {
  readonly Buffer?: NodeBuffer;
  readonly process?: { getBuiltinModule?(name: string): unknown };
};

/** What bundlers put in its place may not know all encodings. */
export const nodeBuffer: NodeBuffer | undefined =
  node.Buffer?.isEncoding?.("base64url") === true ? node.Buffer : undefined;

/** Loaded when it is asked for: it takes milliseconds. */
export function nodeCrypto(): NodeCrypto | undefined {
  try {
    return node.process?.getBuiltinModule?.("crypto") as NodeCrypto | undefined;
  } catch {
    // The edge runtime of Next.js has this function only to say that it has not.
    return undefined;
  }
}
