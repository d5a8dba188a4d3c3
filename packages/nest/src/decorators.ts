import "reflect-metadata";
import { FluxError, type RegisteredKeys, type Requirement } from "@flux/core";
import { createParamDecorator, type ExecutionContext } from "@nestjs/common";
import { decisionOf } from "./kept-decisions.ts";

/** What stands on a class or a method: requirements, which all hold, or that it is public. */
export type DecoratedRequirement = readonly Requirement<RegisteredKeys>[] | "public";

/** A fixed string: two versions of this package in one app understand each other. */
const key = "flux:require";

/**
 * Asks for more than the config's routes do, on a controller, a resolver or a gateway, or on one of its
 * methods. What stands on the class and what stands on the method both hold.
 *
 * It is checked when the app starts; a wrong one throws a FluxError `requirement_invalid` then.
 */
export function Require(
  requirement: Requirement<RegisteredKeys>,
): ClassDecorator & MethodDecorator {
  return decorator("@Require", (own) => {
    if (own !== "public") return [...(own ?? []), requirement];
  });
}

/**
 * Needs no credentials. On a method it lifts what `@Require` on the class asks for; what a method itself asks
 * for lifts it from the class. It takes the place of the config's `unmatched`, and never weakens one of its routes.
 */
export function Public(): ClassDecorator & MethodDecorator {
  return decorator("@Public", (own) => {
    if (own === undefined || own === "public") return "public";
  });
}

/** The decision that let this request, operation or message pass. */
export const CurrentDecision = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  decisionOf(context),
);

/** Who is calling; `undefined` where nobody had to say so. */
export const CurrentPrincipal = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => decisionOf(context).principal,
);

/** The tenant that the caller acts for: its id and its plan; `undefined` where there is none. */
export const CurrentTenant = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => decisionOf(context).tenant,
);

/** What a class asks for: what stands on itself, or on the nearest class that it extends. */
export function wantedOfClass(type: object): DecoratedRequirement | undefined {
  return Reflect.getMetadata(key, type);
}

/** What a method asks for, also where another decorator has put a function of its own in its place. */
export function wantedOfMethod(
  { prototype }: { readonly prototype: object },
  handler: object,
): DecoratedRequirement | undefined {
  const own: DecoratedRequirement | undefined = Reflect.getOwnMetadata(key, handler);
  if (own !== undefined) return own;
  for (let owner: object | null = prototype; owner !== null; owner = Object.getPrototypeOf(owner))
    for (const name of Reflect.ownKeys(owner))
      if (Object.getOwnPropertyDescriptor(owner, name)?.value === handler)
        return Reflect.getOwnMetadata(key, owner, name);
  return undefined;
}

/** @param add what stands there then; `undefined` where that contradicts what stands there already. */
function decorator(
  name: string,
  add: (own: DecoratedRequirement | undefined) => DecoratedRequirement | undefined,
): ClassDecorator & MethodDecorator {
  return ((target: object, property?: string | symbol, descriptor?: PropertyDescriptor) => {
    const place = property === undefined ? target : descriptor?.value;
    const says = property === undefined ? nameOf(target) : methodName(target, property);
    if (typeof place !== "function")
      throw new FluxError(
        "requirement_invalid",
        `${says}: ${name} stands on a class or on a method, and this is neither.`,
      );
    const wanted = add(Reflect.getOwnMetadata(key, place));
    if (wanted === undefined)
      throw new FluxError(
        "requirement_invalid",
        `${says}: @Public and @Require contradict each other. Keep one of them.`,
      );
    Reflect.defineMetadata(key, wanted, place);
    if (property !== undefined) Reflect.defineMetadata(key, wanted, target, property);
  }) as ClassDecorator & MethodDecorator;
}

const nameOf = (type: object) => (type as { readonly name: string }).name;

const methodName = (target: object, property: string | symbol) =>
  `${nameOf(typeof target === "function" ? target : target.constructor)}.${String(property)}`;
