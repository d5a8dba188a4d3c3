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

/**
 * What a method asks for, also where another decorator has put a function of its own in its place, or the
 * instance has one of its own, such as a bound method: that is known by its name.
 * @throws FluxError `requirement_invalid` where it cannot be told which method a function is, and one asks for
 *   something: nothing passes by mistake.
 */
export function wantedOfMethod(
  type: { readonly prototype: object; readonly name: string },
  handler: object,
): DecoratedRequirement | undefined {
  const own: DecoratedRequirement | undefined = Reflect.getOwnMetadata(key, handler);
  if (own !== undefined) return own;
  const methods = methodsOf(type.prototype);
  const method = methods.find(({ value }) => value === handler);
  if (method !== undefined) return Reflect.getOwnMetadata(key, method.owner, method.name);
  const { name } = handler as { readonly name?: string };
  const named = methods.find((each) => each.name === name?.replace(/^(?:bound )+/, ""));
  if (named !== undefined) return Reflect.getOwnMetadata(key, named.owner, named.name);
  if (methods.every((each) => !Reflect.hasOwnMetadata(key, each.owner, each.name)))
    return undefined;
  throw new FluxError(
    "requirement_invalid",
    `${type.name}: an instance has a function of its own (${name || "without a name"}) in place of a method, and @Require or @Public stands on one of them. Give it the method's name, or decorate the class.`,
  );
}

/** The nearest definition of each comes first. */
function methodsOf(prototype: object) {
  const methods: { owner: object; name: string | symbol; value: unknown }[] = [];
  for (let owner = prototype; owner !== null; owner = Object.getPrototypeOf(owner))
    for (const name of Reflect.ownKeys(owner))
      methods.push({ owner, name, value: Object.getOwnPropertyDescriptor(owner, name)?.value });
  return methods;
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
    // Another decorator between two of these may have put a function of its own in the method's place.
    const before =
      property === undefined ? undefined : Reflect.getOwnMetadata(key, target, property);
    const wanted = add(Reflect.getOwnMetadata(key, place) ?? before);
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
