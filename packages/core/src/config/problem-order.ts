import type { Problem } from "../errors.ts";
import { pathOf } from "../support/path.ts";

/** How many places of a config are numbered; mistakes behind them keep the order they came in. */
const mostPlaces = 100_000;

/** The last part of a path, as `pathOf` writes it; of anything else the last character. */
const lastPart = /(?:\.?[A-Za-z_$][\w$]*|\[\d+\]|\["(?:[^"\\]|\\.)*"\]|.)$/s;

/**
 * Mistakes in the order in which the config is written: what is wrong with the whole first, and what is
 * missing with the object that misses it.
 */
export function inOrderOf(config: unknown, problems: readonly Problem[]): Problem[] {
  const places = placesOf(config);
  const placeOf = (path: string): number => {
    if (path === "") return -1;
    for (let at = path; at !== ""; at = at.replace(lastPart, "")) {
      const place = places.get(at);
      if (place !== undefined) return place;
    }
    return places.size;
  };
  return [...problems].sort((a, b) => placeOf(a.path) - placeOf(b.path));
}

/** Each place of a config, by its path, with its number in reading order. */
function placesOf(config: unknown): Map<string, number> {
  const places = new Map<string, number>();
  const seen = new Set<object>();
  const visit = (value: unknown, path: string) => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    const isArray = Array.isArray(value);
    for (const key of Object.keys(value)) {
      if (places.size >= mostPlaces) return;
      const place = pathOf([isArray ? Number(key) : key], path);
      places.set(place, places.size);
      visit((value as Record<string, unknown>)[key], place);
    }
  };
  visit(config, "");
  return places;
}
