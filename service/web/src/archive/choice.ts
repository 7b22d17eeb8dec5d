// What the dashboard counts, as its address keeps it, and the list of the procedures behind a mark.

import { daysOf, type Measured } from "../views/search";
import { listAddress } from "../views/filters";

export const NAMES = ["from", "to", "verdict", "site", "operator", "injectate", "reference_from", "reference_to"] as const;
export type Name = (typeof NAMES)[number];

export function chosenIn(query: Readonly<Record<string, string>>): URLSearchParams {
  const chosen = new URLSearchParams();
  for (const name of NAMES) if (query[name]) chosen.set(name, query[name]);
  return chosen;
}

export function archiveAddress(chosen: URLSearchParams): string {
  return chosen.size > 0 ? `/archive?${chosen.toString()}` : "/archive";
}

// The report to print of what the dashboard counts, told against the same period.
export function reportAddress(chosen: URLSearchParams): string {
  return chosen.size > 0 ? `/v1/report.html?${chosen.toString()}` : "/v1/report.html";
}

// The list filtered as the dashboard is, and by what the mark stands for besides.
export function behind(chosen: URLSearchParams, mark: Readonly<Record<string, string>>): string {
  const filters = new Map<string, string>();
  for (const name of ["verdict", "site", "operator", "injectate"]) {
    const said = chosen.get(name);
    if (said) filters.set(name, said);
  }
  const from = daysOf(chosen.get("from") ?? "")?.[0];
  const to = daysOf(chosen.get("to") ?? "")?.[1];
  if (from) filters.set("performed_since", from);
  if (to) filters.set("performed_until", to);
  for (const [name, said] of Object.entries(mark)) filters.set(name, said);
  if (filters.has("performed_since") || filters.has("performed_until")) filters.set("or_stored", "true"); // as they are counted
  return listAddress(filters);
}

// Filters of the list for each number whose spread is drawn, as far as the list knows it.
const RANGES: Readonly<Record<string, readonly [from: Measured, below: Measured]>> = {
  signed_distance_mm: ["distance_from_mm", "distance_below_mm"],
  tip_visible_share: ["tip_share_from", "tip_share_below"],
};

// The list of what a bar of a histogram counts; null where the list cannot be filtered by that number.
export function within(chosen: URLSearchParams, name: string, from: number | null, below: number | null): string | null {
  const range = RANGES[name];
  if (range === undefined) return null;
  const ends = [[range[0], from], [range[1], below]] as const;
  return behind(chosen, Object.fromEntries(ends.flatMap(([filter, end]) => (end === null ? [] : [[filter, String(end)]]))));
}

// The list of what was done in a month or on a day.
export function doneIn(chosen: URLSearchParams, date: string): string {
  const days = daysOf(date);
  return behind(chosen, days ? { performed_since: days[0], performed_until: days[1] } : {});
}
