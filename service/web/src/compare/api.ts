// Networks at hand, and a procedure judged once more by one of them.

import { json } from "../api/client";
import type { components } from "../api/schema";

type Schemas = components["schemas"];
export type Models = Schemas["ModelsAnswer"];
export type Comparison = Schemas["ComparisonAnswer"];

export const getModels = (options?: RequestInit) => json<Models>("/v1/models", options);

// Started by the first call, looked after by the ones that follow.
export function comparing(procedureId: string, model: string): (options: RequestInit) => Promise<Comparison> {
  let self: string | null = null;
  return async (options) => {
    const begin = `/v1/procedures/${encodeURIComponent(procedureId)}/comparisons?${new URLSearchParams({ model, wait: "false" }).toString()}`;
    const answer = self === null ? await json<Comparison>(begin, { ...options, method: "POST" }) : await json<Comparison>(self, options);
    self = answer.links.self;
    return answer;
  };
}
