// What is typed into the search, as filters: words of verdicts, reasons and injectates, codes, dates, "reviewed".

import { text } from "../strings";

export type Filter = "since" | "until" | "performed_since" | "performed_until" | "verdict" | "reason" | "site" | "operator" | "injectate" | "reviewed" | "or_stored" | Measured;

// Numbers of a procedure as a whole, from the first on and below the second: what a bar of a histogram counts.
export type Measured = "distance_from_mm" | "distance_below_mm" | "tip_share_from" | "tip_share_below";

export interface Understood {
  readonly filters: ReadonlyMap<Filter, string>;
  readonly procedure: string | null; // an identifier in full
  readonly unknown: readonly string[];
}

const IDENTIFIER = /^[0-9a-f]{32}$/;
const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;
const CODE = /^[A-Z_-]*[0-9][A-Z0-9_-]*$/;
const DONE = /^done:/i;
const NAMED = /^(site|operator):(.+)$/i;

type Choice = readonly [filter: Filter, value: string, words: string];

// Whoever reads blinded cannot search by what was answered.
function choices(blinded: boolean): Choice[] {
  const of = (filter: Filter, words: Readonly<Record<string, string>>): Choice[] =>
    Object.entries(words).map(([value, said]) => [filter, value, said.toLowerCase()]);
  return [
    ...(blinded ? [] : [...of("verdict", text.verdict.procedure), ...of("reason", text.reason)]),
    ...of("injectate", text.injectate),
    ["reviewed", "true", text.list.yes],
    ["reviewed", "false", text.list.no],
  ];
}

// Whole words first, then beginnings, then any part of at least three letters: "outside" is the verdict that begins with it.
function chosen(phrase: string, all: readonly Choice[]): Choice | undefined {
  return all.find(([, value, words]) => words === phrase || value.toLowerCase() === phrase)
    ?? all.find(([, , words]) => words.startsWith(phrase))
    ?? (phrase.length > 2 ? all.find(([, , words]) => words.includes(phrase)) : undefined);
}

export function daysOf(said: string): readonly [since: string, until: string] | null {
  const [, year, month, day] = DATE.exec(said) ?? [];
  if (year === undefined) return null;
  if (month === undefined) return [`${year}-01-01`, `${year}-12-31`];
  if (Number(month) < 1 || Number(month) > 12) return null;
  const last = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (day === undefined) return [`${year}-${month}-01`, `${year}-${month}-${String(last)}`];
  return Number(day) >= 1 && Number(day) <= last ? [said, said] : null;
}

function single(word: string, sites: ReadonlySet<string>): readonly (readonly [Filter, string])[] | null {
  const [since, until = since] = word.replace(DONE, "").split("..").map(daysOf);
  if (since && until) return DONE.test(word) ? [["performed_since", since[0]], ["performed_until", until[1]]] : [["since", since[0]], ["until", until[1]]];
  const [, name, named] = NAMED.exec(word) ?? [];
  if (name !== undefined && named !== undefined) return [[name.toLowerCase() as Filter, named.toUpperCase()]];
  const code = word.toUpperCase();
  return CODE.test(code) ? [[sites.has(code) ? "site" : "operator", code]] : null;
}

// `sites` are the codes known to be sites: any other code is taken for an operator's.
export function understood(said: string, sites: ReadonlySet<string> = new Set(), blinded = false): Understood {
  const known = choices(blinded);
  const words = said.trim().split(/\s+/).filter((word) => word !== "");
  const filters = new Map<Filter, string>();
  const unknown: string[] = [];
  let procedure: string | null = null;
  for (let at = 0; at < words.length;) {
    const word = words[at] ?? "";
    if (IDENTIFIER.test(word)) procedure = word;
    const plain = IDENTIFIER.test(word) ? [] : single(word, sites);
    const [many, choice] = plain ? [1, undefined] : longest(words.slice(at), known);
    for (const [filter, value] of plain ?? []) filters.set(filter, value);
    if (choice) filters.set(choice[0], choice[1]);
    if (plain === null && choice === undefined) unknown.push(word);
    at += many;
  }
  return { filters, procedure, unknown };
}

function longest(words: readonly string[], known: readonly Choice[]): readonly [many: number, choice: Choice | undefined] {
  for (let many = words.length; many > 0; many -= 1) {
    const choice = chosen(words.slice(0, many).join(" ").toLowerCase(), known);
    if (choice) return [many, choice];
  }
  return [1, undefined];
}

export function suggestions(codes: Iterable<string>, blinded = false): string[] {
  return [...new Set([...choices(blinded).map(([, , words]) => words), ...codes])];
}
