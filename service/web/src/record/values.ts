// Between what stands in a form (text by JSON pointer) and the body that the service takes. What does not fit is sent
// as it stands: the service alone says what is wrong with it.

import type { Field } from "./fields";

export type Values = Readonly<Record<string, string>>;
type Json = { [name: string]: Json | string | number | boolean | null | readonly Json[] };

function read(field: Field, said: string): string | number | boolean {
  const words = said.trim();
  if (field.kind === "yes-no") return words === "true";
  if (field.kind !== "number") return words;
  const number = Number(words.replace(",", "."));
  return Number.isFinite(number) ? number : words;
}

// A part with nothing in it is left out: that is "not recorded".
export function bodyOf(fields: readonly Field[], values: Values): Json {
  const body: Json = {};
  for (const field of fields) {
    const said = values[field.pointer] ?? "";
    if (said.trim() === "") continue;
    const steps = field.pointer.slice(1).split("/");
    const last = steps.pop() ?? "";
    let part = body;
    for (const step of steps) part = (part[step] ??= {}) as Json;
    part[last] = read(field, said);
  }
  return body;
}

export function valuesOf(fields: readonly Field[], body: object): Values {
  return Object.fromEntries(fields.flatMap(({ pointer }) => {
    let at: unknown = body;
    for (const step of pointer.slice(1).split("/")) at = (at as Readonly<Record<string, unknown>> | null | undefined)?.[step];
    return typeof at === "string" || typeof at === "number" || typeof at === "boolean" ? [[pointer, String(at)]] : [];
  }));
}

export function spoken(field: Field, said: string | undefined, none: string, yesNo: readonly [yes: string, no: string]): string {
  if (said === undefined || said === "") return none;
  if (field.kind === "yes-no") return said === "true" ? yesNo[0] : yesNo[1];
  const words = field.choices?.[said] ?? said;
  return field.unit ? `${words} ${field.unit}` : words;
}

export interface Difference {
  readonly field: Field;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export function differences(fields: readonly Field[], before: Values, after: Values): Difference[] {
  return fields.flatMap((field) => (
    before[field.pointer] === after[field.pointer] ? [] : [{ field, before: before[field.pointer], after: after[field.pointer] }]
  ));
}

export type Faults = ReadonlyMap<string, string>; // by pointer; "" is the whole

// Faults by the pointers of a form; one that no field of it shows belongs to the whole.
export function faultsOf(said: ReadonlyMap<string, string>, shown: (pointer: string) => boolean): Faults {
  const faults = new Map<string, string>();
  for (const [pointer, what] of said) {
    const place = pointer.replace(/^#/, "");
    const at = shown(place) ? place : "";
    const before = faults.get(at);
    faults.set(at, before === undefined ? what : `${before}; ${what}`);
  }
  return faults;
}
