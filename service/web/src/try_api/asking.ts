// The request of an example, asked by the page itself.

import { addressOf, headersOf, SAMPLE, type Example, type Place } from "./examples";

export interface Told {
  readonly status: number;
  readonly words: string;
  readonly media: string;
  readonly bytes: number;
  readonly ms: number;
  readonly json: string | null;
  readonly file: Blob | null;
}

export async function ask(example: Example, place: Place): Promise<Told> {
  const body = example.body ? await (await fetch(SAMPLE)).blob() : null;
  const begin = performance.now();
  const answer = await fetch(addressOf(example, place), { method: example.method, headers: headersOf(example), body });
  const file = await answer.blob();
  const ms = performance.now() - begin;
  const media = answer.headers.get("content-type") ?? "";
  const json = media.includes("json") ? JSON.stringify(JSON.parse(await file.text()), null, 2) : null;
  return { status: answer.status, words: answer.statusText, media, bytes: file.size, ms, json, file: json === null ? file : null };
}
