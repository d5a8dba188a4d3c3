/**
 * What a guard learns of the proxy's decision on the same request: what has been charged. In one process the
 * decision itself waits for it under a random name; between processes a signed receipt says so. A header that
 * a client could send is believed in neither case.
 */
import type { ChargeReceipt, Decision, Flux } from "@flux/core";
import { type SignedReceipts, signedReceipts } from "./receipts.ts";

const passHeader = "x-flux-pass";
const receiptHeader = "x-flux-receipt";

/** How long a decision waits for its guard, ms. */
const patience = 10_000;
/** How many wait at most. */
const mostWaiting = 100_000;

interface Waiting {
  readonly flux: Flux;
  readonly decision: Decision;
  /** `performance.now()`, ms. */
  readonly since: number;
}

/** What the bundles of one process share; they share no module. */
interface Meeting {
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

  /** Leaves a decision for a guard, if there is anything to tell. @param headers those that the handler will see. */
  async give(decision: Decision, request: Request, headers: Headers): Promise<void> {
    const receipt = this.#flux.receipt(decision);
    if (receipt === undefined) return;
    const name = crypto.randomUUID();
    const { waiting } = meeting();
    forgetOld(waiting);
    waiting.set(name, { flux: this.#flux, decision, since: performance.now() });
    headers.set(passHeader, name);
    if (this.#receipts !== undefined)
      headers.set(receiptHeader, await this.#receipts.sign(receipt, name, request));
  }

  /** What the proxy decided on this request, once. */
  async take(
    headers: Headers,
    request: Request | undefined,
  ): Promise<Decision | ChargeReceipt | undefined> {
    const name = headers.get(passHeader);
    if (name === null) return undefined;
    const { waiting } = meeting();
    const found = waiting.get(name);
    if (found !== undefined) {
      waiting.delete(name);
      // Another bundle's Flux of the same config decided: of it only the charges count.
      return found.flux === this.#flux ? found.decision : found.flux.receipt(found.decision);
    }
    const signed = headers.get(receiptHeader);
    if (signed !== null && this.#receipts !== undefined)
      return this.#receipts.accept(signed, request);
    this.#warn();
    return undefined;
  }

  /** The client may have sent the header itself where no proxy ran; once is enough for both. */
  #warn(): void {
    const place = meeting();
    if (place.warned) return;
    place.warned = true;
    console.warn(
      "[flux] The proxy's charges for a request did not reach its guard, which charged again: they run in different processes or runtimes. Give nextFlux the same receiptSecret in both.",
    );
  }
}

/** What nobody came for; the oldest come first. */
function forgetOld(waiting: Map<string, Waiting>): void {
  const now = performance.now();
  for (const [name, { since }] of waiting) {
    if (now - since <= patience && waiting.size < mostWaiting) return;
    waiting.delete(name);
  }
}
