import { type Flux, FluxError, type PreparedRequirement, type RegisteredKeys } from "@flux/core";
import { Inject, Injectable, type OnModuleInit } from "@nestjs/common";
import { DiscoveryService, MetadataScanner } from "@nestjs/core";
import { type DecoratedRequirement, wantedOfClass, wantedOfMethod } from "./decorators.ts";
import { FLUX } from "./tokens.ts";

/** What a handler asks for beside the config; the same object each time. */
export interface HandlerRequirement {
  /** `undefined`: the config alone decides, `unmatched` included. */
  readonly requirement: PreparedRequirement<RegisteredKeys> | undefined;
}

type Class = abstract new (...args: never[]) => unknown;

/** What the decorators ask for, checked at start, and compiled once for each handler. */
export class Requirements implements OnModuleInit {
  private readonly flux!: Flux<RegisteredKeys>;
  private readonly discovery!: DiscoveryService;
  private readonly scanner!: MetadataScanner;
  readonly #nothing: HandlerRequirement = { requirement: undefined };
  readonly #byClass = new WeakMap<object, WeakMap<object, HandlerRequirement>>();

  /** @throws FluxError `requirement_invalid`, naming the class and the method */
  of(type: Class, handler: object): HandlerRequirement {
    let byHandler = this.#byClass.get(type);
    if (byHandler === undefined) {
      byHandler = new WeakMap();
      this.#byClass.set(type, byHandler);
    }
    let asked = byHandler.get(handler);
    if (asked === undefined) {
      asked = this.#prepare(type, handler);
      byHandler.set(handler, asked);
    }
    return asked;
  }

  /** Prepares whatever is decorated, so that a misspelt name stops the app before anybody asks it. */
  onModuleInit(): void {
    for (const { metatype, inject } of [
      ...this.discovery.getControllers(),
      ...this.discovery.getProviders(),
    ]) {
      // Of a factory the metatype is the factory itself.
      if (typeof metatype !== "function" || inject !== undefined) continue;
      const type = metatype as Class;
      for (const name of this.scanner.getAllMethodNames(type.prototype)) {
        const handler = (type.prototype as Record<string, object>)[name] as object;
        if (wantedOfClass(type) ?? wantedOfMethod(type, handler)) this.of(type, handler);
      }
    }
  }

  #prepare(type: Class, handler: object): HandlerRequirement {
    const wanted = join(wantedOfClass(type), wantedOfMethod(type, handler));
    if (wanted === undefined) return this.#nothing;
    if (wanted === "public") return { requirement: this.flux.prepare({ auth: "none" }) };
    const [first = {}, ...others] = wanted;
    try {
      return { requirement: this.flux.prepare(first, ...others) };
    } catch (error) {
      if (!(error instanceof FluxError)) throw error;
      const { code, message, problems } = error;
      const name = `${type.name}.${(handler as { readonly name: string }).name}`;
      throw new FluxError(code, `@Require of ${name}: ${message}`, { cause: error, problems });
    }
  }
}

Injectable()(Requirements);
Inject(FLUX)(Requirements.prototype, "flux");
Inject(DiscoveryService)(Requirements.prototype, "discovery");
Inject(MetadataScanner)(Requirements.prototype, "scanner");

/** What stands on a method lifts `@Public` from its class, and `@Public` on a method what its class asks for. */
function join(
  ofClass: DecoratedRequirement | undefined,
  ofMethod: DecoratedRequirement | undefined,
): DecoratedRequirement | undefined {
  if (ofClass === undefined || ofClass === "public" || ofMethod === "public")
    return ofMethod ?? ofClass;
  return ofMethod === undefined ? ofClass : [...ofClass, ...ofMethod];
}
