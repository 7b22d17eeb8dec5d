// From and to which probability the rules call a tip inside or outside; null where other rules answer now than those
// that gave the verdict.

import { useMemo } from "preact/hooks";
import { getModel } from "../api/client";
import { useFetched } from "./fetched";

export interface Bands {
  readonly outside: number;
  readonly inside: number;
}

export function useBands(rulesSha256: string | null): Bands | null {
  const { value } = useFetched("model", getModel);
  const inside = value?.rules["inside_from"];
  const outside = value?.rules["outside_to"];
  const others = rulesSha256 !== null && rulesSha256 !== value?.identity.rules_sha256;
  return useMemo(
    () => (others || typeof inside !== "number" || typeof outside !== "number" ? null : { inside, outside }),
    [others, inside, outside],
  );
}
