// Calls to the service. Every refusal is a problem document; its detail becomes the error's message.

import { setSignedOut } from "../access/state";
import { text } from "../strings";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Procedure = Schemas["ProcedureAnswer"];
export type Listed = Schemas["ListedProcedure"];
export type Page = Schemas["ProcedurePage"];
export type Answer = Schemas["FrameAnswer"];
export type Course = Schemas["CourseAnswer"];
export type Events = Schemas["EventsAnswer"];
export type FrameVerdict = Schemas["Verdict"];
export type ProcedureVerdict = Schemas["ProcedureVerdict"];
export type Reason = Schemas["Reason"];
export type InjectateKind = Schemas["InjectateKind"];
export type LiveAnswer = Schemas["LiveAnswer"];
export type LiveMessage = Schemas["Started"] | LiveAnswer | Schemas["LiveProblem"] | Schemas["Ended"];
export type LiveStart = Partial<Schemas["Start"]>;
export type Problem = Schemas["Problem"];

export class Unreachable extends Error {}

// A refusal of the service. `fields` are the parts of the body that do not fit, by their JSON pointers (RFC 6901).
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }

  get fields(): ReadonlyMap<string, string> {
    const errors = this.problem["errors"];
    if (!Array.isArray(errors)) return new Map();
    return new Map((errors as { pointer?: string; what: string }[]).flatMap(({ pointer, what }) => (
      pointer === undefined ? [] : [[pointer, what] as const]
    )));
  }
}

async function call(path: string, options?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable(text.error.network);
  }
  if (response.ok) return response;
  if (response.status === 401) setSignedOut(true);
  throw await refusal(response);
}

async function refusal(response: Response): Promise<Error> {
  try {
    return new Refused((await response.json()) as Problem);
  } catch {
    return new Error(`${response.status} ${response.statusText}`); // not a problem document
  }
}

export async function json<T>(path: string, options?: RequestInit): Promise<T> {
  return (await (await call(path, options)).json()) as T;
}

export function frameLink(template: string, index: number): string {
  return template.replace("{n}", String(index));
}

export const listProcedures = (query: URLSearchParams, options?: RequestInit) =>
  json<Page>(`/v1/procedures?${query.toString()}`, options);

export const getProcedure = (id: string, options?: RequestInit) =>
  json<Procedure>(`/v1/procedures/${encodeURIComponent(id)}`, options);

export const getAnswer = (procedure: { readonly links: Pick<Procedure["links"], "frame"> }, index: number, options?: RequestInit) =>
  json<Answer>(frameLink(procedure.links.frame, index), options);

export const getCourse = (procedure: Procedure, options?: RequestInit) => json<Course>(procedure.links.course, options);

export const getEvents = (procedure: Procedure, options?: RequestInit) => json<Events>(procedure.links.events, options);

export const getModel = (options?: RequestInit) => json<Schemas["ModelAnswer"]>("/v1/model", options);

export async function getBlob(path: string, options?: RequestInit): Promise<Blob> {
  return (await call(path, options)).blob();
}

export async function getText(path: string, options?: RequestInit): Promise<string> {
  return (await call(path, options)).text();
}

const MEDIA: readonly (readonly [string, number, readonly number[]])[] = [
  ["image/png", 0, [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", 0, [0xff, 0xd8, 0xff]],
  ["application/dicom", 128, [0x44, 0x49, 0x43, 0x4d]],
];

export function mediaOf(head: Uint8Array): string {
  const match = MEDIA.find(([, at, magic]) => magic.every((byte, i) => head[at + i] === byte));
  return match ? match[0] : "application/dicom";
}

export async function upload(file: File, reading: Readonly<Record<string, string>>): Promise<Procedure> {
  const given = Object.entries(reading).filter(([, value]) => value !== "");
  const query = new URLSearchParams([["wait", "false"], ...given]);
  const media = mediaOf(new Uint8Array(await file.slice(0, 132).arrayBuffer()));
  return json(`/v1/procedures?${query.toString()}`, { method: "POST", headers: { "Content-Type": media }, body: file });
}
