// Numbers as they are written.

import { text } from "./strings";

export function unit(value: number | null | undefined, name: string, digits = 1): string {
  return value === null || value === undefined ? text.none : `${value.toFixed(digits)} ${name}`.trim();
}

export function moment(instant: string): string {
  return new Date(instant).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

export function day(instant: string): string {
  return new Date(instant).toLocaleDateString([], { dateStyle: "medium" });
}

export function hour(instant: string): string {
  return new Date(instant).toLocaleTimeString([], { timeStyle: "short" });
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
