// Numbers as they are written.

import { text } from "./strings";

export function unit(value: number | null | undefined, name: string, digits = 1): string {
  if (value === null || value === undefined) return text.none;
  return `${value.toFixed(digits).replace("-", "−")}${name === "" || name === "°" ? "" : " "}${name}`;
}

// As reports write it: never rounded to certainty.
export function probability(p: number | null | undefined): string {
  if (p === null || p === undefined) return text.none;
  return p > 0.99 ? "> 0.99" : p < 0.01 ? "< 0.01" : p.toFixed(2);
}

// Made once: a date that makes its own takes most of a millisecond, five hundred times as long.
const MOMENT = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat([], { dateStyle: "medium" });
const HOUR = new Intl.DateTimeFormat([], { timeStyle: "short" });

export function moment(instant: string): string {
  return MOMENT.format(new Date(instant));
}

export function day(instant: string): string {
  return DAY.format(new Date(instant));
}

export function hour(instant: string): string {
  return HOUR.format(new Date(instant));
}

export function short(hash: string | null): string {
  return hash === null ? text.none : hash.slice(0, 12);
}

// "0.1" or "0.1,0.2" as [row, column]; null if nothing is said, undefined if it is no spacing.
export function spacingOf(said: string): [number, number] | null | undefined {
  const parts = said.split(",").map((part) => part.trim());
  if (parts.length === 1 && parts[0] === "") return null;
  const numbers = parts.map((part) => (part === "" ? Number.NaN : Number(part)));
  const [row, column = row] = numbers;
  if (numbers.length > 2 || row === undefined || column === undefined) return undefined;
  return row > 0 && column > 0 && Number.isFinite(row + column) ? [row, column] : undefined;
}
