// What is asked of the service for records, visits and outcomes.

import { json } from "../api/client";
import type { components } from "../api/schema";
import { asker } from "../parts/asker";

type Schemas = components["schemas"];
export type RecordAnswer = Schemas["RecordAnswer"];
export type FollowUpAnswer = Schemas["FollowUpAnswer"];
export type AdverseEvent = Schemas["AdverseEvent"];
export type OutcomeTable = Schemas["OutcomeTable"];

const place = (id: string) => `/v1/procedures/${encodeURIComponent(id)}`;

function sent(method: string, body: object): RequestInit {
  return { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...asker() } };
}

export const putRecord = (id: string, body: object) => json<RecordAnswer>(`${place(id)}/record`, sent("PUT", body));

export async function getVersions(id: string, newest: number, options?: RequestInit): Promise<RecordAnswer[]> {
  const versions = Array.from({ length: newest }, (_, at) => newest - at);
  return Promise.all(versions.map((version) => json<RecordAnswer>(`${place(id)}/record?version=${version}`, options)));
}

export const postFollowUp = (id: string, body: object) => json<FollowUpAnswer>(`${place(id)}/follow-ups`, sent("POST", body));

export const getFollowUps = (id: string, options?: RequestInit) => json<FollowUpAnswer[]>(`${place(id)}/follow-ups`, options);

export const getOutcomes = (options?: RequestInit) => json<OutcomeTable>("/v1/outcomes", options);
