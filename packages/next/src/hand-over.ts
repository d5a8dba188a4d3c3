/**
 * What a guard learns of the proxy's decision on the same request: what has been charged, and nothing of who
 * is asking. In one process a receipt waits for it under a random name; between processes a signed one says
 * so. Either counts once, for the method and the path that it was made for.
 */
import type { ChargeReceipt, Decision, Flux } from "@flux/core";
import { type Call, callOf, isSame } from "./call.ts";
import { type SignedReceipts, signedReceipts } from "./receipts.ts";

const passHeader = "x-flux-pass";
const receiptHeader = "x-flux-receipt";

/** How long a receipt waits for its guard, ms. */
const patience = 10_000;
/** How many wait at most. */
const mostWaiting = 100_000;

interface Waiting extends Call {
  readonly receipt: ChargeReceipt;
  /** `performance.now()`, ms. */
  readonly since: number;
}

/** What the bundles of one process share; they share no module. */
interface Meeting {
  /** By name, the oldest first. */
  readonly waiting: Map<string, Waiting>;
  warned: boolean;
}

const meetingPlace = Symbol.for("@flux/next:hand-over");

function meeting(): Meeting {
  const place = globalThis as { [meetingPlace]?: Meeting };
  place[meetingPlace] ??= { waiting: new Map(), warned: false };
  return place[meetingPlace];
}

export class HandOver {
  readonly #flux: Flux;
  readonly #receipts: SignedReceipts | undefined;

  constructor(flux: Flux, secret: string | undefined) {
    this.#flux = flux;
    this.#receipts = secret === undefined ? undefined : signedReceipts(secret);
  }

  /** Leaves a receipt for a guard, if anything was charged. @param headers those that the handler will see. */
  async give(decision: Decision, request: Request, headers: Headers): Promise<void> {
    const receipt = this.#flux.receipt(decision);
    if (receipt === undefined) return;
    const name = crypto.randomUUID();
    const call = callOf(request);
    const { waiting } = meeting();
    forgetOld(waiting);
    waiting.set(name, { ...call, receipt, since: performance.now() });
    headers.set(passHeader, name);
    if (this.#receipts !== undefined)
      headers.set(receiptHeader, await this.#receipts.sign(receipt, name, call));
  }

  /** What the proxy charged for this call, once. */
  async take(headers: Headers, call: Call): Promise<ChargeReceipt | undefined> {
    const name = headers.get(passHeader);
    if (name === null) return undefined;
    const { waiting } = meeting();
    forgetOld(waiting);
    const found = waiting.get(name);
    if (found !== undefined) {
      waiting.delete(name);
      return isSame(found, call) ? found.receipt : undefined;
    }
    const signed = headers.get(receiptHeader);
    const receipt = signed === null ? undefined : await this.#receipts?.accept(signed, call);
    if (receipt === undefined) this.#warn();
    return receipt;
  }

  /** The client may have sent the header itself where no proxy ran; once is enough for both. */
  #warn(): void {
    const place = meeting();
    if (place.warned) return;
    place.warned = true;
    console.warn(
      "[flux] A guard charged a request again that the proxy had charged: what the proxy left for it was missing, more than 10 s old, or signed with another receiptSecret. Give nextFlux the same receiptSecret wherever the app runs.",
    );
  }
}

/** What nobody came for in time. */
function forgetOld(waiting: Map<string, Waiting>): void {
  const now = performance.now();
  for (const [name, { since }] of waiting) {
    if (now - since <= patience && waiting.size < mostWaiting) return;
    waiting.delete(name);
  }
}
